//! Values of any shape (`extra`, contexts, variables), bounded in size and depth.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    fields::{shortened, text},
    json::{Json, Object},
    place::{Place, cut},
};
use crate::limits;

/// `json` in at most about `most` bytes of JSON and [`limits::VALUE_DEPTH`] levels.
pub(super) fn bounded(json: Json<'_>, place: &Place<'_>, most: usize) -> Value {
    let mut budget = Budget::new(most);
    let value = budget.value(json, limits::VALUE_DEPTH);
    budget.note(place, most);
    value
}

/// Text, or what people threw or logged instead, written as JSON.
pub(super) fn text_or_json(json: Json<'_>, place: &Place<'_>) -> Option<String> {
    match json {
        Json::List(_) | Json::Object(_) => Some(bounded(json, place, limits::MESSAGE_BYTES / 2).to_string()),
        other => text(other, place, limits::MESSAGE_BYTES),
    }
}

/// The members of an object, together bounded like one value.
pub(super) fn bounded_map(object: Object<'_>, place: &Place<'_>, most: usize) -> BTreeMap<String, Value> {
    let mut budget = Budget::new(most);
    let mut map = BTreeMap::new();
    for (key, json) in object {
        if !matches!(json, Json::Null) && budget.spend(key.len()) {
            let value = budget.value(json, limits::VALUE_DEPTH - 1);
            if !value.is_null() {
                map.insert(shortened(key, place, limits::KEY_BYTES), value);
            }
        }
    }
    budget.note(place, most);
    map
}

struct Budget {
    bytes: usize,
    exceeded: bool,
    too_deep: bool,
}

/// Quotes, comma and colon: what an entry costs besides its text.
const ENTRY_BYTES: usize = 4;

/// What stands for what was left out.
const ELLIPSIS: &str = "…";

impl Budget {
    fn new(bytes: usize) -> Self {
        Self { bytes, exceeded: false, too_deep: false }
    }

    fn note(&self, place: &Place<'_>, most: usize) {
        if self.exceeded {
            place.trimmed(format_args!("shortened to {most} bytes"));
        }
        if self.too_deep {
            place.trimmed(format_args!("what was nested deeper than {} left out", limits::VALUE_DEPTH));
        }
    }

    /// False when that is more than there is left.
    fn spend(&mut self, bytes: usize) -> bool {
        let cost = bytes.saturating_add(ENTRY_BYTES);
        if self.exceeded || cost > self.bytes {
            self.exceeded = true;
            return false;
        }
        self.bytes -= cost;
        true
    }

    fn value(&mut self, json: Json<'_>, depth: usize) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(number) => Value::Number(number),
            Json::Text(text) => {
                let left = self.bytes;
                if self.spend(text.len()) {
                    return Value::String(text.into_owned());
                }
                self.bytes = 0;
                match left.checked_sub(ENTRY_BYTES + ELLIPSIS.len()) {
                    Some(room) => Value::String(cut(text.into_owned(), room) + ELLIPSIS),
                    None => Value::Null,
                }
            }
            Json::List(_) | Json::Object(_) if depth == 0 => {
                self.too_deep = true;
                match self.spend(ELLIPSIS.len()) {
                    true => Value::String(ELLIPSIS.to_owned()),
                    false => Value::Null,
                }
            }
            Json::List(list) => {
                let mut kept = Vec::with_capacity(list.len());
                for json in list {
                    if !self.spend(0) {
                        break;
                    }
                    kept.push(self.value(json, depth - 1));
                }
                Value::Array(kept)
            }
            Json::Object(object) => {
                let mut kept = Map::new();
                for (key, json) in object {
                    if !self.spend(key.len()) {
                        break;
                    }
                    kept.insert(key.into_owned(), self.value(json, depth - 1));
                }
                Value::Object(kept)
            }
        }
    }
}
