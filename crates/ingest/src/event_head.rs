//! The little of an event's JSON that ingest looks at: that it is one, how deep and how large, and its id.

use mayday_event::{EventId, limits};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use crate::error::Refused;

/// Checks that these bytes are one JSON object of bearable size, and finds the `event_id` in it.
pub(crate) fn look_at_event(json: &[u8]) -> Result<Option<EventId>, Refused> {
    if json.len() > limits::EVENT_BYTES {
        return Err(Refused::EventTooLarge { length: json.len(), limit: limits::EVENT_BYTES });
    }
    let EventHead { event_id } =
        serde_json::from_slice(json).map_err(|error| Refused::EventJson { problem: error.to_string() })?;
    Ok(event_id)
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
                map.next_value::<Skipped>()?;
            }
        }
        Ok(EventHead { event_id })
    }
}

/// Any value. Unlike serde's `IgnoredAny` it descends, so that the parser's limit on depth holds here as it does in
/// the worker.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
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
}
