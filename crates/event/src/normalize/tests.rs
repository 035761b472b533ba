use serde_json::{Value, json};

use super::*;
use crate::model::{Note, NoteKind};

const RECEIVED: Timestamp = Timestamp(1_795_492_921_500);

fn arrival() -> Arrival {
    Arrival {
        event_id: "9ec79c33ec9942ab8353589fcb2e04dc".parse().unwrap(),
        received: RECEIVED,
        sent_at: None,
        remote_addr: Some("203.0.113.7".to_owned()),
        client: Some("sentry.java.android/8.12.0".to_owned()),
    }
}

fn read(payload: &Value) -> Event {
    event_from_json(payload.to_string().as_bytes(), &arrival()).unwrap()
}

/// With a timestamp that is fine.
fn read_now(mut payload: Value) -> Event {
    payload["timestamp"] = json!(1_795_492_920);
    read(&payload)
}

fn notes(event: &Event) -> Vec<(&str, NoteKind)> {
    event.notes.iter().map(|note| (note.path.as_str(), note.kind)).collect()
}

fn shown(notes: &[Note]) -> String {
    notes.iter().map(|note| format!("{}: {}", note.path, note.detail)).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_android_crash_is_read_whole() {
    let event = read(&json!({
        "event_id": "00000000000000000000000000000000",
        "timestamp": "2026-11-24T04:02:00.250Z",
        "platform": "java",
        "level": "fatal",
        "release": "com.example.shop@4.2.0+420",
        "dist": "420",
        "environment": "production",
        "sdk": { "name": "sentry.java.android", "version": "8.12.0", "packages": [] },
        "exception": { "values": [
            {
                "type": "IllegalStateException", "value": "no view", "module": "java.lang", "thread_id": 2,
                "stacktrace": { "frames": [
                    { "function": "main", "module": "android.app.ActivityThread", "lineno": 8177, "in_app": false },
                    { "function": "onPay", "module": "com.example.shop.Checkout", "lineno": 88, "in_app": true },
                ] },
            },
            {
                "type": "RuntimeException", "value": "wrapped", "module": "java.lang", "thread_id": 2,
                "mechanism": { "type": "UncaughtExceptionHandler", "handled": false },
            },
        ] },
        "threads": { "values": [{ "id": 2, "name": "main", "crashed": true, "current": true, "main": true }] },
        "breadcrumbs": [
            { "timestamp": 1_795_492_910.5, "type": "navigation", "category": "ui", "data": { "to": "Checkout" } },
        ],
        "contexts": { "os": { "name": "Android", "version": "15" }, "device": { "model": "Pixel 9" } },
        "tags": [["flavour", "beta"], ["count", 3]],
        "user": { "id": 7, "ip_address": "{{auto}}", "plan": "gold" },
        "modules": { "okhttp": "5.1.0" },
        "debug_meta": { "images": [{ "type": "proguard", "uuid": "6a8cb813-45f6-3652-ad33-778fd1eab196" }] },
        "fingerprint": ["{{ default }}", "checkout"],
        "extra": { "cart": [1, 2] },
    }));
    insta::assert_json_snapshot!(event, @r#"
    {
      "event_id": "9ec79c33ec9942ab8353589fcb2e04dc",
      "timestamp": 1795492920250,
      "received": 1795492921500,
      "level": "fatal",
      "platform": "java",
      "release": "com.example.shop@4.2.0+420",
      "dist": "420",
      "environment": "production",
      "exception": [
        {
          "type": "IllegalStateException",
          "value": "no view",
          "module": "java.lang",
          "thread_id": "2",
          "stacktrace": {
            "frames": [
              {
                "function": "main",
                "module": "android.app.ActivityThread",
                "lineno": 8177,
                "in_app": false
              },
              {
                "function": "onPay",
                "module": "com.example.shop.Checkout",
                "lineno": 88,
                "in_app": true
              }
            ]
          }
        },
        {
          "type": "RuntimeException",
          "value": "wrapped",
          "module": "java.lang",
          "thread_id": "2",
          "mechanism": {
            "type": "UncaughtExceptionHandler",
            "handled": false
          }
        }
      ],
      "threads": [
        {
          "id": "2",
          "name": "main",
          "crashed": true,
          "current": true,
          "main": true
        }
      ],
      "breadcrumbs": [
        {
          "timestamp": 1795492910500,
          "type": "navigation",
          "category": "ui",
          "data": {
            "to": "Checkout"
          }
        }
      ],
      "contexts": {
        "device": {
          "model": "Pixel 9"
        },
        "os": {
          "name": "Android",
          "version": "15"
        }
      },
      "tags": {
        "count": "3",
        "flavour": "beta"
      },
      "user": {
        "id": "7",
        "ip_address": "203.0.113.7",
        "data": {
          "plan": "gold"
        }
      },
      "sdk": {
        "name": "sentry.java.android",
        "version": "8.12.0"
      },
      "modules": {
        "okhttp": "5.1.0"
      },
      "debug_images": [
        {
          "type": "proguard",
          "debug_id": "6a8cb813-45f6-3652-ad33-778fd1eab196"
        }
      ],
      "fingerprint": [
        "{{ default }}",
        "checkout"
      ],
      "extra": {
        "cart": [
          1,
          2
        ]
      }
    }
    "#);
}

#[test]
fn an_apple_crash_keeps_addresses_images_and_registers() {
    let event = read_now(json!({
        "platform": "cocoa",
        "exception": { "values": [{
            "type": "EXC_BAD_ACCESS",
            "value": "KERN_INVALID_ADDRESS at 0x10",
            "mechanism": {
                "type": "mach", "handled": false,
                "meta": { "mach_exception": { "exception": 1, "code": 1, "subcode": 16, "name": "EXC_BAD_ACCESS" } },
            },
            "stacktrace": {
                "frames": [{
                    "instruction_addr": 4_379_836_416_u64, "image_addr": "0x104f00000", "package": "/private/Shop",
                }],
                "registers": { "pc": "0x105100000" },
            },
        }] },
        "debug_meta": { "images": [{
            "type": "macho", "debug_id": "84a04d24-0e60-3810-a8c0-90a65e2df61a", "image_addr": "0x104f00000",
            "image_size": "0x8000", "code_file": "/private/Shop", "arch": "arm64",
        }] },
    }));
    insta::assert_json_snapshot!(event, @r#"
    {
      "event_id": "9ec79c33ec9942ab8353589fcb2e04dc",
      "timestamp": 1795492920000,
      "received": 1795492921500,
      "level": "error",
      "platform": "cocoa",
      "exception": [
        {
          "type": "EXC_BAD_ACCESS",
          "value": "KERN_INVALID_ADDRESS at 0x10",
          "mechanism": {
            "type": "mach",
            "handled": false,
            "meta": {
              "mach_exception": {
                "code": 1,
                "exception": 1,
                "name": "EXC_BAD_ACCESS",
                "subcode": 16
              }
            }
          },
          "stacktrace": {
            "frames": [
              {
                "package": "/private/Shop",
                "instruction_addr": "0x1050f0000",
                "image_addr": "0x104f00000"
              }
            ],
            "registers": {
              "pc": "0x105100000"
            }
          }
        }
      ],
      "sdk": {
        "name": "sentry.java.android",
        "version": "8.12.0"
      },
      "debug_images": [
        {
          "type": "macho",
          "debug_id": "84a04d24-0e60-3810-a8c0-90a65e2df61a",
          "code_file": "/private/Shop",
          "image_addr": "0x104f00000",
          "image_size": 32768,
          "arch": "arm64"
        }
      ]
    }
    "#);
}

#[test]
fn a_javascript_error_of_an_old_client_is_read_like_a_new_one() {
    let event = read_now(json!({
        "platform": "javascript",
        "sentry.interfaces.Exception": { "type": "TypeError", "value": "x is undefined" },
        "stacktrace": { "frames": [{ "filename": "app.js", "lineno": "12", "colno": 7.0, "in_app": "true" }] },
        "sentry.interfaces.Http": { "url": "https://shop.example/", "headers": { "User-Agent": ["a", "b"] } },
        "culprit": "app.js",
        "level": 40,
        "tags": { "environment": "staging", "": "nameless", "empty": "" },
        "checksum": "abc",
    }));
    insta::assert_json_snapshot!(event, @r#"
    {
      "event_id": "9ec79c33ec9942ab8353589fcb2e04dc",
      "timestamp": 1795492920000,
      "received": 1795492921500,
      "level": "error",
      "platform": "javascript",
      "transaction": "app.js",
      "environment": "staging",
      "exception": [
        {
          "type": "TypeError",
          "value": "x is undefined",
          "stacktrace": {
            "frames": [
              {
                "filename": "app.js",
                "lineno": 12,
                "colno": 7,
                "in_app": true
              }
            ]
          }
        }
      ],
      "sdk": {
        "name": "sentry.java.android",
        "version": "8.12.0"
      },
      "fingerprint": [
        "abc"
      ],
      "request": {
        "url": "https://shop.example/",
        "headers": [
          [
            "User-Agent",
            "a"
          ],
          [
            "User-Agent",
            "b"
          ]
        ]
      }
    }
    "#);
}

#[test]
fn what_has_the_wrong_type_costs_only_itself_and_is_noted() {
    let event = read_now(json!({
        "message": "still here",
        "level": "terrible",
        "release": { "version": 1 },
        "environment": "a/b",
        "exception": { "values": "boom" },
        "threads": [7],
        "breadcrumbs": { "values": [{ "message": "kept", "timestamp": "late", "data": [1] }] },
        "contexts": { "os": "Android" },
        "tags": "a=b",
        "user": { "id": ["x"], "email": "ann@shop.example", "ip_address": "home" },
        "sdk": 8,
        "modules": { "a": {} },
        "debug_meta": { "images": [{ "debug_id": "x" }] },
        "extra": 1,
        "request": [1],
        "fingerprint": { "a": 1 },
    }));
    assert_eq!(event.logentry.as_ref().unwrap().formatted.as_deref(), Some("still here"));
    assert_eq!(event.user.as_ref().unwrap().email.as_deref(), Some("ann@shop.example"));
    assert_eq!(event.breadcrumbs.first().unwrap().message.as_deref(), Some("kept"));
    insta::assert_snapshot!(shown(&event.notes), @r#"
    level: unknown level; dropped
    release: expected text, found an object; dropped
    environment: "a/b" is no name for an environment; dropped
    exception.values: expected a list, found text; dropped
    threads.values.0: expected an object, found a number; dropped
    breadcrumbs.values.0.timestamp: neither seconds since 1970 nor RFC 3339 text; dropped
    breadcrumbs.values.0.data: expected an object, found a list; dropped
    contexts.os: expected an object, found text; dropped
    tags: expected an object, found text; dropped
    user.id: expected text, found a list; dropped
    user.ip_address: "home" is no IP address; dropped
    sdk: expected an object, found a number; dropped
    modules.a: expected text, found an object; dropped
    debug_meta.images.0: image without type; dropped
    fingerprint: expected a list, found an object; dropped
    extra: expected an object, found a number; dropped
    request: expected an object, found a list; dropped
    "#);
}

#[test]
fn nothing_is_noted_on_null_and_empty_fields() {
    let event = read_now(json!({
        "exception": null, "threads": { "values": [] }, "breadcrumbs": { "values": null }, "tags": [], "user": {},
        "contexts": { "os": null }, "extra": {}, "debug_meta": { "images": null }, "release": "", "message": "",
        "request": {}, "fingerprint": [], "modules": [], "logentry": null,
    }));
    assert_eq!(event.notes, []);
    assert_eq!((event.release, event.user, event.request, event.logentry), (None, None, None, None));
}

#[test]
fn a_message_is_filled_in_and_its_template_kept() {
    let entry = |payload| read_now(payload).logentry.map(|entry| (entry.formatted, entry.message));
    let of =
        |formatted: &str, template: Option<&str>| Some((Some(formatted.into()), template.map(String::from)));
    assert_eq!(entry(json!({ "message": "hello" })), of("hello", None));
    assert_eq!(entry(json!({ "logentry": { "message": "hello" } })), of("hello", None));
    assert_eq!(entry(json!({ "message": ["cart", 17] })), of(r#"["cart",17]"#, None));
    assert_eq!(entry(json!({ "logentry": { "message": { "cart": 17 } } })), of(r#"{"cart":17}"#, None));
    assert_eq!(entry(json!({ "message": [] })), None);
    for (template, params) in [
        ("%s has %d%%", json!(["Ann", 5])),
        ("{} has {}%", json!(["Ann", 5])),
        ("{0} has {1}%", json!(["Ann", 5])),
        ("{name} has {n}%", json!({ "name": "Ann", "n": 5 })),
        ("%(name)s has %(n)d%%", json!({ "name": "Ann", "n": 5 })),
    ] {
        let payload = json!({ "logentry": { "message": template, "params": params } });
        assert_eq!(entry(payload), of("Ann has 5%", Some(template)), "{template}");
    }
    let payload = json!({ "logentry": { "message": "%s %s", "params": ["one"] } });
    assert_eq!(entry(payload), of("one %s", Some("%s %s")), "a hole without a parameter stays");
    let payload = json!({ "logentry": { "message": "%s", "formatted": "as sent", "params": ["x"] } });
    assert_eq!(entry(payload), of("as sent", Some("%s")));
}

#[test]
fn lists_are_cut_where_they_tell_least() {
    let numbered = |count: usize, key: &str| -> Value {
        (0..count).map(|at| json!({ key: format!("n{at}") })).collect::<Vec<_>>().into()
    };
    let event = read_now(json!({
        "breadcrumbs": numbered(limits::BREADCRUMBS + 5, "message"),
        "exception": [{ "type": "StackOverflowError", "stacktrace": numbered(limits::FRAMES + 50, "function") }],
    }));
    let oldest = event.breadcrumbs.first().unwrap().message.as_deref();
    assert_eq!((event.breadcrumbs.len(), oldest), (limits::BREADCRUMBS, Some("n5")));
    let frames = &event.exception.first().unwrap().stacktrace.as_ref().unwrap().frames;
    let ends = (frames.first().unwrap().function.as_deref(), frames.last().unwrap().function.as_deref());
    assert_eq!((frames.len(), ends), (limits::FRAMES, (Some("n0"), Some("n299"))));
    assert_eq!(
        notes(&event),
        [("exception.values.0.stacktrace", NoteKind::Trimmed), ("breadcrumbs.values", NoteKind::Trimmed)]
    );
}

#[test]
fn long_text_and_large_data_are_shortened_between_characters() {
    let event = read_now(json!({
        "exception": [{ "type": "E", "value": "é".repeat(limits::MESSAGE_BYTES) }],
        "contexts": { "big": { "list": vec!["x".repeat(1000); 100] } },
    }));
    let value = event.exception.first().unwrap().value.as_deref().unwrap();
    assert!(value.len() <= limits::MESSAGE_BYTES && value.ends_with("é…"));
    assert!(event.contexts.get("big").unwrap().to_string().len() <= limits::CONTEXT_BYTES + 1024);
    assert_eq!(
        notes(&event),
        [("exception.values.0.value", NoteKind::Trimmed), ("contexts.big", NoteKind::Trimmed)]
    );
}

#[test]
fn deep_values_lose_their_depths_and_endless_ones_are_refused() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let payload = |depth| format!(r#"{{"timestamp":1795492920,"extra":{{"deep":{}}}}}"#, nested(depth));
    let event = event_from_json(payload(60).as_bytes(), &arrival()).unwrap();
    assert_eq!(notes(&event), [("extra", NoteKind::Trimmed)]);
    assert!(event.extra.get("deep").unwrap().to_string().len() < 40);
    let error = event_from_json(payload(500).as_bytes(), &arrival()).unwrap_err();
    assert_eq!(error.reason(), "invalid_json");
}

#[test]
fn times_are_read_in_every_form() {
    let expected = Timestamp(1_795_492_920_250);
    for timestamp in [
        json!(1_795_492_920.25),
        json!("1795492920.25"),
        json!(1_795_492_920_250_u64),
        json!("2026-11-24T04:02:00.25Z"),
        json!("2026-11-24T05:02:00.250000000+01:00"),
        json!("2026-11-24 04:02:00.25"),
    ] {
        let event = read(&json!({ "timestamp": timestamp }));
        assert_eq!((event.timestamp, event.notes), (expected, vec![]), "{timestamp}");
    }
}

#[test]
fn times_that_cannot_be_are_the_arrivals() {
    let day = Timestamp::DAY_MS / 1000;
    for timestamp in
        [json!(RECEIVED.seconds() + day), json!(RECEIVED.seconds() - 31 * day), json!(1e300), json!(null)]
    {
        let event = read(&json!({ "timestamp": timestamp }));
        assert_eq!(event.timestamp, RECEIVED, "{timestamp}");
        assert!(event.notes.iter().any(|note| note.kind == NoteKind::Corrected), "{timestamp}");
    }
}

#[test]
fn a_clock_that_is_hours_off_is_corrected_by_when_the_envelope_was_sent() {
    let hours_ago = |hours: i64| Timestamp(RECEIVED.0 - hours * Timestamp::HOUR_MS);
    let arrival = Arrival { sent_at: Some(hours_ago(5)), ..arrival() };
    let minute = 60;
    let payload = json!({
        "timestamp": hours_ago(5).seconds() - minute,
        "breadcrumbs": [{ "timestamp": hours_ago(5).seconds() - 2 * minute, "message": "x" }],
    });
    let event = event_from_json(payload.to_string().as_bytes(), &arrival).unwrap();
    assert_eq!(event.timestamp.seconds(), RECEIVED.seconds() - minute);
    let breadcrumb = event.breadcrumbs.first().unwrap().timestamp.unwrap();
    assert_eq!(breadcrumb.seconds(), RECEIVED.seconds() - 2 * minute);
    assert_eq!(notes(&event), [("timestamp", NoteKind::Corrected)]);
}

#[test]
fn encodings_gone_wrong_are_mended() {
    let read = |payload: &[u8]| event_from_json(payload, &arrival()).unwrap().logentry.unwrap().formatted;
    assert_eq!(read(b"\xef\xbb\xbf{\"message\":\"bom\"}").as_deref(), Some("bom"));
    assert_eq!(read(b"{\"message\":\"nul\"}\0").as_deref(), Some("nul"));
    assert_eq!(read(b"{\"message\":\"a\xffb\"}").as_deref(), Some("a\u{fffd}b"));
    assert_eq!(read(br#"{"message":"cut \ud83d"}"#).as_deref(), Some("cut \u{fffd}"));
    assert_eq!(read(br#"{"message":"\ud83d\ude00 \\ud83d \udc00"}"#).as_deref(), Some("😀 \\ud83d \u{fffd}"));
}

#[test]
fn what_is_no_event_says_what_it_is() {
    let message = |payload: &str| event_from_json(payload.as_bytes(), &arrival()).unwrap_err().to_string();
    assert_eq!(message("[]"), "event payload is a list, not a JSON object");
    assert_eq!(message("\"x\""), "event payload is text, not a JSON object");
    assert_eq!(
        message("{\"a\":"),
        "event payload is not valid JSON: EOF while parsing a value at line 1 column 5"
    );
}

#[test]
fn what_symbolication_found_is_never_a_clients_to_say() {
    let believed = json!({ "status": "found", "source": "uploads" });
    let frame = json!({ "instruction_addr": "0x10", "symbolication": believed, "lang": "cpp" });
    let event = read_now(json!({
        "exception": { "values": [{
            "type": "SIGSEGV", "raw_type": "a",
            "stacktrace": { "frames": [frame], "raw_frames": [frame] },
        }] },
        "debug_meta": { "images": [{
            "type": "elf", "symbolication": believed, "unwinding": believed, "features": { "has_symbols": true },
        }] },
    }));
    let stored = serde_json::to_string(&event).unwrap();
    for key in ["symbolication", "unwinding", "features", "raw_", "lang"] {
        assert!(!stored.contains(key), "{key} in {stored}");
    }
}
