//! The files of events.

use mayday_blobs::{BlobError, BlobKey, BlobReader};
use mayday_event::{EventId, ProjectId};
use serde_json::Value;

pub(crate) use mayday_store::queries::attachments::StoredAttachment;

use crate::{Query, QueryError};

/// Largest view hierarchy that is shown, bytes.
const VIEW_HIERARCHY_BYTES: u64 = 4 << 20;

/// Images that browsers show and that hold nothing that runs.
const IMAGES: [(&str, &[u8]); 3] =
    [("image/png", b"\x89PNG\r\n\x1a\n"), ("image/jpeg", b"\xff\xd8\xff"), ("image/webp", b"RIFF")];

/// An event's files, first received first.
pub(crate) async fn list(
    query: &Query,
    project: ProjectId,
    event: EventId,
) -> Result<Vec<StoredAttachment>, QueryError> {
    Ok(query.store.attachments(project, event).await?)
}

/// One of an event's files, by its decimal id.
pub(crate) async fn find(
    query: &Query,
    project: ProjectId,
    event: EventId,
    id: &str,
) -> Result<StoredAttachment, QueryError> {
    let missing = QueryError::NotFound("attachment");
    let Ok(id) = id.parse::<u64>() else { return Err(missing) };
    let listed = list(query, project, event).await?;
    listed.into_iter().find(|attachment| attachment.id == id).ok_or(missing)
}

/// Begins to read its bytes.
pub(crate) async fn content(
    query: &Query,
    project: ProjectId,
    event: EventId,
    attachment: &StoredAttachment,
) -> Result<BlobReader, QueryError> {
    Ok(query.blobs.read(&key(project, event, attachment)).await?)
}

fn key(project: ProjectId, event: EventId, attachment: &StoredAttachment) -> BlobKey {
    BlobKey::Attachment { project, event, id: attachment.id, received: attachment.received }
}

/// The view hierarchy among an event's files, if it can be read: a page without it is better than none.
pub(crate) async fn view_hierarchy(
    query: &Query,
    project: ProjectId,
    event: EventId,
    attachments: &[StoredAttachment],
) -> Option<Value> {
    let is_shown = |it: &&StoredAttachment| {
        it.attachment_type == "event.view_hierarchy" && it.bytes <= VIEW_HIERARCHY_BYTES
    };
    let attachment = attachments.iter().find(is_shown)?;
    let content = query.blobs.get(&key(project, event, attachment)).await;
    let content = content.inspect_err(|error| {
        tracing::warn!(%event, error = error as &dyn std::error::Error, "view hierarchy cannot be read");
    });
    serde_json::from_slice(&content.ok()?).ok()
}

/// Whether it is a picture of the screen, by what it says of itself.
pub(crate) fn is_screenshot(attachment: &StoredAttachment) -> bool {
    let named = attachment.name.to_ascii_lowercase().starts_with("screenshot");
    named && IMAGES.iter().any(|(content_type, _)| *content_type == attachment.content_type)
}

/// The type of image that this is, by its first bytes; `None` for what must not be shown in a page.
pub(crate) fn image_type(content: &[u8]) -> Option<&'static str> {
    let (content_type, _) = IMAGES.iter().find(|(_, magic)| content.starts_with(magic))?;
    let is_webp = content.get(8..12) == Some(b"WEBP");
    (*content_type != "image/webp" || is_webp).then_some(content_type)
}

impl From<BlobError> for QueryError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotFound { .. } => {
                Self::NotFound("attachment content: the blob store does not have it")
            }
            BlobError::Damaged { .. } => Self::Internal(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_that_are_what_they_say_are_shown() {
        assert_eq!(image_type(b"\x89PNG\r\n\x1a\n..."), Some("image/png"));
        assert_eq!(image_type(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(image_type(b"RIFF\x10\0\0\0WAVEfmt "), None);
        assert_eq!(image_type(b"<svg onload=alert(1)>"), None);
        assert_eq!(image_type(b""), None);
    }
}
