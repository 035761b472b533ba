//! What must hold for whatever rules people write and whatever events clients send. Run by the fuzz targets, and by the
//! crate's property tests on stable.

use mayday_event::{
    Event, EventId, Timestamp,
    grouping::GroupingSettings,
    normalize::{self, Arrival},
};
use mayday_grouping::{Grouping, Rules, explain, group};
use serde_json::{Value, json};

/// What events say their platform is; each has names of its own.
const PLATFORMS: [&str; 8] = ["java", "csharp", "cocoa", "native", "javascript", "python", "other", ""];

/// Fingerprint rules and, behind a zero byte, stack-trace rules. Reading them ends; an error names a text, a line and a
/// column in it, and rules that are read group any event.
pub fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (fingerprint_rules, stack_trace_rules) = text.split_once('\0').unwrap_or((&text, ""));
    let settings = GroupingSettings {
        fingerprint_rules: fingerprint_rules.to_owned(),
        stack_trace_rules: stack_trace_rules.to_owned(),
    };
    match Rules::compile(&settings) {
        Err(error) => {
            assert!(error.place.starts_with("grouping."), "{error}");
            assert!(!error.problem.is_empty());
        }
        Ok(rules) => PLATFORMS.iter().for_each(|platform| grouped(&plain(platform), &rules)),
    }
}

/// A platform, an exception's type and value, a function, a module and a file, with zero bytes between them: whatever they
/// are called, the event has one place.
pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\0');
    let platform = parts.next().and_then(|part| PLATFORMS.get(part.len() % PLATFORMS.len())).unwrap_or(&"");
    let mut next = || parts.next().unwrap_or_default();
    let (ty, value, function, module, filename) = (next(), next(), next(), next(), next());
    let frame = json!({ "function": function, "module": module, "filename": filename, "lineno": 7 });
    let caller = json!({ "function": module, "module": function, "package": filename, "in_app": true });
    let event = json!({
        "platform": platform,
        "exception": { "values": [
            { "type": ty, "value": value, "stacktrace": { "frames": [caller, frame] } },
        ] },
    });
    let moved = moved(event.clone());
    let (event, moved) = (read(&event), read(&moved));
    let rules = Rules::default();
    grouped(&event, &rules);
    let hash = |event: &Event| group(event.clone(), &rules).grouping.hash;
    assert_eq!(hash(&event), hash(&moved), "lines never count");
}

/// An event as a client sends it.
pub fn event(bytes: &[u8]) {
    if let Ok(event) = normalize::event_from_json(bytes, &arrival()) {
        grouped(&event, &Rules::default());
    }
}

/// Grouping ends, says why, and says it again the same; its explanation comes to the same fingerprint.
fn grouped(event: &Event, rules: &Rules) {
    let first = group(event.clone(), rules);
    let again = group(first.event.clone(), rules);
    assert_eq!(
        (&first.grouping, &first.title, &first.previous),
        (&again.grouping, &again.title, &again.previous)
    );
    assert!(!first.grouping.components.is_empty(), "something made it");
    let stored = serde_json::to_string(&first.grouping).expect("JSON");
    assert_eq!(serde_json::from_str::<Grouping>(&stored).expect("as it was"), first.grouping);
    let explained = explain(event, rules);
    assert_eq!(explained.grouping, first.grouping);
    assert!(!explained.variants.is_empty());
}

/// The same event of another build.
fn moved(mut event: Value) -> Value {
    event["exception"]["values"][0]["stacktrace"]["frames"][1]["lineno"] = json!(19);
    event
}

fn plain(platform: &str) -> Event {
    read(&json!({
        "platform": platform,
        "message": "Order 4711 failed",
        "release": "app@1.0",
        "tags": { "screen": "Cart" },
        "exception": { "values": [{
            "type": "TimeoutError",
            "value": "no answer",
            "stacktrace": { "frames": [
                { "function": "main", "module": "com.example.Main", "filename": "Main.kt", "in_app": true },
                { "function": "std::panicking::begin", "package": "/usr/lib/libstd.so" },
            ] },
        }] },
    }))
}

fn read(event: &Value) -> Event {
    let bytes = serde_json::to_vec(event).expect("JSON");
    normalize::event_from_json(&bytes, &arrival()).expect("an event")
}

/// An arrival whose particulars do not matter.
fn arrival() -> Arrival {
    Arrival {
        event_id: EventId(uuid::Uuid::from_u128(0x11)),
        received: Timestamp(1_795_492_921_500),
        sent_at: None,
        remote_addr: None,
        client: None,
    }
}
