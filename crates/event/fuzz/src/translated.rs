//! What must hold for whatever is translated to the items of an envelope.

use bytes::Bytes;
use mayday_event::{
    EventId, limits, normalize,
    wire::{
        WireError, bugsnag,
        envelope::Item,
        otlp::{self, Encoding, Signal},
        reports::Batch,
        rollbar,
    },
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::arrival;

/// A notify and a sessions body.
pub fn bugsnag(bytes: &[u8]) {
    items(bugsnag::notify_items(bytes, || EventId(Uuid::from_u128(7))));
    items(bugsnag::session_items(bytes));
    bugsnag::api_key(bytes);
}

/// A body of items.
pub fn rollbar(bytes: &[u8]) {
    items(rollbar::items(bytes, || EventId(Uuid::from_u128(7))));
    rollbar::access_token(bytes);
}

/// A request of logs, and one that is only counted.
pub fn otlp(bytes: &[u8]) {
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        items(otlp::log_items(bytes, encoding, || EventId(Uuid::from_u128(7))));
        items(otlp::counted(bytes, encoding, Signal::Traces));
    }
}

/// mayday's own batches.
pub fn reports(bytes: &[u8]) {
    items(Batch::read(&Bytes::copy_from_slice(bytes)).map(|batch| {
        assert_eq!(batch.items.len(), batch.ids.len());
        batch.items
    }));
}

/// A stack as text; the first byte chooses the language.
pub fn stack_text(bytes: &[u8]) {
    const LANGUAGES: [&str; 5] = ["java", "nodejs", "python", "go", ""];
    let Some((choice, text)) = bytes.split_first() else { return };
    let language = LANGUAGES[usize::from(*choice) % LANGUAGES.len()];
    let attribute = |key: &str, text: &str| json!({ "key": key, "value": { "stringValue": text } });
    let text = String::from_utf8_lossy(text);
    let body = json!({ "resourceLogs": [{
        "resource": { "attributes": [attribute("telemetry.sdk.language", language)] },
        "scopeLogs": [{ "logRecords": [{ "attributes": [attribute("exception.stacktrace", &text)] }] }],
    }] });
    otlp(body.to_string().as_bytes());
}

/// Every event is one by its own parser and has the id that its item's header says; what can be written is an envelope.
fn items(translated: Result<Vec<Item>, WireError>) {
    let items = match translated {
        Ok(items) => items,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for event in items.iter().filter(|item| item.ty == "event") {
        let read = normalize::event_from_json(&event.payload, &arrival());
        assert!(read.is_ok(), "{read:?}");
        let id = event.header_text("event_id").expect("an id");
        assert!(id.parse::<EventId>().is_ok());
        assert!(contains(&event.payload, id.as_bytes()));
    }
    let items = items.get(..items.len().min(limits::ENVELOPE_ITEMS)).unwrap_or_default();
    if items.iter().all(|item| item.payload.len() <= limits::EVENT_BYTES) {
        super::envelope(&mayday_event::wire::envelope::write(&Map::new(), items));
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
