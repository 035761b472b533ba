//! Payloads of events past their project's budget: the newest few of each issue, release and hour.

use clickhouse::Row;
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::Stored;

/// One payload in its slot; the newest of a slot takes the place of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentPayloadRow {
    pub project_id: ProjectId,
    pub group_hash: GroupHash,
    pub release: String,
    /// The start of the hour that the slot is of.
    pub hour: Timestamp,
    pub slot: u32,
    pub event_id: EventId,
    pub received: Timestamp,
    /// As [`EventRow::payload`](super::EventRow::payload) would have been.
    pub payload: String,
    /// As [`EventRow::grouping`](super::EventRow::grouping).
    pub grouping: String,
}

#[derive(Row, Serialize)]
pub(crate) struct RecentPayloadWire<'a> {
    project_id: u64,
    group_hash: u64,
    release: &'a str,
    hour: u32,
    slot: u32,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    received: i64,
    payload: &'a str,
    grouping: &'a str,
}

impl Stored for RecentPayloadRow {
    const TABLE: &'static str = "recent_payloads";
    type Wire = RecentPayloadWire<'static>;

    fn wire(&self) -> RecentPayloadWire<'_> {
        RecentPayloadWire {
            project_id: self.project_id.0,
            group_hash: self.group_hash.0,
            release: &self.release,
            hour: u32::try_from(self.hour.seconds()).unwrap_or_default(),
            slot: self.slot,
            event_id: self.event_id.0,
            received: self.received.0,
            payload: &self.payload,
            grouping: &self.grouping,
        }
    }
}
