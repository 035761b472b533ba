//! Files that belong to events; their bytes are in the blob store.

use clickhouse::Row;
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::Stored;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    pub project_id: ProjectId,
    pub event_id: EventId,
    /// Within its event; the same when it is received again.
    pub id: u64,
    pub received: Timestamp,
    pub name: String,
    pub content_type: String,
    pub attachment_type: String,
    pub bytes: u64,
    /// Of the content, 64 hexadecimal digits.
    pub sha256: String,
    /// Key in the blob store.
    pub blob: String,
}

#[derive(Row, Serialize)]
pub(crate) struct AttachmentWire<'a> {
    project_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    id: u64,
    received: i64,
    name: &'a str,
    content_type: &'a str,
    attachment_type: &'a str,
    bytes: u64,
    sha256: &'a str,
    blob: &'a str,
}

impl Stored for AttachmentRow {
    const TABLE: &'static str = "attachments";
    type Wire = AttachmentWire<'static>;

    fn wire(&self) -> AttachmentWire<'_> {
        AttachmentWire {
            project_id: self.project_id.0,
            event_id: self.event_id.0,
            id: self.id,
            received: self.received.0,
            name: &self.name,
            content_type: &self.content_type,
            attachment_type: &self.attachment_type,
            bytes: self.bytes,
            sha256: &self.sha256,
            blob: &self.blob,
        }
    }
}
