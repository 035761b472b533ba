//! Reports made by hand, where a test needs thousands or bad ones.

use serde_json::{Value, json};
use uuid::Uuid;

/// 32 hexadecimal digits.
pub(crate) fn new_event_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// A crash of an Android app; those of one `kind` make one issue.
pub(crate) fn crash(event_id: &str, kind: &str) -> Value {
    let frame = |function: &str, line: u32| {
        json!({
            "function": function, "module": "com.example.shop.Checkout", "filename": "Checkout.kt",
            "lineno": line, "in_app": true,
        })
    };
    let handle = format!("handle{kind}");
    json!({
        "event_id": event_id,
        "platform": "java",
        "level": "fatal",
        "release": "com.example.shop@3.1.0+310",
        "environment": "production",
        "user": {"id": "user-7"},
        "exception": {"values": [{
            "type": format!("{kind}Exception"),
            "value": "cart 17 cannot be paid",
            "module": "com.example.shop",
            "mechanism": {"type": "UncaughtExceptionHandler", "handled": false},
            "stacktrace": {"frames": [frame("onClick", 20), frame("pay", 41), frame(&handle, 57)]},
        }]},
    })
}

/// An envelope with one event.
pub(crate) fn envelope(event: &Value) -> Vec<u8> {
    let headers = json!({"event_id": event["event_id"]});
    envelope_of(&headers, "event", event.to_string().as_bytes())
}

/// An envelope with one item.
pub(crate) fn envelope_of(headers: &Value, item_type: &str, payload: &[u8]) -> Vec<u8> {
    let item = json!({"type": item_type, "length": payload.len()});
    [format!("{headers}\n{item}\n").as_bytes(), payload, b"\n"].concat()
}
