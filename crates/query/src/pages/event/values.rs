//! Foreign values as text for people.

use std::collections::BTreeMap;

use serde_json::Value;

/// Longest text of one value, characters.
const VALUE_CHARS: usize = 4_000;

/// A name and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Pair {
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// A string as it is, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => {
            serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
        }
        _ => value.to_string(),
    };
    match text.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// In one line, for small print.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Object(_) | Value::Array(_) => text(&Value::String(value.to_string())),
        _ => text(value),
    }
}

/// Each entry of a map.
pub(crate) fn pairs(map: &BTreeMap<String, Value>) -> Vec<Pair> {
    map.iter().map(|(name, value)| Pair::new(name, text(value))).collect()
}
