//! Why an event is in its issue.

use mayday_event::Event;
use serde::Deserialize;
use serde_json::Value;

/// The reasons to show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reasons {
    pub(crate) sentence: String,
    pub(crate) hash: String,
    pub(crate) version: u32,
    pub(crate) parts: Vec<Part>,
    /// The message before what varies was replaced; empty if none counts.
    pub(crate) original: String,
}

/// One part of the fingerprint, or what was looked at and left out.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Part {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) contributes: bool,
    #[serde(default)]
    pub(crate) reason: String,
}

/// The stored grouping.
#[derive(Deserialize)]
struct Grouping {
    version: u32,
    hash: String,
    strategy: String,
    #[serde(default)]
    components: Vec<Part>,
}

impl Reasons {
    /// `None`: the event has no grouping that this version can read.
    pub(crate) fn new(grouping: &Value, event: &Event) -> Option<Self> {
        let grouping = Grouping::deserialize(grouping).ok()?;
        Some(Self {
            sentence: sentence(&grouping.strategy),
            hash: grouping.hash,
            version: grouping.version,
            original: original(&grouping.components, event),
            parts: grouping.components,
        })
    }
}

/// What grouping read where it replaced what varies.
fn original(parts: &[Part], event: &Event) -> String {
    let of_cause = event.root_cause().and_then(|cause| cause.value.as_ref());
    let of_entry = event.logentry.as_ref().and_then(|entry| entry.formatted.as_ref());
    let text = if event.exception.is_empty() { of_entry } else { of_cause };
    let counts = parts.iter().find(|part| part.kind == "message" && part.contributes);
    match (text, counts) {
        (Some(text), Some(part)) if *text != part.value => text.clone(),
        _ => String::new(),
    }
}

fn sentence(strategy: &str) -> String {
    match strategy {
        "stacktrace" => "Events with the same frames in their stack trace are one issue.".into(),
        "exception" => "Events with the same exception type and message pattern are one issue.".into(),
        "message" => "Events with the same message pattern are one issue.".into(),
        "rule" => {
            "A fingerprint rule of the project fits; events with the same fingerprint are one issue.".into()
        }
        "sdk" => "The app set a fingerprint; events with the same one are one issue.".into(),
        "fallback" => "Nothing in this event tells it apart, so that all such events are one issue.".into(),
        other => format!("Grouped by: {other}."),
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::{
        EventId, Timestamp,
        normalize::{Arrival, event_from_json},
    };
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_message_before_it_was_changed_is_the_root_causes_not_a_suppressed_exceptions() {
        let arrival = Arrival {
            event_id: EventId(Uuid::from_u128(1)),
            received: Timestamp(1_795_492_800_000),
            sent_at: None,
            remote_addr: None,
            client: None,
        };
        let event = json!({ "exception": { "values": [
            { "type": "IOException", "value": "closed", "mechanism": { "type": "suppressed" } },
            { "type": "PriceException", "value": "no price for 4711" },
        ] } });
        let event = event_from_json(event.to_string().as_bytes(), &arrival).unwrap();
        let part = json!({ "kind": "message", "value": "no price for <int>", "contributes": true });
        let grouping = json!({ "version": 2, "hash": "7", "strategy": "exception", "components": [part] });
        assert_eq!(Reasons::new(&grouping, &event).unwrap().original, "no price for 4711");
    }
}
