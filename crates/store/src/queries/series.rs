//! Events over time in buckets of any edges, and split by an attribute.
//!
//! The caller says where buckets begin, since days begin when a time zone says. Where every edge is a whole hour of
//! UTC the projections answer (unless a filter needs raw events), else raw events do, counted in the largest unit that
//! all edges are made of.

use std::collections::HashMap;

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{
    Condition, EventFilter, Field, Window, bind_hashes,
    counts::{Counts, USERS, Unit},
    dimensions::Dimension,
    hashes_condition,
    issues::{Interval, RECEIVED_SINCE, bind_within},
};
use crate::{Store, StoreError};

/// Buckets of a series, side by side: `edges[n]` to `edges[n + 1]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Buckets {
    edges: Vec<Timestamp>,
}

/// Seconds that the projections count in.
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Most buckets of a series.
pub const MAX_BUCKETS: usize = 1000;

/// Whose events are counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    pub project: ProjectId,
    /// Empty: all of the project.
    pub hashes: &'a [GroupHash],
    pub filter: &'a EventFilter,
}

/// The events of one value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueSeries {
    /// Empty: not known.
    pub value: String,
    pub events: u64,
    /// Distinct users (HLL estimate).
    pub users: u64,
    /// Events of each bucket.
    pub counts: Vec<u64>,
}

/// The events of each value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// The most frequent values, those with most events first.
    pub values: Vec<ValueSeries>,
    /// Events of all values together.
    pub events: u64,
    /// Distinct users of all values together (HLL estimate).
    pub users: u64,
    /// Events of all values in each bucket.
    pub counts: Vec<u64>,
}

impl Buckets {
    /// Between each edge and the next; `None` unless there are two edges, in order, and at most [`MAX_BUCKETS`] buckets.
    pub fn between(edges: Vec<Timestamp>) -> Option<Self> {
        let fits = (2..=MAX_BUCKETS + 1).contains(&edges.len());
        (fits && edges.is_sorted_by(|a, b| a < b)).then_some(Self { edges })
    }

    /// From the first edge to the last.
    pub fn window(&self) -> Window {
        let edge = |edge: Option<&Timestamp>| edge.copied().unwrap_or(Timestamp(0));
        Window { from: edge(self.edges.first()), to: edge(self.edges.last()) }
    }

    /// Where each begins.
    pub fn starts(&self) -> &[Timestamp] {
        self.edges.split_last().map_or(&[], |(_, starts)| starts)
    }

    /// The bucket that a point in time is in.
    fn place(&self, at: Timestamp) -> Option<usize> {
        let place = self.edges.partition_point(|edge| *edge <= at).checked_sub(1)?;
        (place < self.starts().len()).then_some(place)
    }

    /// Seconds of the largest unit that all edges are whole multiples of.
    fn unit(&self) -> i64 {
        const UNITS: [i64; 5] = [DAY, HOUR, 900, 60, 1];
        let divides = |unit: &i64| self.edges.iter().all(|edge| edge.0 % (unit * 1000) == 0);
        UNITS.into_iter().find(divides).unwrap_or(1)
    }

    /// Start of an event's unit in seconds, and the condition that it is in a bucket; bound by [`bind_within`].
    fn sql(&self) -> (String, String) {
        let counted = |unit: Interval| (format!("toInt64(toUnixTimestamp({}))", unit.start()), unit.within());
        match self.unit() {
            DAY => counted(Interval::Day),
            HOUR => counted(Interval::Hour),
            unit => (
                format!("intDiv(toInt64(toUnixTimestamp(timestamp)), {unit}) * {unit}"),
                format!(
                    "timestamp >= toDateTime64({{from:Int64}}, 3, 'UTC')
                     AND timestamp < toDateTime64({{to:Int64}}, 3, 'UTC') AND {RECEIVED_SINCE}"
                ),
            ),
        }
    }
}

impl Counted<'_> {
    fn condition(&self) -> String {
        let hashes = hashes_condition(self.hashes);
        format!("project_id = {{project:UInt64}}{hashes}{}", self.filter.condition())
    }

    /// A query over these events of `buckets` and, where they are told apart, of an attribute: from counts if any have it all.
    async fn query(
        &self,
        store: &Store,
        sql: &str,
        by: Option<&Dimension>,
        buckets: &Buckets,
        with_users: bool,
    ) -> Query {
        // Counts by release or device lie by these first: of an issue's all would be read, where its rows lie together.
        let lie_apart = !self.hashes.is_empty()
            && self.filter.release.is_none()
            && by.is_some_and(|by| by.name() != "environment");
        let unit = match buckets.unit() {
            _ if lie_apart => None,
            DAY => Some(Unit::Days),
            HOUR => Some(Unit::Hours),
            _ => None,
        };
        let filter = Condition::from(self.filter.clone());
        let asks_only = |fields: &[Field]| {
            let has = |field: &Field| fields.contains(field);
            filter.asks_only(&has) && by.is_none_or(|by| by.fields().is_some_and(|by| by.iter().all(has)))
        };
        let counts = unit.and_then(|unit| Counts::that_answer(unit, with_users, asks_only));
        let query = store.counted(counts, sql, self.project).await;
        let Window { from, to } = buckets.window();
        let query = bind_within(self.filter.bind(bind_hashes(query, self.hashes)), from, to);
        match by {
            Some(by) => by.bind(query),
            None => query,
        }
    }
}

impl Store {
    /// Events of each bucket.
    pub async fn series(&self, of: Counted<'_>, buckets: &Buckets) -> Result<Vec<u64>, StoreError> {
        let (unit, condition) = buckets.sql();
        let sql = format!(
            "SELECT {unit} AS second, count() AS events FROM events WHERE {} AND {condition} GROUP BY second",
            of.condition(),
        );
        let query = of.query(self, &sql, None, buckets, false).await;
        let rows: Vec<UnitRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let mut counts = vec![0; buckets.starts().len()];
        for row in rows {
            add(&mut counts, buckets, row.second, row.events);
        }
        Ok(counts)
    }

    /// Events and users of the `top` most frequent values of an attribute, and events of each of their buckets.
    pub async fn distribution(
        &self,
        of: Counted<'_>,
        by: &Dimension,
        buckets: &Buckets,
        top: usize,
    ) -> Result<Distribution, StoreError> {
        let (counts, totals, mut values) = tokio::try_join!(
            self.series(of, buckets),
            self.value_totals(of, None, buckets, 1),
            self.value_totals(of, Some(by), buckets, top)
        )?;
        if !values.is_empty() {
            self.fill(of, by, buckets, &mut values).await?;
        }
        let total = totals.first();
        Ok(Distribution {
            values,
            events: total.map_or(0, |total| total.events),
            users: total.map_or(0, |total| total.users),
            counts,
        })
    }

    /// Events and users of each value; without an attribute, of all together.
    async fn value_totals(
        &self,
        of: Counted<'_>,
        by: Option<&Dimension>,
        buckets: &Buckets,
        top: usize,
    ) -> Result<Vec<ValueSeries>, StoreError> {
        let (_, condition) = buckets.sql();
        let value = by.map_or("''", Dimension::sql);
        let sql = format!(
            "SELECT {value} AS value, count() AS events, {USERS} AS users FROM events WHERE {} AND {condition}
             GROUP BY value ORDER BY events DESC, value LIMIT {{top:UInt64}}",
            of.condition(),
        );
        let query = of.query(self, &sql, by, buckets, true).await.param("top", top);
        let rows: Vec<ValueRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let counts = vec![0; buckets.starts().len()];
        let series = |row: ValueRow| ValueSeries {
            value: row.value,
            events: row.events,
            users: row.users,
            counts: counts.clone(),
        };
        Ok(rows.into_iter().map(series).collect())
    }

    async fn fill(
        &self,
        of: Counted<'_>,
        by: &Dimension,
        buckets: &Buckets,
        values: &mut [ValueSeries],
    ) -> Result<(), StoreError> {
        let (unit, condition) = buckets.sql();
        let sql = format!(
            "SELECT {} AS value, {unit} AS second, count() AS events FROM events
             WHERE {} AND {condition} AND value IN {{values:Array(String)}} GROUP BY value, second",
            by.sql(),
            of.condition(),
        );
        let wanted: Vec<&str> = values.iter().map(|series| series.value.as_str()).collect();
        let query = of.query(self, &sql, Some(by), buckets, false).await.param("values", &wanted);
        let rows: Vec<ValueUnitRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let places: HashMap<String, usize> =
            values.iter().enumerate().map(|(place, series)| (series.value.clone(), place)).collect();
        for row in rows {
            if let Some(series) = places.get(&row.value).and_then(|place| values.get_mut(*place)) {
                add(&mut series.counts, buckets, row.second, row.events);
            }
        }
        Ok(())
    }
}

fn add(counts: &mut [u64], buckets: &Buckets, second: i64, events: u64) {
    let place = buckets.place(Timestamp(second.saturating_mul(1000)));
    if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
        *count += events;
    }
}

#[derive(Row, Deserialize)]
struct UnitRow {
    second: i64,
    events: u64,
}

#[derive(Row, Deserialize)]
struct ValueRow {
    value: String,
    events: u64,
    users: u64,
}

#[derive(Row, Deserialize)]
struct ValueUnitRow {
    value: String,
    second: i64,
    events: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_in_one_bucket_and_units_divide_all_edges() {
        let edges = [0, 3_600_000, 7_200_000].map(Timestamp).to_vec();
        let buckets = Buckets::between(edges).unwrap();
        let places =
            [-1, 0, 3_599_999, 3_600_000, 7_199_999, 7_200_000].map(|ms| buckets.place(Timestamp(ms)));
        assert_eq!(places, [None, Some(0), Some(0), Some(1), Some(1), None]);
        let unit = |edges: [i64; 2]| Buckets::between(edges.map(Timestamp).to_vec()).unwrap().unit();
        assert_eq!(unit([0, 2 * 86_400_000]), DAY);
        assert_eq!(unit([0, 3_600_000]), HOUR);
        assert_eq!(unit([1_800_000, 3_600_000]), 900);
        assert_eq!(unit([60_000, 3_600_000]), 60);
        assert_eq!(unit([1_000, 3_600_000]), 1);
        assert_eq!(Buckets::between(vec![Timestamp(1)]), None);
        assert_eq!(Buckets::between(vec![Timestamp(1), Timestamp(1)]), None);
        assert_eq!(Buckets::between((0..=1001).map(Timestamp).collect()), None);
    }
}
