//! Why events were not stored.

use clickhouse::Row;
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::Stored;

/// Why one event was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FateRow {
    pub project_id: ProjectId,
    pub event_id: EventId,
    pub received: Timestamp,
    /// `mayday_event::Outcome`'s name.
    pub outcome: String,
    /// Stable, in `snake_case`.
    pub reason: String,
    /// For people: which rule, which quota, what could not be read.
    pub detail: String,
    /// Of the record in the journal.
    pub position: u64,
}

#[derive(Row, Serialize)]
pub(crate) struct FateWire<'a> {
    project_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    received: i64,
    position: u64,
    outcome: &'a str,
    reason: &'a str,
    detail: &'a str,
}

impl Stored for FateRow {
    const TABLE: &'static str = "fates";
    type Wire = FateWire<'static>;

    fn wire(&self) -> FateWire<'_> {
        FateWire {
            project_id: self.project_id.0,
            event_id: self.event_id.0,
            received: self.received.0,
            position: self.position,
            outcome: &self.outcome,
            reason: &self.reason,
            detail: &self.detail,
        }
    }
}
