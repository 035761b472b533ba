//! The files of events.

use clickhouse::Row;
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Store, StoreError};

/// A file; its bytes are in the blob store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAttachment {
    /// Within its event.
    pub id: u64,
    pub received: Timestamp,
    pub name: String,
    pub content_type: String,
    /// `event.attachment`, `event.minidump` …
    pub attachment_type: String,
    pub bytes: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
    /// Key in the blob store.
    pub blob: String,
}

/// What tells one blob of an attachment from all others of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentPlace {
    pub event_id: EventId,
    pub id: u64,
    pub received: Timestamp,
}

/// Most attachments that are listed of an event; clients choose how many there are.
const MAX_ATTACHMENTS: usize = 1000;

impl Store {
    /// An event's attachments, first received first; what was received again is there once.
    pub async fn attachments(
        &self,
        project: ProjectId,
        event: EventId,
    ) -> Result<Vec<StoredAttachment>, StoreError> {
        let query = self.query(
            "SELECT id, toUnixTimestamp64Milli(received) AS received_ms, name, content_type, attachment_type,
                 bytes, sha256, blob
             FROM attachments FINAL WHERE project_id = {project:UInt64} AND event_id = {event:UUID}
             ORDER BY received, name, id LIMIT 1 BY id LIMIT {limit:UInt64}",
            project,
        );
        let query = query.param("event", event.0.to_string()).param("limit", MAX_ATTACHMENTS);
        let rows: Vec<AttachmentRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(StoredAttachment::from).collect())
    }
}

#[derive(Row, Deserialize)]
pub(crate) struct PlaceRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    id: u64,
    received_ms: i64,
}

impl From<PlaceRow> for AttachmentPlace {
    fn from(row: PlaceRow) -> Self {
        Self { event_id: EventId(row.event_id), id: row.id, received: Timestamp(row.received_ms) }
    }
}

#[derive(Row, Deserialize)]
struct AttachmentRow {
    id: u64,
    received_ms: i64,
    name: String,
    content_type: String,
    attachment_type: String,
    bytes: u64,
    sha256: String,
    blob: String,
}

impl From<AttachmentRow> for StoredAttachment {
    fn from(row: AttachmentRow) -> Self {
        Self {
            id: row.id,
            received: Timestamp(row.received_ms),
            name: row.name,
            content_type: row.content_type,
            attachment_type: row.attachment_type,
            bytes: row.bytes,
            sha256: row.sha256,
            blob: row.blob,
        }
    }
}
