//! Tag values and their shares.

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{
    EventFilter, Window, bind_hashes, hashes_condition,
    issues::Span,
    stored_tags::{self, OVERRIDES, WITH_REST},
    suspects::RUN,
};
use crate::{Store, StoreError};

/// A tag with its most frequent values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacet {
    pub key: String,
    /// Of so many runs of events one was counted. 1: all of them; else numbers and times are estimates, and rare values
    /// may lack.
    pub step: u64,
    /// Events that have the tag.
    pub total: u64,
    /// Distinct values.
    pub distinct: u64,
    pub top: Vec<TagValue>,
}

/// A value of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue {
    pub value: String,
    pub count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Whose tags.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<'a> {
    pub project: ProjectId,
    /// Empty: all of the project.
    pub hashes: &'a [GroupHash],
    pub window: Window,
    pub filter: &'a EventFilter,
}

/// Most tags that are shown of an issue; clients choose the names.
const MAX_TAGS: usize = 200;

/// Most rows that are read for all tags …
const MAX_ROWS: u64 = 256 * RUN;
/// … and for one. Of more every nth run of neighbouring rows is read, as [`suspects`](super::suspects) does.
const MAX_ROWS_OF_ONE: u64 = 2048 * RUN;

impl Store {
    /// Each tag of these events, with its `top` most frequent values; tags by name.
    pub async fn tag_facets(&self, of: Tagged<'_>, top: usize) -> Result<Vec<TagFacet>, StoreError> {
        let step = self.tags_step(of, MAX_ROWS).await?;
        let sql = facets_sql(&of.all_tags(step));
        facets(of.bind(self.query(&sql, of.project)), step, top).await
    }

    /// One tag of these events; `None` if no event has it.
    pub async fn tag_facet(
        &self,
        of: Tagged<'_>,
        key: &str,
        top: usize,
    ) -> Result<Option<TagFacet>, StoreError> {
        let step = self.tags_step(of, MAX_ROWS_OF_ONE).await?;
        let value = stored_tags::value(key, "{key:String}");
        let one = Counted {
            select: &format!("{{key:String}} AS key, {value} AS value"),
            from: "events",
            only: "true",
            group_by: "value",
        };
        let query = self.query(&facets_sql(&of.counts(step, &one)), of.project).param("key", key);
        Ok(facets(of.bind(query), step, top).await?.pop())
    }

    /// Of how many runs of rows one is read.
    async fn tags_step(&self, of: Tagged<'_>, max_rows: u64) -> Result<u64, StoreError> {
        let span = Span::of(of.window);
        let sql = format!(
            "SELECT count() FROM events WHERE project_id = {{project:UInt64}}{}{} AND {}",
            hashes_condition(of.hashes),
            of.filter.condition(),
            span.condition(),
        );
        let query = of.filter.bind(bind_hashes(self.query(&sql, of.project), of.hashes));
        let query = span.bind(query, false, &[of.filter.clone().into()]);
        let events: u64 = query.fetch_one().await.map_err(StoreError::of_query)?;
        Ok(events.div_ceil(max_rows).max(1))
    }
}

/// What is counted of the events, by key and value.
struct Counted<'a> {
    select: &'a str,
    from: &'a str,
    /// Of which of the events.
    only: &'a str,
    group_by: &'a str,
}

impl Tagged<'_> {
    fn bind(self, query: Query) -> Query {
        self.window.bind(self.filter.bind(bind_hashes(query, self.hashes)))
    }

    /// Counts of all tags by how they are stored; one that is stored in two ways has two rows.
    fn all_tags(self, step: u64) -> String {
        let names: Vec<&str> = stored_tags::columns().map(|(_, column)| column).collect();
        let keys: Vec<String> =
            stored_tags::columns().map(|(key, column)| format!("{column} != '', '{key}'")).collect();
        let not_overridden = format!("NOT {}", *OVERRIDES);
        let columns = Counted {
            // In each set all columns but one are empty.
            select: &format!(
                "multiIf({}, '') AS key, concat({}) AS value",
                keys.join(", "),
                names.join(", ")
            ),
            from: "events",
            only: &not_overridden,
            group_by: &format!("GROUPING SETS (({}))", names.join("), (")),
        };
        let pairs = Counted {
            select: "substring(pair, 1, position(pair, '\\n') - 1) AS key, substring(pair, position(pair, '\\n') + 1) AS value",
            from: "events ARRAY JOIN tag_pairs AS pair",
            only: "true",
            group_by: "pair",
        };
        let flags = Counted {
            select: "concat('flags[', flag, ']') AS key, value",
            from: "events ARRAY JOIN mapKeys(flags) AS flag, mapValues(flags) AS value",
            only: &not_overridden,
            group_by: "flag, value",
        };
        let rest = Counted {
            select: "key, value",
            from: &format!("events ARRAY JOIN mapKeys({0}) AS key, mapValues({0}) AS value", *WITH_REST),
            only: "notEmpty(tags)",
            group_by: "key, value",
        };
        [columns, pairs, flags, rest].map(|counted| self.counts(step, &counted)).join(" UNION ALL ")
    }

    fn counts(self, step: u64, counted: &Counted<'_>) -> String {
        let Counted { select, from, only, group_by } = counted;
        let sampled =
            if step > 1 { format!(" AND intDiv(_part_offset, {RUN}) % {step} = 0") } else { String::new() };
        format!(
            "SELECT {select}, count() * {step} AS events, toUnixTimestamp64Milli(min(timestamp)) AS first_ms,
                 toUnixTimestamp64Milli(max(timestamp)) AS last_ms
             FROM {from}
             PREWHERE project_id = {{project:UInt64}}{hashes}{sampled} AND {only}
             WHERE {window}{filter}
             GROUP BY {group_by}",
            hashes = hashes_condition(self.hashes),
            window = Window::CONDITION,
            filter = self.filter.condition(),
        )
    }
}

/// The most frequent values of each key, with the key's totals beside each.
fn facets_sql(counts: &str) -> String {
    format!(
        "SELECT toString(key) AS key, value, events, first_ms, last_ms, total, distinct FROM
         (
             SELECT *, sum(events) OVER (PARTITION BY key) AS total, count() OVER (PARTITION BY key) AS distinct FROM
             (
                 SELECT key, toString(value) AS value, sum(events) AS events, min(first_ms) AS first_ms,
                     max(last_ms) AS last_ms
                 FROM ({counts}) WHERE value != '' GROUP BY key, value
             )
         )
         ORDER BY key, events DESC, value LIMIT {{top:UInt64}} BY key LIMIT {{rows:UInt64}}"
    )
}

async fn facets(query: Query, step: u64, top: usize) -> Result<Vec<TagFacet>, StoreError> {
    let query = query.param("top", top).param("rows", top.saturating_mul(MAX_TAGS));
    let rows: Vec<FacetRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
    let mut facets: Vec<TagFacet> = Vec::new();
    for row in rows {
        let value = TagValue {
            value: row.value,
            count: row.events,
            first_seen: Timestamp(row.first_ms),
            last_seen: Timestamp(row.last_ms),
        };
        match facets.last_mut().filter(|facet| facet.key == row.key) {
            Some(facet) => facet.top.push(value),
            None => facets.push(TagFacet {
                key: row.key,
                step,
                total: row.total,
                distinct: row.distinct,
                top: vec![value],
            }),
        }
    }
    Ok(facets)
}

#[derive(Row, Deserialize)]
struct FacetRow {
    key: String,
    value: String,
    events: u64,
    first_ms: i64,
    last_ms: i64,
    total: u64,
    distinct: u64,
}
