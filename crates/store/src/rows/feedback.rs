//! What users said.

use clickhouse::Row;
use mayday_event::{ProjectId, Timestamp, entry::Feedback};
use serde::Serialize;
use uuid::Uuid;

use super::Stored;

/// What one user said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRow {
    pub project_id: ProjectId,
    /// Of the record in the journal.
    pub position: u64,
    /// Which of the record's entries it is.
    pub index: u32,
    pub received: Timestamp,
    pub feedback: Feedback,
}

#[derive(Row, Serialize)]
pub(crate) struct FeedbackWire<'a> {
    project_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    feedback_id: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    position: u64,
    item_index: u32,
    received: i64,
    timestamp: i64,
    name: &'a str,
    email: &'a str,
    message: &'a str,
    url: &'a str,
    release: &'a str,
    environment: &'a str,
}

impl Stored for FeedbackRow {
    const TABLE: &'static str = "feedback";
    type Wire = FeedbackWire<'static>;

    fn wire(&self) -> FeedbackWire<'_> {
        let feedback = &self.feedback;
        FeedbackWire {
            project_id: self.project_id.0,
            feedback_id: feedback.id.0,
            event_id: feedback.event_id.map_or(Uuid::nil(), |id| id.0),
            position: self.position,
            item_index: self.index,
            received: self.received.0,
            timestamp: feedback.timestamp.0,
            name: &feedback.name,
            email: &feedback.email,
            message: &feedback.message,
            url: &feedback.url,
            release: &feedback.release,
            environment: &feedback.environment,
        }
    }
}
