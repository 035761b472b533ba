//! Forms and crash uploads.

use bytes::Bytes;
use mayday_event::{
    EventId,
    capped::InflateLimits,
    crash::{self, CrashFormat},
    limits, normalize,
    wire::{minidump::Upload, msgpack, multipart},
};
use serde_json::Value;

use super::arrival;

const CONTENT_TYPE: &str = "multipart/form-data; boundary=XX";

/// Reading ends; parts are bounded, lie in the body and do not overlap.
pub fn multipart(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    for content_type in [CONTENT_TYPE, ""] {
        match multipart::read(&body, content_type) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(parts) => {
                let parts = parts.unwrap_or_default();
                assert!(parts.len() <= limits::MULTIPART_PARTS);
                assert!(parts.iter().map(|part| part.content.len()).sum::<usize>() <= body.len());
            }
        }
    }
}

/// Reading ends; what was read are the items of an event, whose JSON is an object.
pub fn minidump(bytes: &[u8]) {
    let caps = InflateLimits { inflated_bytes: 64 << 10, ratio: 50, ratio_free_bytes: 4 << 10 };
    let body = Bytes::copy_from_slice(bytes);
    for content_type in [CONTENT_TYPE, ""] {
        let Ok(upload) = Upload::read(&body, content_type, &caps) else { continue };
        let id = upload.event_id().unwrap_or(EventId(uuid::Uuid::from_u128(1)));
        let items = upload.into_items(id);
        assert!(items.len() <= limits::UPLOAD_FILES + 1);
        let Some(Ok(Value::Object(event))) = items.first().map(|item| serde_json::from_slice(&item.payload))
        else {
            panic!("an event");
        };
        assert_eq!(event.get("event_id"), Some(&id.to_string().into()));
    }
}

/// Reading ends; what was read can be written as JSON.
pub fn msgpack(bytes: &[u8]) {
    for value in msgpack::values(bytes) {
        assert!(!value.to_string().is_empty());
    }
}

/// A system's crash report; the first byte chooses the format. Reading ends; what was read is an event of bearable size.
pub fn crash(bytes: &[u8]) {
    const FORMATS: [&str; 6] = ["ips", "apple", "plcrash", "tombstone", "tombstone-text", "anr"];
    let Some((choice, report)) = bytes.split_first() else { return };
    let named = FORMATS.get(usize::from(*choice) % (FORMATS.len() + 1));
    let format = named.and_then(|name| CrashFormat::named(name)).unwrap_or(CrashFormat::Minidump);
    match crash::glance(format, report) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(glance) => {
            let payload = serde_json::to_vec(&glance.event).expect("JSON");
            assert!(payload.len() <= limits::EVENT_BYTES);
            normalize::event_from_json(&payload, &arrival()).expect("an event");
        }
    }
}
