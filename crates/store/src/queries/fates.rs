//! Why events were not stored, for a week.

use clickhouse::Row;
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Deserialize;

use crate::{Store, StoreError};

/// One time that an event was received and not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub received: Timestamp,
    /// `mayday_event::Outcome`'s name.
    pub outcome: String,
    /// Stable, in `snake_case`.
    pub reason: String,
    /// For people.
    pub detail: String,
    /// Of the record in the journal.
    pub position: u64,
}

/// Most that are told of one event: a client that sends an id for ever is understood by then.
const MAX_FATES: usize = 100;

impl Store {
    /// Each time that an event was received and not stored in the last 7 days, latest first.
    pub async fn fates(&self, project: ProjectId, event: EventId) -> Result<Vec<Fate>, StoreError> {
        let query = self.query(
            "SELECT toUnixTimestamp64Milli(received) AS received_ms, outcome, reason, detail, position
             FROM fates FINAL WHERE project_id = {project:UInt64} AND event_id = {event:UUID}
             ORDER BY received DESC, position DESC LIMIT {limit:UInt64}",
            project,
        );
        let query = query.param("event", event.0.to_string()).param("limit", MAX_FATES);
        let rows: Vec<FateRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(Fate::from).collect())
    }
}

#[derive(Row, Deserialize)]
struct FateRow {
    received_ms: i64,
    outcome: String,
    reason: String,
    detail: String,
    position: u64,
}

impl From<FateRow> for Fate {
    fn from(row: FateRow) -> Self {
        Self {
            received: Timestamp(row.received_ms),
            outcome: row.outcome,
            reason: row.reason,
            detail: row.detail,
            position: row.position,
        }
    }
}
