//! What must hold for whatever bytes a client sends. Run by the fuzz targets, and by the crate's property tests on
//! stable.

mod translated;
mod uploads;

use bytes::Bytes;
use mayday_event::{
    Event, EventId, Timestamp,
    capped::{self, InflateLimits},
    limits,
    normalize::{self, Arrival},
    scrub::{Emails, IpAddresses, PrivacySettings, Scrubber},
    wire::{
        envelope::{Envelope, Item},
        store,
    },
};
use serde_json::{Value, json};

pub use self::{
    translated::{bugsnag, otlp, reports, rollbar, stack_text},
    uploads::{crash, minidump, msgpack, multipart},
};

/// Parsing ends; what was parsed, written out again, is parsed to the same.
pub fn envelope(bytes: &[u8]) {
    match Envelope::parse(Bytes::copy_from_slice(bytes)) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(envelope) => {
            assert!(envelope.items.len() <= limits::ENVELOPE_ITEMS);
            let contents = |items: &[Item]| -> Vec<(String, Bytes)> {
                items.iter().map(|item| (item.ty.clone(), item.payload.clone())).collect()
            };
            let again = Envelope::parse(written(&envelope)).expect("a written envelope parses");
            assert_eq!(contents(&again.items), contents(&envelope.items));
            assert_eq!(again.header, envelope.header);
        }
    }
}

/// The envelope as a client would write it, each item with its length.
pub fn written(envelope: &Envelope) -> Bytes {
    let mut bytes = serde_json::to_vec(&envelope.header).expect("JSON");
    for item in &envelope.items {
        let mut header = item.header.clone();
        header.insert("length".to_owned(), json!(item.payload.len()));
        bytes.push(b'\n');
        bytes.extend(serde_json::to_vec(&header).expect("JSON"));
        bytes.push(b'\n');
        bytes.extend_from_slice(&item.payload);
    }
    bytes.into()
}

/// Reading ends; what was read is bounded, and read again changes no more.
pub fn event_json(bytes: &[u8]) {
    let Ok(event) = normalize::event_from_json(bytes, &arrival()) else { return };
    assert!(event.notes.len() <= limits::NOTES);
    assert!(event.breadcrumbs.len() <= limits::BREADCRUMBS);
    assert!(event.tags.len() <= limits::TAGS);
    for exception in &event.exception {
        assert!(exception.stacktrace.as_ref().is_none_or(|stack| stack.frames.len() <= limits::FRAMES));
    }
    let payload = serde_json::to_vec(&as_sent(&event)).expect("JSON");
    let again = normalize::event_from_json(&payload, &arrival()).expect("an event");
    assert_eq!(Event { notes: Vec::new(), ..again }, Event { notes: Vec::new(), ..event });
}

/// The event as an SDK would send it.
fn as_sent(event: &Event) -> Value {
    let mut json = serde_json::to_value(event).expect("JSON");
    let members = json.as_object_mut().expect("an object");
    members.remove("notes");
    if let Some(images) = members.remove("debug_images") {
        members.insert("debug_meta".to_owned(), json!({ "images": images }));
    }
    json
}

/// Scrubbing ends; what was scrubbed is not longer, and scrubbed again stays as it is.
pub fn scrub(bytes: &[u8]) {
    let strict = PrivacySettings {
        emails: Emails::RemoveAll,
        ip_addresses: IpAddresses::Remove,
        ..PrivacySettings::default()
    };
    for privacy in [PrivacySettings::default(), strict] {
        let scrubber = Scrubber::compile(&privacy).expect("a scrubber");
        let text = String::from_utf8_lossy(bytes);
        let once = scrubber.scrub_text(&text).into_owned();
        assert!(once.len() <= text.len());
        assert_eq!(scrubber.scrub_text(&once), once);
        let Ok(mut event) = normalize::event_from_json(bytes, &arrival()) else { continue };
        scrubber.scrub(&mut event);
        assert!(event.notes.len() <= limits::NOTES);
        let mut again = event.clone();
        scrubber.scrub(&mut again);
        assert_eq!(again, event);
    }
}

/// An arrival whose particulars do not matter.
pub fn arrival() -> Arrival {
    Arrival {
        event_id: EventId(uuid::Uuid::from_u128(0x11)),
        received: Timestamp(1_795_492_921_500),
        sent_at: None,
        remote_addr: Some("203.0.113.7".to_owned()),
        client: None,
    }
}

/// Whatever comes out, it is no more than the caps allow.
pub fn inflate(bytes: &[u8]) {
    let caps = InflateLimits { inflated_bytes: 64 << 10, ratio: 50, ratio_free_bytes: 4 << 10 };
    let body = Bytes::copy_from_slice(bytes);
    let most = caps.inflated_bytes.max(bytes.len());
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, br", "identity", ""] {
        if let Ok(inflated) = capped::inflate(body.clone(), encoding, &caps) {
            assert!(inflated.len() <= most, "{encoding}");
        }
        if let Ok(json) = store::event_json(body.clone(), encoding, &caps) {
            assert!(json.len() <= most, "store, {encoding}");
        }
    }
}
