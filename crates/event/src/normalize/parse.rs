//! From bytes to JSON, with a hand for clients that get text encoding wrong.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    EventError,
    json::Json,
    place::{Notes, Place},
};

/// The payload as text. Bytes that are not UTF-8 become U+FFFD.
pub(super) fn text<'p>(payload: &'p [u8], root: &Place<'_>) -> Cow<'p, str> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let payload = payload.strip_prefix(BYTE_ORDER_MARK).unwrap_or(payload);
    // Much faster than from_utf8_lossy on what is UTF-8, as nearly all is.
    if let Ok(text) = str::from_utf8(payload) {
        return Cow::Borrowed(text);
    }
    root.corrected(format_args!("bytes that are not UTF-8 replaced by U+FFFD"));
    String::from_utf8_lossy(payload)
}

/// serde_json refuses what is nested more than 128 levels deep.
pub(super) fn json(text: &str) -> Result<Json<'_>, EventError> {
    // Clients in C count the terminating NUL in.
    serde_json::from_str(text.trim_end_matches('\0')).map_err(|error| EventError::Json(error.to_string()))
}

/// The text with each `\ud83d` that lacks its other half replaced, `None` if there is none.
///
/// JavaScript clients that shorten a message between the two halves of an emoji send such JSON.
pub(super) fn without_lone_surrogates(text: &str, root: &Place<'_>) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        repaired.push_str(before);
        let (kept, length) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => (escape.get(..12), 12),
            (Some(_), _) => {
                found = true;
                (Some("\\ufffd"), 6)
            }
            // Any other escape is two characters long, or starts with two that need no care.
            (None, _) => (None, 1 + escape.chars().nth(1).map_or(0, char::len_utf8)),
        };
        let (escape, after) = escape.split_at(length);
        repaired.push_str(kept.unwrap_or(escape));
        rest = after;
    }
    repaired.push_str(rest);
    if found {
        root.corrected(format_args!("halves of surrogate pairs replaced by U+FFFD"));
    }
    found.then_some(repaired)
}

/// A payload of another protocol as text, with the same hand.
pub(crate) fn foreign_text(payload: &[u8]) -> Cow<'_, str> {
    text(payload, &Place::root(&Notes::default()))
}

/// A part of such a payload; the error says what the parser said.
pub(crate) fn foreign_value(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).or_else(|error| {
        let repaired = without_lone_surrogates(text, &Place::root(&Notes::default()));
        repaired.and_then(|text| serde_json::from_str(&text).ok()).ok_or_else(|| error.to_string())
    })
}

enum Half {
    High,
    Low,
}

/// The half of a surrogate pair whose escape `text` starts with.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}
