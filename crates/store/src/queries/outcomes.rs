//! What was received and what became of it.

use clickhouse::{Row, query::Query};
use mayday_event::{ProjectId, Timestamp};
use serde::Deserialize;

use super::Window;
use crate::{Store, StoreError};

/// What is told apart besides the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    Category,
    Reason,
    Key,
}

/// How many things of one kind a bucket has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCount {
    /// The start of the bucket.
    pub start: Timestamp,
    /// `received`, `mayday_event::Outcome`'s name, or `client_discard`.
    pub outcome: String,
    /// Empty where it was not asked for.
    pub category: String,
    /// Empty where it was not asked for.
    pub reason: String,
    /// 0: not asked for, or it could not be told.
    pub key_id: i64,
    pub quantity: u64,
}

/// What was received and what it is accounted for by, where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    /// 0: things whose project could not be told.
    pub project_id: ProjectId,
    pub category: String,
    pub received: u64,
    /// The sum of all outcomes but the client's own.
    pub accounted: u64,
}

/// A line's columns, and its sum.
const LINE: &str =
    "any(outcome) AS outcome, any(category) AS category, any(reason) AS reason, any(key_id) AS key_id,
    sum(quantity) AS line_total";

/// `FINAL` for the row that a replay wrote twice; rows of a week never replace those of another.
const FROM_OUTCOMES: &str = "FROM outcomes FINAL
    WHERE minute >= toDateTime({from:Int64}, 'UTC') AND minute < toDateTime({to:Int64}, 'UTC')";
const FINAL_BY_PARTITION: (&str, &str) = ("do_not_merge_across_partitions_select_final", "1");

impl Dimension {
    const ALL: [Self; 3] = [Self::Category, Self::Reason, Self::Key];

    fn column(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Reason => "reason",
            Self::Key => "key_id",
        }
    }

    /// In place of the column where it is not asked for.
    fn nothing(self) -> &'static str {
        match self {
            Self::Key => "toInt64(0)",
            Self::Category | Self::Reason => "''",
        }
    }
}

impl Store {
    /// What a project received and its outcomes, in buckets of `width_ms` (whole minutes, from 1970 on), told apart by
    /// `by`; buckets without any are left out. Oldest first.
    pub async fn outcomes(
        &self,
        project: ProjectId,
        window: Window,
        width_ms: i64,
        by: &[Dimension],
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let column = |it: Dimension| if by.contains(&it) { it.column() } else { it.nothing() };
        let [category, reason, key] = Dimension::ALL.map(column);
        let sql = format!(
            "SELECT start_ms, toString(outcome) AS by_outcome, toString({category}) AS by_category,
                 toString({reason}) AS by_reason, {key} AS by_key, sum(line_total) AS total
             FROM (
                 SELECT intDiv(toUnixTimestamp(minute), {{width:Int64}}) * {{width:Int64}} * 1000 AS start_ms,
                     {LINE} {FROM_OUTCOMES} AND project_id = {{project:UInt64}}
                 GROUP BY start_ms, line)
             GROUP BY start_ms, by_outcome, by_category, by_reason, by_key
             ORDER BY start_ms, by_outcome, by_category, by_reason, by_key"
        );
        let width = (width_ms / MINUTE_MS).max(1) * 60;
        let query = bind(self.query(&sql, project), window).param("width", width);
        let rows: Vec<CountRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(OutcomeCount::from).collect())
    }

    /// Where what was received in a window differs from the sum of its outcomes; of all projects. The window's last
    /// minutes must be so long ago that nothing of them is under way.
    pub async fn unbalanced(&self, window: Window) -> Result<Vec<Imbalance>, StoreError> {
        let sql = format!(
            "SELECT project_id, toString(category) AS category_name,
                 sumIf(line_total, outcome = 'received') AS received,
                 sumIf(line_total, outcome NOT IN ('received', 'client_discard')) AS accounted
             FROM (SELECT project_id, {LINE} {FROM_OUTCOMES} GROUP BY project_id, line)
             GROUP BY project_id, category_name HAVING received != accounted
             ORDER BY project_id, category_name"
        );
        let rows: Vec<ImbalanceRow> =
            bind(self.limited(&sql), window).fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(Imbalance::from).collect())
    }
}

const MINUTE_MS: i64 = 60_000;

fn bind(query: Query, window: Window) -> Query {
    let (name, value) = FINAL_BY_PARTITION;
    query.with_setting(name, value).param("from", window.from.seconds()).param("to", window.to.seconds())
}

#[derive(Row, Deserialize)]
struct CountRow {
    start_ms: i64,
    by_outcome: String,
    by_category: String,
    by_reason: String,
    by_key: i64,
    total: u64,
}

impl From<CountRow> for OutcomeCount {
    fn from(row: CountRow) -> Self {
        Self {
            start: Timestamp(row.start_ms),
            outcome: row.by_outcome,
            category: row.by_category,
            reason: row.by_reason,
            key_id: row.by_key,
            quantity: row.total,
        }
    }
}

#[derive(Row, Deserialize)]
struct ImbalanceRow {
    project_id: u64,
    category_name: String,
    received: u64,
    accounted: u64,
}

impl From<ImbalanceRow> for Imbalance {
    fn from(row: ImbalanceRow) -> Self {
        Self {
            project_id: ProjectId(row.project_id),
            category: row.category_name,
            received: row.received,
            accounted: row.accounted,
        }
    }
}
