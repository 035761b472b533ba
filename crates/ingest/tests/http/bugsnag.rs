//! Bugsnag's SDKs at the door.

use actix_web::{
    App,
    http::{Method, StatusCode},
    test::{TestRequest, call_service, init_service},
};
use mayday_event::{Category, Outcome, Timestamp, capped::InflateLimits, entry::Entry, report::entries_of};
use mayday_ingest::configure;
use serde_json::{Value, json};

use crate::{Server, gzip};

const CRASH: &str = include_str!("../../../event/tests/data/bugsnag_node_crash.json");
const SESSIONS: &str = include_str!("../../../event/tests/data/bugsnag_node_sessions.json");

/// What is journalled, as the worker reads it.
pub(crate) async fn entries(server: &Server) -> Vec<Entry> {
    let mut entries = Vec::new();
    for report in server.journalled().await {
        let mayday_event::raw::Body::Inline(body) = report.body.clone() else { panic!("too large for here") };
        entries.extend(entries_of(&report, body, &InflateLimits::default()).unwrap());
    }
    entries
}

/// The body without the key that it was recorded with.
fn without_key(body: &str) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body.as_object_mut().unwrap().remove("apiKey");
    body.to_string()
}

fn with_key(body: &str, key: &str) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body["apiKey"] = key.into();
    body.to_string()
}

#[actix_web::test]
async fn a_report_is_kept_as_an_event_and_an_update_of_its_session() {
    let server = Server::new().await;
    let headers = [
        ("Bugsnag-Api-Key", server.key.as_str()),
        ("Bugsnag-Payload-Version", "4"),
        ("Bugsnag-Sent-At", "2026-11-24T12:00:00.000Z"),
    ];
    for path in ["/notify", "/notify/"] {
        let answer = server.send_to(path, &headers, CRASH).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::ACCEPTED, &json!({ "status": "OK" })));
        assert_eq!(answer.headers.get("access-control-allow-origin").unwrap(), "*");
    }
    let [Entry::Event(event), Entry::Sessions(session), Entry::Event(again), Entry::Sessions(_)] =
        <[Entry; 4]>::try_from(entries(&server).await).unwrap()
    else {
        panic!("an event and its session, twice");
    };
    assert_eq!(event.exception[0].value.as_deref(), Some("crash at last"));
    assert_eq!((event.is_crash(), session[0].crashed), (true, 1));
    // Sent twice, counted once: the worker knows an event by its id.
    assert_eq!(event.event_id, again.event_id);
    assert_eq!(server.journalled().await[0].event_id, event.event_id);
    // The clock of a client that says it is an hour and more ahead is corrected.
    assert_ne!(event.timestamp, Timestamp::parse("2026-11-24T13:06:04Z").unwrap());
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn the_key_may_come_in_header_query_or_body() {
    let server = Server::new().await;
    let plain = without_key(CRASH);
    let query = format!("/notify?apiKey={}", server.key);
    let in_body = with_key(CRASH, &server.key);
    assert_eq!(server.send_to(&query, &[], plain.clone()).await.status, StatusCode::ACCEPTED);
    assert_eq!(server.send_to("/notify", &[], in_body.clone()).await.status, StatusCode::ACCEPTED);
    let zipped = gzip(in_body.as_bytes());
    let answer = server.send_to("/notify", &[("Content-Encoding", "gzip")], zipped).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(server.send_to("/notify", &[], plain).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.send_to("/notify", &[], CRASH).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.send_to("/notify", &[], "nonsense").await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn sessions_are_kept() {
    let server = Server::new().await;
    let key = [("Bugsnag-Api-Key", server.key.as_str())];
    let sessions: Vec<Value> =
        (0..450).map(|at| json!({ "id": format!("c{at}"), "startedAt": "2026-11-24T10:00:00Z" })).collect();
    let many = json!({ "app": { "version": "1" }, "sessions": sessions }).to_string();
    assert_eq!(server.send_to("/sessions", &key, SESSIONS).await.status, StatusCode::ACCEPTED);
    assert_eq!(server.send_to("/sessions/", &key, many).await.status, StatusCode::ACCEPTED);
    let entries = entries(&server).await;
    let kept = entries.iter().filter(|entry| matches!(entry, Entry::Sessions(_))).count();
    assert_eq!((kept, entries.len()), (451, 451));
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn what_is_no_report_is_refused_counted_and_explained() {
    let server = Server::new().await;
    let key = [("Bugsnag-Api-Key", server.key.as_str())];
    let answer = server.send_to("/notify", &key, "{\"events\":5}").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body["detail"].as_str().unwrap().starts_with("Bugsnag payload: "), "{}", answer.body);
    assert_eq!(server.send_to("/sessions", &key, "{}").await.status, StatusCode::BAD_REQUEST);
    let reason = |category| (category, Outcome::Invalid, "wire_format".to_owned());
    let mut reasons = server.reasons().await;
    reasons.sort_by_key(|(category, ..)| category.name());
    assert_eq!(reasons, [reason(Category::Error), reason(Category::Session)]);
    // Without reports nothing is kept, and nothing is wrong.
    assert_eq!(server.send_to("/notify", &key, "{\"events\":[]}").await.status, StatusCode::ACCEPTED);
    assert!(server.journalled().await.is_empty());
}

#[actix_web::test]
async fn browsers_may_send_bugsnag_s_headers() {
    let server = Server::new().await;
    let app = init_service(App::new().configure(|app| configure(app, &server.ingest))).await;
    for path in ["/notify", "/sessions"] {
        let request = TestRequest::with_uri(path).method(Method::OPTIONS).to_request();
        let response = call_service(&app, request).await;
        let allowed = response.headers().get("access-control-allow-headers").unwrap().to_str().unwrap();
        for header in ["bugsnag-api-key", "bugsnag-payload-version", "bugsnag-sent-at", "content-type"] {
            assert!(allowed.contains(header), "{header}");
        }
    }
}
