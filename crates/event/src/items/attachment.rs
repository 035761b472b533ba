//! `attachment` items: files that belong to an event.

use bytes::Bytes;

use crate::{entry::Attachment, ids::EventId, limits, wire::envelope::Item};

/// Types by the ending of a file's name, where the client gave none.
const TYPES: [(&str, &str); 12] = [
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("mp4", "video/mp4"),
    ("xml", "text/xml"),
    ("dmp", "application/x-dmp"),
    ("ips", "text/plain"),
];
const DEFAULT_TYPE: &str = "application/octet-stream";
const DEFAULT_KIND: &str = "event.attachment";

/// The file of an item, for the event of its envelope.
pub(crate) fn read(item: &Item, event_id: EventId) -> Attachment {
    let text = |name: &str, most: usize| {
        let text = item.header_text(name).map(str::trim).filter(|text| !text.is_empty())?;
        let shown = text.chars().filter(|character| !character.is_control());
        Some(shown.take(most).collect::<String>())
    };
    let name = text("filename", limits::NAME_BYTES).unwrap_or_else(|| "attachment".to_owned());
    let content_type = text("content_type", limits::NAME_BYTES).unwrap_or_else(|| type_of(&name).to_owned());
    let attachment_type =
        text("attachment_type", limits::NAME_BYTES).unwrap_or_else(|| DEFAULT_KIND.to_owned());
    // A copy: a slice would keep the whole envelope in memory.
    let content = Bytes::copy_from_slice(&item.payload);
    Attachment { event_id, name, content_type, attachment_type, content }
}

fn type_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    TYPES.iter().find(|(known, _)| *known == ending).map_or(DEFAULT_TYPE, |(_, ty)| ty)
}
