//! The items of an envelope that are no events: sessions, feedback, files, and what clients say that they dropped.
//!
//! Lenient like the events: what cannot be read of an item costs that field, unless nothing of it would be left.

pub(crate) mod attachment;
pub(crate) mod client_report;
pub(crate) mod feedback;
pub(crate) mod session;

use serde_json::{Map, Value};

use crate::time::Timestamp;

/// Why an item cannot be read; the text is for people.
pub(crate) type Unreadable = String;

/// The item's JSON object.
fn object(payload: &[u8]) -> Result<Map<String, Value>, Unreadable> {
    serde_json::from_slice(payload).map_err(|error| format!("not a JSON object: {error}"))
}

/// A text field in at most `most` bytes; empty without one.
fn text(object: &Map<String, Value>, name: &str, most: usize) -> String {
    let text = object.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let (kept, _) = text.split_at(text.floor_char_boundary(most));
    kept.chars().filter(|character| *character != '\0').collect()
}

/// Seconds since 1970 or RFC 3339 text.
fn time(object: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    match object.get(name)? {
        Value::Number(seconds) => Timestamp::from_seconds(seconds.as_f64()?),
        Value::String(text) => Timestamp::parse(text),
        _ => None,
    }
}

/// A count; 0 without one.
fn count(object: &Map<String, Value>, name: &str) -> u32 {
    let number = object.get(name).and_then(Value::as_u64).unwrap_or_default();
    u32::try_from(number).unwrap_or(u32::MAX)
}
