//! From a file to an `attachment` item.

use super::{proto, uuid, wrong::Wrong};
use crate::{crash::CrashFormat, ids::EventId, wire::envelope::Item};

/// An item whose header names the event it belongs to: the envelope holds events of its own.
pub(super) fn item(file: proto::Attachment) -> Result<Item, Wrong> {
    let event_id = uuid(&file.event_id).map_err(|wrong| wrong.within("event_id"))?;
    let kind = match file.kind() {
        proto::attachment::Kind::File => None,
        proto::attachment::Kind::Minidump => Some(CrashFormat::Minidump.attachment().1),
        proto::attachment::Kind::AppleCrashReport => Some(CrashFormat::Apple.attachment().1),
        proto::attachment::Kind::Tombstone => Some(CrashFormat::Tombstone.attachment().1),
        // As Sentry's SDKs send it: told by its name.
        proto::attachment::Kind::Screenshot => None,
        proto::attachment::Kind::ViewHierarchy => Some("event.view_hierarchy"),
    };
    let is_unnamed_screenshot =
        file.kind() == proto::attachment::Kind::Screenshot && !file.name.starts_with("screenshot");
    let name = if is_unnamed_screenshot { format!("screenshot-{}", file.name) } else { file.name };
    let mut item = Item::new("attachment", file.content);
    item.header.insert("event_id".to_owned(), EventId(event_id).to_string().into());
    for (key, value) in [
        ("filename", name.as_str()),
        ("content_type", file.content_type.as_str()),
        ("attachment_type", kind.unwrap_or_default()),
    ] {
        if !value.is_empty() {
            // An item's header is a line of at most 8 KiB.
            let (short, _) = value.split_at(value.floor_char_boundary(crate::limits::NAME_BYTES));
            item.header.insert(key.to_owned(), short.into());
        }
    }
    Ok(item)
}
