//! The little of an event's JSON that ingest looks at: that it is JSON, how deep and how large, and its id.
//!
//! This is most of what ingest does for a request besides inflating it, so it reads no more than it must: values are
//! skipped, not decoded, and depth is bounded from above by counting brackets. What slips through (bad UTF-8 within a
//! string, depth hidden behind brackets in strings) the worker sets aside with its reason.

use mayday_event::{EventId, limits};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::error::Refused;

/// Deepest nesting of an event: what the worker's parser takes.
const DEPTH: usize = 128;
/// Bytes counted at once; a count of them fits into a byte.
const CHUNK: usize = 128;

/// Whether these bytes may be an event: of bearable size, an object at both ends, and no deeper than brackets alone allow.
/// What is no JSON in between the worker sets aside: reading all of an event costs a quarter of a request.
pub(crate) fn look_quickly(json: &[u8]) -> Result<(), Refused> {
    if let [b'{', .., b'}'] = json.trim_ascii()
        && json.len() <= limits::EVENT_BYTES
        && !may_be_deep(json)
    {
        return Ok(());
    }
    look_at_event(json).map(drop)
}

/// Checks that these bytes are one JSON object of bearable size, and finds the `event_id` in it.
pub(crate) fn look_at_event(json: &[u8]) -> Result<Option<EventId>, Refused> {
    if json.len() > limits::EVENT_BYTES {
        return Err(Refused::EventTooLarge { length: json.len(), limit: limits::EVENT_BYTES });
    }
    let problem = |error: serde_json::Error| Refused::EventJson { problem: error.to_string() };
    if may_be_deep(json) {
        // Decodes every value: only then the parser counts levels.
        serde_json::from_slice::<serde_json::Value>(json).map_err(problem)?;
    }
    let EventHead { event_id } = serde_json::from_slice(json).map_err(problem)?;
    Ok(event_id)
}

/// Whether brackets alone allow for more than [`DEPTH`] levels. `[`/`{` and `]`/`}` differ in one bit.
fn may_be_deep(json: &[u8]) -> bool {
    let count = |chunk: &[u8], bracket: u8| -> usize {
        chunk.iter().map(|byte| u8::from(byte | 0x20 == bracket)).sum::<u8>().into()
    };
    let mut depth = 0;
    for chunk in json.chunks(CHUNK) {
        depth += count(chunk, b'{');
        if depth > DEPTH {
            return true;
        }
        depth = depth.saturating_sub(count(chunk, b'}'));
    }
    false
}

/// An event's JSON, of which only the id is looked at.
struct EventHead {
    event_id: Option<EventId>,
}

impl<'de> Deserialize<'de> for EventHead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventHeadVisitor)
    }
}

struct EventHeadVisitor;

impl<'de> Visitor<'de> for EventHeadVisitor {
    type Value = EventHead;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventHead, A::Error> {
        let mut event_id = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == "event_id" {
                // Of another type: no id, but no reason to refuse the event either.
                let value: serde_json::Value = map.next_value()?;
                event_id = value.as_str().and_then(|id| id.trim().parse().ok());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(EventHead { event_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_an_object_and_may_say_its_id() {
        let id = "0123456789abcdef0123456789abcdef";
        let found = look_at_event(format!(r#"{{"a":[1,{{}}],"event_id":"{id}","b":null}}"#).as_bytes());
        assert_eq!(found.unwrap().unwrap().to_string(), id);
        assert_eq!(look_at_event(br#"{"event_id":17}"#).unwrap(), None);
        for wrong in ["", "[]", "{", "{\"a\":}", "nonsense", "{}x"] {
            assert!(look_at_event(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn depth_is_bounded_and_brackets_in_texts_are_no_depth() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(look_at_event(nested(100).as_bytes()).is_ok());
        assert!(look_at_event(nested(200).as_bytes()).is_err());
        let text = format!("{{\"a\":\"{}\"}}", "[{".repeat(5000));
        assert!(look_at_event(text.as_bytes()).is_ok());
    }
}
