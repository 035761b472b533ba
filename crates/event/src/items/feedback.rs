//! `user_report` and `feedback` items: what a user says.
//!
//! A `feedback` item is an event whose `contexts.feedback` holds the message; the older `user_report` is flat.

use serde_json::{Map, Value};

use super::{Unreadable, object, text, time};
use crate::{entry::Feedback, ids::EventId, limits, time::Timestamp};

/// Longest message, bytes (4096 characters in Sentry's protocol).
const MESSAGE_BYTES: usize = 16 << 10;

/// `feedback`; `fallback_id` is what it is called where it names no id of its own.
pub(crate) fn read_feedback(
    payload: &[u8],
    fallback_id: EventId,
    received: Timestamp,
) -> Result<Feedback, Unreadable> {
    let event = object(payload)?;
    let feedback =
        event.get("contexts").and_then(|contexts| contexts.get("feedback")).and_then(Value::as_object);
    let feedback = feedback.ok_or("contexts.feedback is missing")?;
    let message = text(feedback, "message", MESSAGE_BYTES);
    if message.is_empty() {
        return Err("contexts.feedback.message is missing".to_owned());
    }
    Ok(Feedback {
        id: id(&event, "event_id").unwrap_or(fallback_id),
        event_id: id(feedback, "associated_event_id"),
        name: text(feedback, "name", limits::NAME_BYTES),
        email: text(feedback, "contact_email", limits::NAME_BYTES),
        message,
        url: text(feedback, "url", limits::URL_BYTES),
        release: text(&event, "release", limits::RELEASE_BYTES),
        environment: text(&event, "environment", limits::ENVIRONMENT_BYTES),
        timestamp: time(&event, "timestamp").unwrap_or(received),
    })
}

/// `user_report`, about the event that it names or the one of its envelope.
pub(crate) fn read_user_report(
    payload: &[u8],
    own_id: EventId,
    envelope_event: Option<EventId>,
    received: Timestamp,
) -> Result<Feedback, Unreadable> {
    let report = object(payload)?;
    let message = text(&report, "comments", MESSAGE_BYTES);
    if message.is_empty() {
        return Err("comments are missing".to_owned());
    }
    Ok(Feedback {
        id: own_id,
        event_id: id(&report, "event_id").or(envelope_event),
        name: text(&report, "name", limits::NAME_BYTES),
        email: text(&report, "email", limits::NAME_BYTES),
        message,
        url: String::new(),
        release: String::new(),
        environment: String::new(),
        timestamp: received,
    })
}

fn id(object: &Map<String, Value>, name: &str) -> Option<EventId> {
    object.get(name)?.as_str()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn both_kinds_are_read() {
        let (fallback, received) = (EventId(uuid::Uuid::from_u128(1)), Timestamp(5000));
        let feedback = format!(
            r#"{{"event_id":"{ID}","timestamp":7,"contexts":{{"feedback":{{"message":" It broke\u0000 ","contact_email":"a@b.c",
            "associated_event_id":"{ID}"}}}}}}"#
        );
        let feedback = read_feedback(feedback.as_bytes(), fallback, received).unwrap();
        assert_eq!((feedback.message.as_str(), feedback.email.as_str()), ("It broke", "a@b.c"));
        assert_eq!((feedback.id, feedback.event_id), (ID.parse().unwrap(), ID.parse().ok()));
        assert_eq!(feedback.timestamp, Timestamp(7000));

        let report = read_user_report(br#"{"comments":"no"}"#, fallback, Some(fallback), received).unwrap();
        assert_eq!((report.message.as_str(), report.event_id), ("no", Some(fallback)));
        assert!(read_user_report(b"{}", fallback, None, received).is_err());
        assert!(read_feedback(b"{}", fallback, received).is_err());
    }
}
