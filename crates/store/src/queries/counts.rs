//! Counts that ClickHouse keeps with the events, in projections, and how they are read.
//!
//! A query is written over `events`. Left to itself ClickHouse looks for it at each projection of each part, and that takes
//! longer than to read one. So it is read as a table (`mergeTreeProjection`), where it is known that every part has it: not
//! while a new one is still being filled, and not where `events` is spread over servers.

use std::{sync::Arc, time::Duration};

use clickhouse::query::Query;
use mayday_event::ProjectId;
use tokio::{sync::Mutex, time::Instant};

use super::{Field, issues::RECEIVED_SINCE};
use crate::{Store, StoreError};

/// A projection of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// Events and users …
    Hours,
    Days,
    Weeks,
    /// … by day and by what is searched …
    Releases,
    Devices,
    /// … and events by day alone, with their first and last.
    DayEvents,
}

/// Distinct users, as the projections have it. `uniqCombined(12)` is exact up to a few dozen users and off by at
/// most [`USERS_ERROR`](super::issues::USERS_ERROR) in 95 of 100 cases beyond (its 4096 registers have a standard error of
/// 1.04 / √4096 = 1.6 %).
pub(super) const USERS: &str = "uniqCombinedIf(12)(user_hash, user_hash != 0)";

/// What queries say, and what it is where a projection is the table: its columns are called as what they count.
const AS_TABLE: [(&str, &str); 7] = [
    ("count()", "countMerge(`count()`)"),
    (USERS, "uniqCombinedIfMerge(12)(`uniqCombinedIf(12)(user_hash, notEquals(user_hash, 0))`)"),
    ("min(timestamp)", "minMerge(`min(timestamp)`)"),
    ("max(timestamp)", "maxMerge(`max(timestamp)`)"),
    ("toStartOfHour(timestamp)", "`toStartOfHour(timestamp)`"),
    ("toStartOfDay(timestamp)", "`toStartOfDay(timestamp)`"),
    ("toMonday(received)", "`toMonday(received)`"),
];

/// What time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Hours,
    Days,
    /// All that is kept, as one.
    Whole,
}

/// The counts by day and what is searched, with the fields that each has.
const SEARCHED: [(Counts, &[Field]); 2] = [
    (Counts::Releases, &[Field::Environment, Field::Release, Field::OsName, Field::OsVersion]),
    (Counts::Devices, &[Field::Environment, Field::DeviceFamily, Field::DeviceModel]),
];

impl Counts {
    /// The counts that answer a question with the least reading, if any do. `asks_only` says whether it asks for nothing
    /// but these fields.
    pub(super) fn that_answer(
        unit: Unit,
        with_users: bool,
        asks_only: impl Fn(&[Field]) -> bool,
    ) -> Option<Self> {
        if !asks_only(&[Field::Environment]) {
            let searched = SEARCHED.iter().find(|(_, fields)| unit != Unit::Hours && asks_only(fields));
            return searched.map(|(counts, _)| *counts);
        }
        Some(match unit {
            Unit::Hours => Self::Hours,
            Unit::Days | Unit::Whole if !with_users => Self::DayEvents,
            Unit::Days => Self::Days,
            Unit::Whole => Self::Weeks,
        })
    }

    const ALL: [Self; 6] =
        [Self::Hours, Self::Days, Self::Weeks, Self::Releases, Self::Devices, Self::DayEvents];

    /// As in the schema.
    fn name(self) -> &'static str {
        match self {
            Self::Hours => "by_hour",
            Self::Days => "by_day",
            Self::Weeks => "by_week",
            Self::Releases => "by_release",
            Self::Devices => "by_device",
            Self::DayEvents => "day_counts",
        }
    }

    /// A query over `events` as one over the projection. Nothing in it is foreign: what people type is in parameters.
    fn as_table(self, sql: &str) -> String {
        let sql = sql
            .replace("FROM events", &format!("FROM {}", table(self.name())))
            .replace(RECEIVED_SINCE, &in_parts_since("toDateTime({received_from:Int64}, 'UTC')"));
        AS_TABLE.iter().fold(sql, |sql, (counted, column)| sql.replace(counted, column))
    }
}

/// A projection of `events`, read as a table.
fn table(projection: &str) -> String {
    format!("mergeTreeProjection(currentDatabase(), 'events', '{projection}')")
}

/// Those parts of a projection read as a table which have events that were received since a point in time (SQL). ClickHouse
/// leaves out the others only by the partition's own name there, which a table without parts does not have: as a hint it
/// need not.
fn in_parts_since(point: &str) -> String {
    format!("indexHint(_partition_id >= toString(toYYYYMMDD(toMonday({point}))))")
}

/// Where an event's place is found by its id. In the schema since its beginning.
const BY_ID: &str = "by_id";

/// What events are found in by their ids. Rows that were deleted or replaced stay in it until their part is merged.
pub(crate) enum EventsById {
    /// `by_id` as a table.
    Projection,
    /// `events`, of which ClickHouse takes the projection by itself.
    Table,
}

impl EventsById {
    pub(crate) fn table(&self) -> String {
        match self {
            Self::Projection => table(BY_ID),
            Self::Table => "events".to_owned(),
        }
    }

    /// Leaves out the weeks before a point in time (SQL).
    pub(crate) fn received_since(&self, point: &str) -> String {
        match self {
            Self::Projection => in_parts_since(point),
            Self::Table => format!("toMonday(received) >= toMonday({point})"),
        }
    }
}

/// Whether projections can be read as tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness(Arc<Mutex<Looked>>);

#[derive(Debug, Default)]
struct Looked {
    is_ready: bool,
    at: Option<Instant>,
}

/// From one look at whether all parts have all projections to the next. Once they have, new ones have them, too.
const LOOK_EVERY: Duration = Duration::from_secs(10);

impl Store {
    /// A query over `events` that these counts can answer alone; without any, its rows do.
    pub(crate) async fn counted(
        &self,
        counts: impl Into<Option<Counts>>,
        sql: &str,
        project: ProjectId,
    ) -> Query {
        let Some(counts) = counts.into() else { return from_rows(self.query(sql, project)) };
        if self.can_read_counts().await {
            return self.query(&counts.as_table(sql), project);
        }
        // Without it ClickHouse takes the one with the fewest granules, which are not of one size.
        self.query(sql, project).with_setting("preferred_optimize_projection_name", counts.name())
    }

    /// Where events' ids, hashes and times are found by id with the least reading.
    pub(crate) async fn events_by_id(&self) -> EventsById {
        if self.can_read_counts().await { EventsById::Projection } else { EventsById::Table }
    }

    /// Whether all parts have all counts, and they lie on this server: then they are read as tables.
    pub async fn can_read_counts(&self) -> bool {
        let mut looked = self.readiness.0.lock().await;
        if !looked.is_ready && looked.at.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            looked.is_ready = self.look_for_counts().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "cannot see whether all counts of events are there: they are read in the slow way");
                false
            });
            looked.at = Some(Instant::now());
        }
        looked.is_ready
    }

    async fn look_for_counts(&self) -> Result<bool, StoreError> {
        let query = self.limited(
            "SELECT engine LIKE '%MergeTree' AND assumeNotNull((
                 SELECT count() FROM system.parts
                 WHERE database = currentDatabase() AND table = 'events' AND active
                     AND NOT hasAll(projections, {names:Array(String)}))) = 0
             FROM system.tables WHERE database = currentDatabase() AND name = 'events'",
        );
        let names: Vec<&str> = Counts::ALL.map(Counts::name).into_iter().chain([BY_ID]).collect();
        query.param("names", names).fetch_one().await.map_err(StoreError::of_query)
    }
}

/// Says that no projection has what a query wants: planning takes a third less where none is looked at.
pub(super) fn from_rows(query: Query) -> Query {
    query.with_setting("optimize_use_projections", "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_the_same_over_a_projection() {
        let sql = format!(
            "SELECT group_hash, toStartOfDay(timestamp) AS day, count() AS events, {USERS} AS users FROM events
             WHERE toMonday(received) >= today() GROUP BY group_hash, day ORDER BY count() DESC"
        );
        insta::assert_snapshot!(Counts::Days.as_table(&sql));
    }
}
