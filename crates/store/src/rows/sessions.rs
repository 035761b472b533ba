//! Sessions.

use clickhouse::Row;
use mayday_event::{ProjectId, Timestamp, entry::SessionUpdate};
use serde::Serialize;
use uuid::Uuid;

use super::Stored;

/// One state of a session, or a bucket of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub project_id: ProjectId,
    /// Of the record in the journal.
    pub position: u64,
    /// Which of the record's entries it is.
    pub index: u32,
    pub received: Timestamp,
    pub update: SessionUpdate,
}

#[derive(Row, Serialize)]
pub(crate) struct SessionWire<'a> {
    project_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    sid: Uuid,
    bucket_position: u64,
    bucket_index: u32,
    sequence: u64,
    received: i64,
    started: i64,
    user_hash: u64,
    release: &'a str,
    environment: &'a str,
    init: bool,
    is_counted: bool,
    duration_ms: Option<u64>,
    errors: u32,
    status: &'a str,
    abnormal_mechanism: &'a str,
    exited: u32,
    errored: u32,
    abnormal: u32,
    crashed: u32,
}

impl Stored for SessionRow {
    const TABLE: &'static str = "sessions";
    type Wire = SessionWire<'static>;

    fn wire(&self) -> SessionWire<'_> {
        let update = &self.update;
        // A session is known by its id, a bucket by where it came from.
        let (sid, bucket_position, bucket_index) = match update.sid {
            Some(sid) => (sid, 0, 0),
            None => (Uuid::nil(), self.position, self.index),
        };
        SessionWire {
            project_id: self.project_id.0,
            sid,
            bucket_position,
            bucket_index,
            sequence: update.sequence,
            received: self.received.0,
            started: update.started.0,
            user_hash: update.user_hash,
            release: &update.release,
            environment: &update.environment,
            init: update.init,
            is_counted: update.is_counted,
            duration_ms: update.duration_ms,
            errors: update.errors,
            status: &update.status,
            abnormal_mechanism: &update.abnormal_mechanism,
            exited: update.exited,
            errored: update.errored,
            abnormal: update.abnormal,
            crashed: update.crashed,
        }
    }
}
