//! An event's files.

use mayday_event::{EventId, IssueId};

use super::event_path;
use crate::{
    pages::moment::bytes,
    read::attachments::{StoredAttachment, is_screenshot},
};

/// A file to show.
#[derive(Debug, Clone)]
pub(crate) struct AttachmentView {
    pub(crate) name: String,
    /// As the SDK names it: `event.minidump` …
    pub(crate) ty: String,
    pub(crate) kind: &'static str,
    pub(crate) content_type: String,
    pub(crate) size: String,
    pub(crate) href: String,
    /// Where it can be looked at, if it is a picture of the screen.
    pub(crate) image: Option<String>,
}

pub(crate) fn attachments(
    stored: &[StoredAttachment],
    issue: IssueId,
    event: EventId,
) -> Vec<AttachmentView> {
    let view = |attachment: &StoredAttachment| {
        let href = format!("{}attachments/{}/", event_path(issue, event), attachment.id);
        AttachmentView {
            name: attachment.name.clone(),
            ty: attachment.attachment_type.clone(),
            kind: kind(attachment),
            content_type: attachment.content_type.clone(),
            size: bytes(attachment.bytes),
            image: is_screenshot(attachment).then(|| format!("{href}?inline=1")),
            href,
        }
    };
    stored.iter().map(view).collect()
}

fn kind(attachment: &StoredAttachment) -> &'static str {
    match attachment.attachment_type.as_str() {
        "event.minidump" => "Minidump",
        "event.applecrashreport" => "Apple crash report",
        "event.view_hierarchy" => "View hierarchy",
        _ if is_screenshot(attachment) => "Screenshot",
        _ => "File",
    }
}
