//! The newest events of a project with their payloads, one after the other.

use clickhouse::{Row, query::RowCursor};
use mayday_event::{EventId, GroupHash, ProjectId};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Store, StoreError};

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestEvent {
    pub event_id: EventId,
    pub hash: GroupHash,
    pub title: String,
    /// `mayday_event::Event` as JSON; empty: not kept in its row, past its project's daily budget.
    pub payload: String,
}

/// The newest events in no order, as they come from ClickHouse. One that is being replaced may come twice.
pub struct NewestEvents(RowCursor<NewestRow>);

#[derive(Row, Deserialize)]
struct NewestRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    group_hash: u64,
    title: String,
    payload: String,
}

impl Store {
    /// At most `limit` events.
    pub fn newest_events(&self, project: ProjectId, limit: usize) -> Result<NewestEvents, StoreError> {
        // The keys are found first, so that no other payloads are read.
        let query = self.query(
            "SELECT event_id, group_hash, title, payload FROM events
             WHERE project_id = {project:UInt64} AND (group_hash, timestamp, event_id) IN
                 (SELECT group_hash, timestamp, event_id FROM events WHERE project_id = {project:UInt64}
                  ORDER BY timestamp DESC, event_id DESC LIMIT {limit:UInt64})",
            project,
        );
        let cursor = query.param("limit", limit).fetch::<NewestRow>().map_err(StoreError::of_query)?;
        Ok(NewestEvents(cursor))
    }
}

impl NewestEvents {
    /// The next one; `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<NewestEvent>, StoreError> {
        let row = self.0.next().await.map_err(StoreError::of_query)?;
        Ok(row.map(|row| NewestEvent {
            event_id: EventId(row.event_id),
            hash: GroupHash(row.group_hash),
            title: row.title,
            payload: row.payload,
        }))
    }
}
