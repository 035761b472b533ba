//! What settings would do to something that somebody pastes.

use mayday_event::{
    EventId, Timestamp,
    filter::Dropped,
    model::{Event, Note},
    normalize::{Arrival, event_from_json},
    settings::CompiledSettings,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Fields by which a JSON object is taken for an event.
const OF_EVENTS: [&str; 8] =
    ["exception", "logentry", "message", "contexts", "breadcrumbs", "request", "user", "extra"];

/// Something, scrubbed.
#[derive(Debug, PartialEq)]
pub(crate) struct Scrubbed {
    /// An event as it would be stored, the fields of another JSON object, or a text.
    pub(crate) text: String,
    /// What was taken out of an event or object, by which rule.
    pub(crate) notes: Vec<Note>,
}

/// Scrubs an event, the fields of any other JSON object, or a text.
pub(crate) fn scrubbed(settings: &CompiledSettings, pasted: &str, now: Timestamp) -> Scrubbed {
    let fields = serde_json::from_str::<Map<String, Value>>(pasted).ok();
    let is_event = fields.as_ref().is_some_and(|fields| OF_EVENTS.iter().any(|it| fields.contains_key(*it)));
    let event = fields.and_then(|fields| read(fields, is_event, now));
    let Some(mut event) = event else {
        return Scrubbed { text: settings.scrubber.scrub_text(pasted).into_owned(), notes: Vec::new() };
    };
    settings.scrubber.scrub(&mut event);
    let notes = std::mem::take(&mut event.notes);
    let shown = if is_event { json!(event) } else { json!(event.extra) };
    Scrubbed { text: format!("{shown:#}"), notes }
}

/// What filters would say of an event; an error where `pasted` is no event.
pub(crate) fn verdict(
    settings: &CompiledSettings,
    pasted: &str,
    now: Timestamp,
) -> Result<Option<Dropped>, &'static str> {
    let event = serde_json::from_str(pasted).ok().and_then(|fields| read(fields, true, now));
    let event = event.ok_or("is not the JSON of an event")?;
    Ok(settings.filters.verdict(&event, None))
}

/// As the worker reads it; what is no event becomes one's additional data.
fn read(fields: Map<String, Value>, is_event: bool, now: Timestamp) -> Option<Event> {
    let body = if is_event { Value::Object(fields) } else { json!({ "extra": fields }) };
    let arrival = Arrival {
        event_id: EventId(Uuid::nil()),
        received: now,
        sent_at: None,
        remote_addr: None,
        client: None,
    };
    event_from_json(body.to_string().as_bytes(), &arrival).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::now;

    fn shown(pasted: &str) -> Value {
        let scrubbed = scrubbed(&CompiledSettings::default(), pasted, now());
        serde_json::from_str(&scrubbed.text).unwrap_or_else(|_| scrubbed.text.into())
    }

    #[test]
    fn events_objects_and_texts_are_told_apart() {
        assert_eq!(shown("just text"), json!("just text"));
        assert_eq!(shown("[1]"), json!([1]));
        assert_eq!(shown(r#"{"a":1}"#), json!({ "a": 1 }));
        let event = shown(r#"{"message":"boom","platform":"java"}"#);
        assert_eq!((&event["platform"], &event["logentry"]["formatted"]), (&json!("java"), &json!("boom")));
    }
}
