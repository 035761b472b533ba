use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    model::{Event, Level},
    normalize::{Arrival, event_from_json},
    time::Timestamp,
};

const NODE_HANDLED: &[u8] = include_bytes!("../../../tests/data/rollbar_node_handled.json");
const NODE_CRASH: &[u8] = include_bytes!("../../../tests/data/rollbar_node_crash.json");
const PYTHON_HANDLED: &[u8] = include_bytes!("../../../tests/data/rollbar_python_handled.json");
const NOW: Timestamp = Timestamp(1_795_868_000_000);

fn translated(body: &[u8]) -> Result<Vec<Item>, WireError> {
    let mut last = 0;
    items(body, || {
        last += 1;
        EventId(Uuid::from_u128(last))
    })
}

/// The event as the worker reads it.
fn read(item: &Item) -> Event {
    let arrival = Arrival {
        event_id: item.header_text("event_id").unwrap().parse().unwrap(),
        received: NOW,
        sent_at: None,
        remote_addr: Some("203.0.113.9".to_owned()),
        client: None,
    };
    event_from_json(&item.payload, &arrival).unwrap()
}

fn event(body: &[u8]) -> Event {
    read(translated(body).unwrap().first().unwrap())
}

/// The event of an item with these members.
fn event_of(members: Value) -> Event {
    event(json!({ "data": members }).to_string().as_bytes())
}

#[test]
fn what_real_sdks_report_becomes_an_event() {
    insta::assert_json_snapshot!("node_handled", event(NODE_HANDLED));
    insta::assert_json_snapshot!("python_handled", event(PYTHON_HANDLED));
}

#[test]
fn nothing_of_a_real_report_is_misread() {
    for body in [NODE_HANDLED, NODE_CRASH, PYTHON_HANDLED] {
        assert_eq!(event(body).notes, []);
    }
}

#[test]
fn what_nobody_caught_is_a_crash_and_an_error() {
    let (handled, crash) = (event(NODE_HANDLED), event(NODE_CRASH));
    assert_eq!((handled.handled(), handled.level), (Some(true), Level::Warning));
    assert_eq!((crash.handled(), crash.is_crash(), crash.level), (Some(false), true, Level::Error));
    // Python's SDK does not tell.
    assert_eq!(event(PYTHON_HANDLED).handled(), None);
}

#[test]
fn the_exception_that_was_raised_comes_last_with_the_innermost_call() {
    let python = event(PYTHON_HANDLED);
    let types: Vec<_> = python.exception.iter().filter_map(|exception| exception.ty.as_deref()).collect();
    assert_eq!(types, ["ZeroDivisionError", "RuntimeError"]);
    let cause = python.exception[0].stacktrace.as_ref().unwrap();
    assert_eq!(cause.frames.last().unwrap().function.as_deref(), Some("charge"));
}

#[test]
fn columns_are_counted_from_1_whoever_counts() {
    let column = |notifier: &str| {
        let trace = json!({ "exception": { "class": "E" }, "frames": [{ "filename": "a.js", "colno": 16 }] });
        let event = event_of(json!({
            "language": "javascript", "notifier": { "name": notifier }, "body": { "trace": trace },
        }));
        (event.platform.clone(), event.exception[0].stacktrace.as_ref().unwrap().frames[0].colno)
    };
    assert_eq!(column("node_rollbar"), ("node".to_owned(), Some(17)));
    assert_eq!(column("rollbar-browser-js"), ("javascript".to_owned(), Some(16)));
}

#[test]
fn a_message_is_one_with_what_it_holds_besides() {
    let event = event_of(json!({
        "body": { "message": { "body": "the shop is closed", "till": 4 } }, "custom": { "till": 5, "clerk": "bo" },
        "level": "critical", "title": "Closed",
    }));
    assert_eq!(event.logentry.unwrap().formatted.as_deref(), Some("the shop is closed"));
    assert_eq!(event.level, Level::Fatal);
    assert_eq!((&event.extra["till"], &event.extra["clerk"]), (&json!(5), &json!("bo")));
    assert_eq!(event.extra["title"], "Closed");
}

#[test]
fn a_phone_says_what_it_is() {
    let frame =
        json!({ "class_name": "com.shop.Cart", "method": "add", "filename": "Cart.java", "lineno": 7 });
    let trace = json!({ "exception": { "class": "java.lang.IllegalStateException", "message": "m" }, "frames": [frame] });
    let event = event_of(json!({
        "platform": "android", "language": "java", "person": { "id": "7" },
        "body": {
            "trace_chain": [trace],
            "threads": [{ "id": "2", "name": "main", "state": "RUNNABLE", "group": { "trace_chain": [trace] } }],
        },
        "client": {
            "user_ip": "$remote_ip", "timestamp": 1795867366,
            "android": { "phone_model": "Pixel 9", "android_version": "16", "version_name": "3.1.0", "version_code": 310 },
        },
    }));
    assert_eq!((event.platform.as_str(), event.release.as_deref()), ("java", Some("3.1.0")));
    let raised = &event.exception[0];
    assert_eq!(
        (raised.module.as_deref(), raised.ty.as_deref()),
        (Some("java.lang"), Some("IllegalStateException"))
    );
    let frame = &raised.stacktrace.as_ref().unwrap().frames[0];
    assert_eq!((frame.module.as_deref(), frame.function.as_deref()), (Some("com.shop.Cart"), Some("add")));
    let tags = event.derived_tags();
    assert_eq!((tags["os"].as_str(), tags["device.model"].as_str()), ("Android 16", "Pixel 9"));
    assert_eq!(event.user.unwrap().ip_address.as_deref(), Some("203.0.113.9"));
    assert_eq!(event.threads[0].stacktrace.as_ref().unwrap().frames.len(), 1);
    assert_eq!(event.contexts["client"]["timestamp"], 1_795_867_366);
}

#[test]
fn a_system_s_crash_report_is_the_event_s_file() {
    let report = "Incident Identifier: x\nException Type: SIGSEGV\n";
    let items = translated(
        json!({ "data": {
            "uuid": "5b12c2ba-a71a-4bb0-8b05-38dc901fd9e9", "platform": "ios", "language": "objective-c",
            "level": "critical", "body": { "crash_report": { "raw": report } },
            "client": { "ios": { "os_version": "18.1", "device_code": "iPhone17,1", "short_version": "3.1" } },
        } })
        .to_string()
        .as_bytes(),
    );
    let [event, file] = <[Item; 2]>::try_from(items.unwrap()).unwrap();
    let id = "5b12c2baa71a4bb08b0538dc901fd9e9";
    assert_eq!((event.header_text("event_id"), file.header_text("event_id")), (Some(id), Some(id)));
    assert_eq!(
        (file.ty.as_str(), file.header_text("attachment_type")),
        ("attachment", Some("event.applecrashreport"))
    );
    assert_eq!(file.payload, report);
    let event = read(&event);
    assert_eq!(
        (event.platform.as_str(), event.level, event.release.as_deref()),
        ("cocoa", Level::Fatal, Some("3.1"))
    );
    assert_eq!(event.derived_tags()["os"], "iOS 18.1");
}

#[test]
fn an_item_s_uuid_is_the_event_s_id_and_one_without_gets_one() {
    let ids = |body: &[u8]| -> Vec<String> {
        let items = translated(body).unwrap();
        items.iter().map(|item| item.header_text("event_id").unwrap().to_owned()).collect()
    };
    assert_eq!(ids(NODE_HANDLED), ["5b12c2baa71a4bb0db0538dc901fd9e9"]);
    let several = br#"{"data":[{},{"uuid":"nonsense"},{"uuid":"d4c7acef55bf4c9ea95e4fe9428a8287"}]}"#;
    let made = |number: u128| Uuid::from_u128(number).simple().to_string();
    assert_eq!(ids(several), [made(1), made(2), "d4c7acef55bf4c9ea95e4fe9428a8287".to_owned()]);
}

#[test]
fn what_clients_get_wrong_costs_no_more_than_itself() {
    let event = event_of(json!({
        "level": ["error"], "body": { "trace": { "frames": [7, { "lineno": "x", "context": 5 }], "exception": [] },
        "telemetry": [null, { "body": "x" }], "threads": {} }, "person": "me", "server": [], "client": 5,
        "request": { "user_ip": "here", "headers": 5 }, "notifier": "x", "custom": "just text", "attributes": [1, {}],
        "context": 17, "language": 5, "code_version": 123,
    }));
    assert_eq!((event.platform.as_str(), event.release.as_deref()), ("other", Some("123")));
    assert_eq!((event.transaction.as_deref(), &event.extra["custom"]), (Some("17"), &json!("just text")));
    assert_eq!(event.breadcrumbs.len(), 1);
}

#[test]
fn a_form_s_only_field_may_hold_the_item() {
    let body = b"payload=%7B%22access_token%22%3A%22abc%22%2C%22data%22%3A%7B%22body%22%3A%7B%22message%22%3A%7B%22body%22%3A%22all+is+well%22%7D%7D%7D%7D";
    assert_eq!(event(body).logentry.unwrap().formatted.as_deref(), Some("all is well"));
    assert_eq!(access_token(body).as_deref(), Some("abc"));
}

#[test]
fn what_is_no_item_is_refused_with_its_place() {
    for (body, problem) in [
        ("", "EOF while parsing a value"),
        ("{}", "\"data\" is missing"),
        (r#"{"data":5}"#, "data 0: not an object"),
        (r#"{"data":[{},"x"]}"#, "data 1: not an object"),
    ] {
        let error = translated(body.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("Rollbar item: ") && error.contains(problem), "{body}: {error}");
    }
    let many = format!(r#"{{"data":[{}0]}}"#, "0,".repeat(MOST));
    assert!(translated(many.as_bytes()).unwrap_err().is_too_large);
}

#[test]
fn the_token_in_the_body_is_found() {
    assert_eq!(access_token(PYTHON_HANDLED).as_deref(), Some("0123456789abcdef0123456789abcdef"));
    assert_eq!(access_token(NODE_HANDLED), None);
    assert_eq!(access_token(b"nonsense"), None);
}
