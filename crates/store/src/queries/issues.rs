//! Aggregates by group hash.
//!
//! A window is widened to whole hours (UTC), and read as days where it is made of whole days, or as all there is where
//! it is [`Window::ALL`]: then ClickHouse answers from the projections of counts, and from raw events only where a condition asks for
//! more than an environment. All give the same numbers.

use std::{collections::HashMap, slice::from_ref};

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{
    CLOCK_SLACK_MS, Condition, Field, HashGroup, Window,
    condition::Values,
    counts::{Counts, USERS, Unit, from_rows},
};
use crate::{Store, StoreError};

/// Of one hash in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashStats {
    pub hash: GroupHash,
    pub events: u64,
    /// Distinct users of this hash alone (HLL estimate).
    pub users: u64,
}

/// Of one group of hashes in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupStats {
    pub events: u64,
    /// Distinct users over all its hashes (HLL estimate).
    pub users: u64,
}

/// Counts per bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    Hour,
    /// Days in UTC.
    Day,
}

/// Events per bucket by the group's id: `(start of bucket, events)`, zeros included, oldest first.
pub type GroupSeries = HashMap<u64, Vec<(Timestamp, u64)>>;

/// How far a count of distinct users may be off, as a share of the count: two standard errors.
pub const USERS_ERROR: f64 = 0.0325;

impl Store {
    /// Every hash of a project that has events in the window and meets the condition; with `users` 0 unless
    /// `with_users`.
    pub async fn hash_stats(
        &self,
        project: ProjectId,
        window: Window,
        condition: &Condition,
        with_users: bool,
    ) -> Result<Vec<HashStats>, StoreError> {
        let span = Span::of(window);
        let users = if with_users { USERS } else { "toUInt64(0)" };
        let mut values = Values::default();
        let sql = format!(
            "SELECT group_hash, count() AS events, {users} AS users
             FROM events WHERE project_id = {{project:UInt64}} AND {}{}
             GROUP BY group_hash",
            span.condition(),
            condition.and(&mut values),
        );
        let query = values.bind(span.query(self, &sql, project, with_users, from_ref(condition)).await);
        let rows: Vec<HashStatsRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(HashStats::from).collect())
    }

    /// Exact events and estimated users of a few groups, by the group's id; a group without events is left out.
    pub async fn group_stats(
        &self,
        project: ProjectId,
        groups: &[HashGroup],
        window: Window,
        condition: &Condition,
    ) -> Result<HashMap<u64, GroupStats>, StoreError> {
        if groups.is_empty() {
            return Ok(HashMap::new());
        }
        let of = OfGroups { project, groups, span: Span::of(window), condition };
        let query =
            self.query_groups(of, &format!("count() AS events, {USERS} AS users"), "group_id", true).await;
        let rows: Vec<GroupStatsRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows
            .into_iter()
            .map(|row| (row.group_id, GroupStats { events: row.events, users: row.users }))
            .collect())
    }

    /// Events and users of hashes in a window, to the millisecond and both exact: for decisions, not for lists.
    pub async fn exact_counts(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        window: Window,
    ) -> Result<GroupStats, StoreError> {
        let sql = format!(
            "SELECT count() AS events, uniqExactIf(user, user != '') AS users FROM events
             WHERE project_id = {{project:UInt64}} AND group_hash IN {{hashes:Array(UInt64)}} AND {}",
            window.condition()
        );
        let hashes: Vec<u64> = hashes.iter().map(|hash| hash.0).collect();
        let query = window.bind(from_rows(self.query(&sql, project)).param("hashes", hashes));
        let (events, users) = query.fetch_one().await.map_err(StoreError::of_query)?;
        Ok(GroupStats { events, users })
    }

    /// Events per bucket of a few groups, by the group's id: `(start of bucket, events)` for every bucket of
    /// the window, zeros included, oldest first.
    pub async fn group_series(
        &self,
        project: ProjectId,
        groups: &[HashGroup],
        window: Window,
        interval: Interval,
        condition: &Condition,
    ) -> Result<GroupSeries, StoreError> {
        if groups.is_empty() {
            return Ok(HashMap::new());
        }
        let buckets = interval.buckets(window)?;
        let span = Span { from: buckets.first, to: buckets.end, interval };
        let of = OfGroups { project, groups, span, condition };
        let counts = format!("{} AS bucket_ms, count() AS events", interval.start_ms());
        let query = self.query_groups(of, &counts, "group_id, bucket_ms", false).await;
        let rows: Vec<BucketRow> = query.fetch_all().await.map_err(StoreError::of_query)?;

        let mut series = buckets.none(groups);
        for row in rows {
            buckets.put(&mut series, row.group_id, row.bucket_ms, row.events);
        }
        Ok(series)
    }

    /// What [`Self::group_stats`] of all that is kept and [`Self::group_series`] say, for one reading of the events: of a
    /// condition that they must be looked at for.
    pub async fn group_matches(
        &self,
        project: ProjectId,
        groups: &[HashGroup],
        window: Window,
        interval: Interval,
        condition: &Condition,
    ) -> Result<(HashMap<u64, GroupStats>, GroupSeries), StoreError> {
        // Each of the two has a projection that is smaller than one that has both.
        if condition.asks_only(&|field| *field == Field::Environment) {
            return tokio::try_join!(
                self.group_stats(project, groups, Window::ALL, condition),
                self.group_series(project, groups, window, interval, condition),
            );
        }
        if groups.is_empty() {
            return Ok((HashMap::new(), HashMap::new()));
        }
        let buckets = interval.buckets(window)?;
        let all = Span { interval, ..Span::of(Window::ALL) };
        let of = OfGroups { project, groups, span: all, condition };
        let counts = format!(
            "if({} >= toDateTime({{first:Int64}}, 'UTC'), {}, -1) AS bucket_ms, count() AS events, {USERS} AS users",
            interval.start(),
            interval.start_ms(),
        );
        // The sum of a group's buckets is its row of bucket 0.
        let query = self.query_groups(of, &counts, "group_id, bucket_ms WITH ROLLUP", true).await;
        let query = query.param("first", buckets.first.seconds());
        let rows: Vec<MatchesRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let (mut stats, mut series) = (HashMap::new(), buckets.none(groups));
        for row in rows {
            match row.bucket_ms {
                0 => drop(stats.insert(row.group_id, GroupStats { events: row.events, users: row.users })),
                at => buckets.put(&mut series, row.group_id, at, row.events),
            }
        }
        Ok((stats, series))
    }

    /// Asks for a group's id as `group_id`, and for counts of its events.
    async fn query_groups(&self, of: OfGroups<'_>, counts: &str, group_by: &str, with_users: bool) -> Query {
        let OfGroups { project, groups, span, condition } = of;
        let mut values = Values::default();
        let sql = format!(
            "SELECT transform(group_hash, {{hashes:Array(UInt64)}}, {{groups:Array(UInt64)}}, toUInt64(0)) AS group_id, {counts}
             FROM events
             WHERE project_id = {{project:UInt64}} AND group_hash IN {{hashes:Array(UInt64)}} AND {}{}
             GROUP BY {group_by}",
            span.condition(),
            condition.and(&mut values),
        );
        let (hashes, ids): (Vec<u64>, Vec<u64>) =
            groups.iter().flat_map(|group| group.hashes.iter().map(|hash| (hash.0, group.id))).unzip();
        let query = span.query(self, &sql, project, with_users, from_ref(condition)).await;
        values.bind(query.param("hashes", hashes).param("groups", ids))
    }
}

/// Events of a few groups.
struct OfGroups<'a> {
    project: ProjectId,
    groups: &'a [HashGroup],
    span: Span,
    condition: &'a Condition,
}

/// The weeks that events from parameter `from` on were received in; bound by [`bind_within`].
pub(super) const RECEIVED_SINCE: &str =
    "toMonday(received) >= toMonday(toDateTime({received_from:Int64}, 'UTC'))";

/// Binds `from`, `to` and `received_from`, in seconds.
pub(super) fn bind_within(query: Query, from: Timestamp, to: Timestamp) -> Query {
    query
        .param("from", from.seconds())
        .param("to", to.seconds())
        .param("received_from", from.plus_ms(-CLOCK_SLACK_MS).seconds())
}

impl Window {
    /// Widened to whole hours (UTC), which is what is counted by hash.
    #[must_use]
    pub fn in_whole_hours(self) -> Self {
        self.in_whole(Interval::Hour)
    }

    /// Widened to whole days (UTC), whose counts are the fewest.
    #[must_use]
    pub fn in_whole_days(self) -> Self {
        self.in_whole(Interval::Day)
    }

    fn in_whole(self, interval: Interval) -> Self {
        Self { from: interval.floor(self.from), to: interval.ceil(self.to) }
    }
}

/// A window widened to whole hours, read in the coarsest unit that it is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    from: Timestamp,
    to: Timestamp,
    interval: Interval,
}

impl Span {
    pub(super) fn of(window: Window) -> Self {
        let Window { from, to } = window.in_whole_hours();
        let whole_days = Interval::Day.floor(from) == from && Interval::Day.floor(to) == to;
        Self { from, to, interval: if whole_days { Interval::Day } else { Interval::Hour } }
    }

    pub(super) fn condition(&self) -> String {
        if self.is_all() {
            return "true".to_owned();
        }
        self.interval.within()
    }

    /// Whether it is all that is kept.
    fn is_all(&self) -> bool {
        self.from <= Window::ALL.from && self.to >= Window::ALL.to
    }

    /// A query over `events` in the span that meet conditions, from what answers it with the least reading.
    pub(super) async fn query(
        &self,
        store: &Store,
        sql: &str,
        project: ProjectId,
        with_users: bool,
        conditions: &[Condition],
    ) -> Query {
        let unit = match self.interval {
            Interval::Hour => Unit::Hours,
            Interval::Day if self.is_all() => Unit::Whole,
            Interval::Day => Unit::Days,
        };
        let asks_only = |fields: &[Field]| {
            conditions.iter().all(|condition| condition.asks_only(&|field| fields.contains(field)))
        };
        let counts = Counts::that_answer(unit, with_users, asks_only);
        let query = store.counted(counts, sql, project).await;
        if self.is_all() {
            return query;
        }
        bind_within(query, self.from, self.to)
    }
}

/// Most buckets of a series: a year of hours.
const MAX_BUCKETS: usize = 366 * 24;

/// The buckets of a window.
#[derive(Debug, Clone, Copy)]
struct Buckets {
    first: Timestamp,
    end: Timestamp,
    width_ms: i64,
}

impl Buckets {
    fn zeros(&self) -> Vec<(Timestamp, u64)> {
        let starts = (self.first.0..self.end.0).step_by(usize::try_from(self.width_ms).unwrap_or(usize::MAX));
        starts.map(|start| (Timestamp(start), 0)).collect()
    }

    /// Each group's buckets without events.
    fn none(&self, groups: &[HashGroup]) -> GroupSeries {
        groups.iter().map(|group| (group.id, self.zeros())).collect()
    }

    /// What lies outside of the window is left out.
    fn put(&self, series: &mut GroupSeries, group: u64, bucket_ms: i64, events: u64) {
        let place = self.place(Timestamp(bucket_ms));
        let bucket = series.get_mut(&group).zip(place).and_then(|(series, place)| series.get_mut(place));
        if let Some((_, of_bucket)) = bucket {
            *of_bucket = events;
        }
    }

    fn place(&self, start: Timestamp) -> Option<usize> {
        usize::try_from(start.since_ms(self.first) / self.width_ms).ok()
    }
}

impl Interval {
    fn ms(self) -> i64 {
        match self {
            Self::Hour => Timestamp::HOUR_MS,
            Self::Day => Timestamp::DAY_MS,
        }
    }

    fn floor(self, at: Timestamp) -> Timestamp {
        Timestamp(at.0.div_euclid(self.ms()).saturating_mul(self.ms()))
    }

    fn ceil(self, at: Timestamp) -> Timestamp {
        self.floor(at.plus_ms(self.ms() - 1))
    }

    /// The condition that an event's bucket begins between two times; bound by [`bind_within`].
    pub(super) fn within(self) -> String {
        let start = self.start();
        format!(
            "{start} >= toDateTime({{from:Int64}}, 'UTC') AND {start} < toDateTime({{to:Int64}}, 'UTC')
             AND {RECEIVED_SINCE}"
        )
    }

    /// The start of an event's bucket, milliseconds.
    fn start_ms(self) -> String {
        format!("toInt64(toUnixTimestamp({})) * 1000", self.start())
    }

    /// The start of an event's bucket, as the projection has it.
    pub(super) fn start(self) -> &'static str {
        match self {
            Self::Hour => "toStartOfHour(timestamp)",
            Self::Day => "toStartOfDay(timestamp)",
        }
    }

    fn buckets(self, window: Window) -> Result<Buckets, StoreError> {
        let (first, end) = (self.floor(window.from), self.ceil(window.to));
        let count = usize::try_from(end.since_ms(first) / self.ms()).unwrap_or_default();
        if count > MAX_BUCKETS {
            return Err(StoreError::LimitExceeded("bucket"));
        }
        Ok(Buckets { first, end, width_ms: self.ms() })
    }
}

#[derive(Row, Deserialize)]
struct HashStatsRow {
    group_hash: u64,
    events: u64,
    users: u64,
}

impl From<HashStatsRow> for HashStats {
    fn from(row: HashStatsRow) -> Self {
        Self { hash: GroupHash(row.group_hash), events: row.events, users: row.users }
    }
}

#[derive(Row, Deserialize)]
struct GroupStatsRow {
    group_id: u64,
    events: u64,
    users: u64,
}

#[derive(Row, Deserialize)]
struct MatchesRow {
    group_id: u64,
    /// -1: before the first bucket.
    bucket_ms: i64,
    events: u64,
    users: u64,
}

#[derive(Row, Deserialize)]
struct BucketRow {
    group_id: u64,
    bucket_ms: i64,
    events: u64,
}
