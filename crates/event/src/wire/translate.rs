//! What the translators of other protocols share: events and JSON objects, put together from what is there.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::envelope::Item;
use crate::ids::EventId;

/// An `event` item. Its header names the id as its payload does, so that nobody has to read the payload for it.
pub(super) fn event_item(id: EventId, mut event: Map<String, Value>) -> Item {
    let id = Value::from(id.to_string());
    event.insert("event_id".to_owned(), id.clone());
    let mut item = Item::new("event", Value::Object(event).to_string().into());
    item.header.insert("event_id".to_owned(), id);
    item
}

/// An item that holds this object.
pub(super) fn item(ty: &str, payload: Map<String, Value>) -> Item {
    Item::new(ty, Value::Object(payload).to_string().into())
}

/// An id made from what was sent: a client that got no answer sends the same again, and is to be counted once.
pub(crate) fn derived_id(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    Builder::from_custom_bytes(id).into_uuid()
}

/// Members of an object that may or may not be there. What is empty is not there.
pub(super) trait Members {
    /// Adds what is there.
    fn put(&mut self, key: &str, value: Option<impl Into<Value>>);
    /// Adds an object that is not empty.
    fn put_object(&mut self, key: &str, object: Map<String, Value>);
    /// Takes what is there; null is not.
    fn take(&mut self, key: &str) -> Option<Value>;
    /// Takes text, or a number or boolean written out.
    fn take_text(&mut self, key: &str) -> Option<String>;
    /// Takes an object; empty if there is none.
    fn take_object(&mut self, key: &str) -> Map<String, Value>;
    /// Takes a list; empty if there is none.
    fn take_list(&mut self, key: &str) -> Vec<Value>;
}

impl Members for Map<String, Value> {
    fn put(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(key.to_owned(), value.into());
        }
    }

    fn put_object(&mut self, key: &str, object: Map<String, Value>) {
        self.put(key, (!object.is_empty()).then_some(object));
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.remove(key).filter(|value| !value.is_null())
    }

    fn take_text(&mut self, key: &str) -> Option<String> {
        self.remove(key).as_ref().and_then(text_of)
    }

    fn take_object(&mut self, key: &str) -> Map<String, Value> {
        match self.remove(key) {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        }
    }

    fn take_list(&mut self, key: &str) -> Vec<Value> {
        match self.remove(key) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        }
    }
}

/// Text, or a number or boolean written out; never empty.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A platform's name for events, by the name that a protocol has for a language or runtime.
pub(super) fn platform(language: &str) -> Option<&'static str> {
    Some(match language {
        "android" | "java" | "kotlin" => "java",
        "cocoa" | "swift" => "cocoa",
        "c" | "cpp" | "rust" => "native",
        "nodejs" => "node",
        "browserjs" | "webjs" | "reactnativejs" | "expojs" | "electronnodejs" | "electronrendererjs" => {
            "javascript"
        }
        "csharp" | "dotnet" | "unity" => "csharp",
        "dart" => "dart",
        "erlang" | "elixir" => "elixir",
        "go" => "go",
        "php" => "php",
        "python" => "python",
        "ruby" => "ruby",
        _ => return None,
    })
}
