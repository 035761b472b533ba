//! Rollbar's items, as its SDKs post them.
//!
//! <https://docs.rollbar.com/reference/create-item>. An item becomes an `event` item; the system's crash report that a
//! device sends in one becomes the event's file. What the model has no place for becomes extra; what describes server
//! and client, contexts of these names.

mod context;
mod event;
mod stack;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{WireError, envelope::Item, translate::text_of};
use crate::{ids::EventId, normalize};

const FORMAT: &str = "Rollbar item";
/// Most items in one body (413); SDKs send one, old ones for iOS ten.
const MOST: usize = 1_000;

/// The members of a body, whose items are read one by one, so that no more than one costs memory at a time.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    access_token: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

impl<'a> Body<'a> {
    fn parse(text: &'a str) -> Result<Self, WireError> {
        serde_json::from_str(text).map_err(|error| WireError::malformed(FORMAT, error))
    }

    /// One item, or a list of them.
    fn items(&self) -> Result<Vec<&'a RawValue>, WireError> {
        let data = self.data.ok_or_else(|| WireError::malformed(FORMAT, "\"data\" is missing"))?;
        if !data.get().starts_with('[') {
            return Ok(vec![data]);
        }
        let items: Vec<&RawValue> =
            serde_json::from_str(data.get()).map_err(|error| WireError::malformed(FORMAT, error))?;
        match items.len() {
            many if many > MOST => {
                Err(WireError::too_large(FORMAT, format!("{many} items, more than {MOST}")))
            }
            _ => Ok(items),
        }
    }
}

/// The JSON of a body, which may be form-encoded as the only field `payload`.
fn json_of(body: &[u8]) -> Cow<'_, str> {
    let text = normalize::foreign_text(body);
    match text.strip_prefix("payload=") {
        Some(field) => percent_decode_str(&field.replace('+', " ")).decode_utf8_lossy().into_owned().into(),
        None => text,
    }
}

/// The access token that a body names; newer SDKs give it as a header.
pub fn access_token(body: &[u8]) -> Option<String> {
    let text = json_of(body);
    let token = Body::parse(&text).ok()?.access_token?;
    text_of(&normalize::foreign_value(token.get()).ok()?)
}

/// The items of an envelope that a body makes. An event's id is its item's `uuid`, so that one sent twice is one event;
/// `new_id` makes one for an item without.
pub fn items(body: &[u8], mut new_id: impl FnMut() -> EventId) -> Result<Vec<Item>, WireError> {
    let text = json_of(body);
    let mut items = Vec::new();
    for (at, item) in Body::parse(&text)?.items()?.into_iter().enumerate() {
        items.extend(event::translate(object(item, at)?, &mut new_id));
    }
    Ok(items)
}

fn object(raw: &RawValue, at: usize) -> Result<Map<String, Value>, WireError> {
    let malformed = |problem: &str| WireError::malformed(FORMAT, format!("data {at}: {problem}"));
    match normalize::foreign_value(raw.get()) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(malformed("not an object")),
        Err(problem) => Err(malformed(&problem)),
    }
}

#[cfg(test)]
mod tests;
