//! What users said.

use clickhouse::{Row, query::Query};
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp, entry::Feedback};
use serde::Deserialize;
use uuid::Uuid;

use super::bind_hashes;
use crate::{Store, StoreError};

/// Something a user said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFeedback {
    pub received: Timestamp,
    pub feedback: Feedback,
    /// Of the event that it is about, if that is stored.
    pub hash: Option<GroupHash>,
}

/// Place in a list of feedback sorted by receipt and id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedbackCursor {
    pub received: Timestamp,
    pub id: EventId,
}

/// Which feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackOf<'a> {
    Project,
    /// Of the events of these hashes, among the newest 1000 of the project.
    Hashes(&'a [GroupHash]),
    Event(EventId),
}

const COLUMNS: &str = "feedback_id, event_id, toUnixTimestamp64Milli(received) AS received_ms,
    toUnixTimestamp64Milli(timestamp) AS timestamp_ms, name, email, message, url, release, environment";

impl FeedbackOf<'_> {
    fn condition(self) -> &'static str {
        match self {
            Self::Project => "",
            Self::Hashes(_) => {
                // Of the newest alone, so that neither a large issue nor much feedback makes it slow.
                " AND event_id IN (SELECT event_id FROM events
                     WHERE project_id = {project:UInt64} AND group_hash IN {hashes:Array(UInt64)}
                       AND event_id IN (
                           SELECT event_id FROM feedback
                           WHERE project_id = {project:UInt64} AND event_id != toUUID('00000000-0000-0000-0000-000000000000')
                           ORDER BY received DESC LIMIT 1000))"
            }
            Self::Event(_) => " AND event_id = {event:UUID}",
        }
    }

    fn bind(self, query: Query) -> Query {
        match self {
            Self::Project => query,
            Self::Hashes(hashes) => bind_hashes(query, hashes),
            Self::Event(event) => query.param("event", event.0.to_string()),
        }
    }
}

impl Store {
    /// What users said, newest first, behind `after`.
    pub async fn feedback(
        &self,
        project: ProjectId,
        of: FeedbackOf<'_>,
        after: Option<FeedbackCursor>,
        limit: usize,
    ) -> Result<Vec<StoredFeedback>, StoreError> {
        if of == FeedbackOf::Hashes(&[]) {
            return Ok(Vec::new());
        }
        let behind = match after {
            Some(_) => " AND (received, feedback_id) < (fromUnixTimestamp64Milli({at:Int64}), {at_id:UUID})",
            None => "",
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM feedback FINAL WHERE project_id = {{project:UInt64}}{}{behind}
             ORDER BY received DESC, feedback_id DESC LIMIT {{limit:UInt64}}",
            of.condition()
        );
        let query = of.bind(self.query(&sql, project)).param("limit", limit);
        let query = after.iter().fold(query, |query, cursor| {
            query.param("at", cursor.received.0).param("at_id", cursor.id.0.to_string())
        });
        let rows: Vec<FeedbackRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let mut found: Vec<StoredFeedback> = rows.into_iter().map(StoredFeedback::from).collect();
        self.add_hashes(project, &mut found).await?;
        Ok(found)
    }

    async fn add_hashes(&self, project: ProjectId, found: &mut [StoredFeedback]) -> Result<(), StoreError> {
        let about = found.iter().filter_map(|found| found.feedback.event_id);
        let ids: Vec<String> = about.map(|id| id.0.to_string()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let query = self.query(
            "SELECT event_id, group_hash FROM events
             WHERE project_id = {project:UInt64} AND event_id IN {ids:Array(UUID)}",
            project,
        );
        let rows: Vec<HashRow> = query.param("ids", ids).fetch_all().await.map_err(StoreError::of_query)?;
        for found in found {
            let of_event = |row: &&HashRow| found.feedback.event_id == Some(EventId(row.event_id));
            found.hash = rows.iter().find(of_event).map(|row| GroupHash(row.group_hash));
        }
        Ok(())
    }
}

#[derive(Row, Deserialize)]
struct HashRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    group_hash: u64,
}

#[derive(Row, Deserialize)]
struct FeedbackRow {
    #[serde(with = "clickhouse::serde::uuid")]
    feedback_id: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    received_ms: i64,
    timestamp_ms: i64,
    name: String,
    email: String,
    message: String,
    url: String,
    release: String,
    environment: String,
}

impl From<FeedbackRow> for StoredFeedback {
    fn from(row: FeedbackRow) -> Self {
        let feedback = Feedback {
            id: EventId(row.feedback_id),
            event_id: (!row.event_id.is_nil()).then_some(EventId(row.event_id)),
            name: row.name,
            email: row.email,
            message: row.message,
            url: row.url,
            release: row.release,
            environment: row.environment,
            timestamp: Timestamp(row.timestamp_ms),
        };
        Self { received: Timestamp(row.received_ms), feedback, hash: None }
    }
}
