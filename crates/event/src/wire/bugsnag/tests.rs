use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    items::session::{read_aggregates, read_update},
    model::Event,
    normalize::{Arrival, event_from_json},
    time::Timestamp,
};

const NODE_HANDLED: &[u8] = include_bytes!("../../../tests/data/bugsnag_node_handled.json");
const NODE_CRASH: &[u8] = include_bytes!("../../../tests/data/bugsnag_node_crash.json");
const NODE_SESSIONS: &[u8] = include_bytes!("../../../tests/data/bugsnag_node_sessions.json");
const PYTHON_HANDLED: &[u8] = include_bytes!("../../../tests/data/bugsnag_python_handled.json");
const PYTHON_SESSIONS: &[u8] = include_bytes!("../../../tests/data/bugsnag_python_sessions.json");
const ANDROID_ANR: &[u8] = include_bytes!("../../../tests/data/bugsnag_android_anr.json");
const COCOA_CRASH: &[u8] = include_bytes!("../../../tests/data/bugsnag_cocoa_crash.json");
const NOW: Timestamp = Timestamp(1_795_530_000_000);

fn items(body: &[u8]) -> Result<Vec<Item>, WireError> {
    let mut last = 0;
    notify_items(body, || {
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
        remote_addr: None,
        client: None,
    };
    event_from_json(&item.payload, &arrival).unwrap()
}

fn event(body: &[u8]) -> Event {
    read(items(body).unwrap().first().unwrap())
}

/// A report with one exception and these members.
fn report(members: Value) -> Vec<u8> {
    let mut event = json!({ "exceptions": [{ "errorClass": "E", "message": "m" }] });
    event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({ "events": [event] }).to_string().into_bytes()
}

#[test]
fn what_real_sdks_report_becomes_an_event() {
    insta::assert_json_snapshot!("node_handled", event(NODE_HANDLED));
    insta::assert_json_snapshot!("python_handled", event(PYTHON_HANDLED));
}

#[test]
fn a_phone_s_report_becomes_an_event_with_its_binaries_and_threads() {
    insta::assert_json_snapshot!("android_anr", event(ANDROID_ANR));
    insta::assert_json_snapshot!("cocoa_crash", event(COCOA_CRASH));
}

#[test]
fn nothing_of_a_phone_s_report_is_misread() {
    for body in [NODE_HANDLED, NODE_CRASH, ANDROID_ANR, COCOA_CRASH] {
        assert_eq!(event(body).notes, []);
    }
}

#[test]
fn the_exception_that_was_raised_comes_last_and_says_whether_it_was_handled() {
    let python = event(PYTHON_HANDLED);
    let types: Vec<_> = python.exception.iter().filter_map(|exception| exception.ty.as_deref()).collect();
    assert_eq!(types, ["KeyError", "RuntimeError"]);
    let innermost = |event: &Event| event.main_stacktrace().unwrap().frames.last().unwrap().function.clone();
    assert_eq!(innermost(&python).as_deref(), Some("checkout"));
    assert_eq!((python.handled(), python.is_crash()), (Some(true), false));
    let crash = event(NODE_CRASH);
    assert_eq!((crash.handled(), crash.is_crash()), (Some(false), true));
}

#[test]
fn a_report_says_how_its_session_stands() {
    let session = |body: &[u8]| {
        let items = items(body).unwrap();
        read_update(&items.iter().find(|item| item.ty == "session").unwrap().payload, NOW).unwrap()
    };
    let (handled, crash) = (session(NODE_HANDLED), session(NODE_CRASH));
    assert_eq!((handled.errored, handled.crashed, handled.errors, handled.sequence), (1, 0, 1, 1));
    assert_eq!((crash.errored, crash.crashed, crash.errors, crash.sequence), (0, 1, 3, 3));
    assert_eq!((handled.sid, handled.user_hash), (crash.sid, crash.user_hash));
    assert_eq!((crash.release.as_str(), crash.environment.as_str()), ("1.2.3", "production"));
    // Servers count their sessions besides, devices do not.
    assert!(handled.is_counted && session(PYTHON_HANDLED).is_counted);
    let anr = session(ANDROID_ANR);
    assert!(!anr.is_counted);
    assert_eq!((anr.abnormal, anr.abnormal_mechanism.as_str()), (1, "anr_foreground"));
    assert_eq!(anr.sid.unwrap().to_string(), "7c7b6585-f901-4351-bf8d-02711b721929");
    assert_eq!(session(PYTHON_HANDLED).environment, "production");
}

#[test]
fn sessions_of_servers_are_counted_by_the_minute() {
    for body in [NODE_SESSIONS, PYTHON_SESSIONS] {
        let [item] = session_items(body).unwrap().try_into().unwrap();
        let [bucket] = read_aggregates(&item.payload, NOW).unwrap().try_into().unwrap();
        assert_eq!((bucket.exited, bucket.release.as_str()), (1, "1.2.3"));
        assert_eq!(bucket.started.0 % 60_000, 0);
    }
}

#[test]
fn sessions_of_devices_begin_one_by_one() {
    let body = json!({
        "notifier": { "name": "Android Bugsnag Notifier", "version": "6.12.0" },
        "app": { "version": "3.1.0", "releaseStage": "production" },
        "device": { "id": "d-42" },
        "sessions": [
            { "id": "7c7b6585-f901-4351-bf8d-02711b721929", "startedAt": "2026-11-24T12:51:54.000Z", "user": {} },
            { "id": "cmwup3c180000o87d6lfqwopz", "startedAt": "2026-11-24T12:52:54.000Z", "user": { "id": "u" } },
            { "startedAt": "2026-11-24T12:52:54.000Z" },
        ],
    });
    let items = session_items(body.to_string().as_bytes()).unwrap();
    let updates: Vec<_> = items.iter().map(|item| read_update(&item.payload, NOW).unwrap()).collect();
    assert_eq!(updates.len(), 2);
    assert!(updates.iter().all(|update| update.init && update.exited == 1 && update.sequence == 0));
    assert!(updates.iter().all(|update| update.user_hash != 0));
    assert_ne!(updates[0].user_hash, updates[1].user_hash);
    // The session that its reports name.
    let crash = items_of_session("cmwup3c180000o87d6lfqwopz");
    assert_eq!(read_update(&crash.payload, NOW).unwrap().sid, updates[1].sid);
}

fn items_of_session(id: &str) -> Item {
    let body = report(json!({ "session": { "id": id, "events": { "handled": 0, "unhandled": 1 } } }));
    items(&body).unwrap().into_iter().find(|item| item.ty == "session").unwrap()
}

#[test]
fn a_report_sent_twice_is_the_same_event_unless_another_may_look_like_it() {
    let ids = |body: &[u8]| items(body).unwrap().first().unwrap().header_text("event_id").unwrap().to_owned();
    assert_eq!(ids(NODE_CRASH), ids(NODE_CRASH));
    assert_ne!(ids(NODE_CRASH), ids(NODE_HANDLED));
    let without_session = report(json!({}));
    assert_eq!(ids(&without_session), "00000000000000000000000000000001");
}

#[test]
fn what_clients_get_wrong_costs_no_more_than_itself() {
    let body = report(json!({
        "severity": "warning", "unhandled": "yes", "app": 5, "device": [], "user": "me", "breadcrumbs": {},
        "threads": [7, { "stacktrace": "x" }], "metaData": [1], "featureFlags": [{ "variant": "x" }, null],
        "session": { "id": {} }, "severityReason": null, "groupingHash": "", "context": 17,
    }));
    let event = event(&body);
    assert_eq!((event.level.name(), event.exception.len()), ("warning", 1));
    assert_eq!(event.transaction.as_deref(), Some("17"));
    // Half of an emoji, as JavaScript cuts it, and bytes that are no UTF-8.
    let mut body = br#"{"events":[{"exceptions":[{"errorClass":"E","message":"cut \ud83d "#.to_vec();
    body.extend(b"\xff\"}]}]}");
    assert_eq!(self::event(&body).exception[0].value.as_deref(), Some("cut \u{fffd} \u{fffd}"));
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    for (body, problem) in [
        ("", "EOF while parsing a value"),
        ("[]", "\"events\" is missing"),
        ("{}", "\"events\" is missing"),
        (r#"{"events":[{},5]}"#, "events[1]: not an object"),
        (r#"{"events":[],"notifier":[]}"#, "notifier: not an object"),
    ] {
        let error = items(body.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("Bugsnag payload: ") && error.contains(problem), "{body}: {error}");
    }
    let many = format!(r#"{{"events":[{}0]}}"#, "0,".repeat(MOST));
    assert!(items(many.as_bytes()).unwrap_err().is_too_large);
    assert!(session_items(b"{}").is_err());
}

#[test]
fn the_key_in_the_body_is_found() {
    assert_eq!(api_key(NODE_CRASH).as_deref(), Some("0123456789abcdef0123456789abcdef"));
    assert_eq!(api_key(NODE_SESSIONS), None);
    assert_eq!(api_key(b"nonsense"), None);
}
