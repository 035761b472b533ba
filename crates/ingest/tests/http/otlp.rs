//! OpenTelemetry's exporters at the door.

use actix_web::{
    App,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body},
};
use mayday_event::{Category, Outcome, entry::Entry};
use mayday_ingest::configure;
use serde_json::json;

use crate::{Server, bugsnag::entries, gzip};

const PYTHON: &[u8] = include_bytes!("../../../event/tests/data/otlp_python.pb");
const JAVASCRIPT: &[u8] = include_bytes!("../../../event/tests/data/otlp_javascript.json");
const PROTOBUF: (&str, &str) = ("Content-Type", "application/x-protobuf");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Status, content type and body, whatever it is.
pub(crate) async fn post(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (StatusCode, String, Vec<u8>) {
    let app = init_service(App::new().configure(|app| configure(app, &server.ingest))).await;
    let mut request = TestRequest::post().uri(path).set_payload(body.to_vec());
    for header in headers {
        request = request.insert_header(*header);
    }
    let response = call_service(&app, request.to_request()).await;
    let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    (response.status(), content_type.unwrap_or_default(), read_body(response).await.to_vec())
}

#[actix_web::test]
async fn crash_reports_among_log_records_are_kept_and_the_others_counted() {
    let server = Server::new().await;
    let key = ("X-Mayday-Key", server.key.as_str());
    let (status, content_type, body) = post(&server, "/v1/logs", &[key, PROTOBUF], PYTHON).await;
    assert_eq!((status, content_type.as_str(), body.len()), (StatusCode::OK, "application/x-protobuf", 0));
    let zipped = gzip(JAVASCRIPT);
    let headers = [key, JSON, ("Content-Encoding", "gzip")];
    let (status, content_type, body) = post(&server, "/v1/logs/", &headers, &zipped).await;
    assert_eq!((status, content_type.as_str(), &*body), (StatusCode::OK, "application/json", &b"{}"[..]));
    let entries = entries(&server).await;
    let [
        Entry::Event(python),
        Entry::NotStored { category: Category::LogItem, quantity: 1 },
        Entry::Event(javascript),
    ] = entries.as_slice()
    else {
        panic!("{entries:?}");
    };
    assert_eq!(python.exception.last().unwrap().ty.as_deref(), Some("RuntimeError"));
    assert_eq!(javascript.exception.last().unwrap().ty.as_deref(), Some("TypeError"));
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn every_way_to_give_the_key_admits() {
    let server = Server::new().await;
    let (bearer, sentry) = (format!("Bearer {}", server.key), server.auth());
    for header in [("Authorization", bearer.as_str()), ("X-Sentry-Auth", &sentry)] {
        assert_eq!(post(&server, "/v1/logs", &[header, PROTOBUF], PYTHON).await.0, StatusCode::OK);
    }
    let query = format!("/v1/logs?sentry_key={}", server.key);
    assert_eq!(post(&server, &query, &[PROTOBUF], PYTHON).await.0, StatusCode::OK);
    for headers in [vec![PROTOBUF], vec![PROTOBUF, ("X-Mayday-Key", "00000000000000000000000000000000")]] {
        assert_eq!(post(&server, "/v1/logs", &headers, PYTHON).await.0, StatusCode::UNAUTHORIZED);
    }
}

#[actix_web::test]
async fn spans_and_metrics_are_answered_as_taken_and_counted_as_not_stored() {
    let server = Server::new().await;
    let key = ("X-Mayday-Key", server.key.as_str());
    let spans = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{}, {}] }] }] }).to_string();
    assert_eq!(post(&server, "/v1/traces", &[key, JSON], spans.as_bytes()).await.0, StatusCode::OK);
    assert_eq!(post(&server, "/v1/metrics", &[key, PROTOBUF], PYTHON).await.0, StatusCode::OK);
    assert!(server.journalled().await.is_empty());
    let reason = |category| (category, Outcome::Filtered, "not_stored".to_owned());
    let mut reasons = server.reasons().await;
    reasons.sort_by_key(|(category, ..)| category.name());
    let mut expected = [reason(Category::Metric), reason(Category::Span)];
    expected.sort_by_key(|(category, ..)| category.name());
    assert_eq!(reasons, expected);
}

#[actix_web::test]
async fn a_refusal_is_a_status_in_the_request_s_encoding() {
    let server = Server::new().await;
    let key = ("X-Mayday-Key", server.key.as_str());
    let (status, content_type, body) = post(&server, "/v1/logs", &[key, PROTOBUF], b"\x0a\xff").await;
    assert_eq!((status, content_type.as_str()), (StatusCode::BAD_REQUEST, "application/x-protobuf"));
    // Field 2, text: the message.
    assert_eq!((body[0], usize::from(body[1])), (0x12, body.len() - 2));
    assert!(body[2..].starts_with(b"OTLP request: "));
    let (status, content_type, body) = post(&server, "/v1/logs", &[key, JSON], b"[]x").await;
    assert_eq!((status, content_type.as_str()), (StatusCode::BAD_REQUEST, "application/json"));
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(body["message"].as_str().unwrap().starts_with("OTLP request: "));
    let reasons = server.reasons().await;
    assert_eq!(reasons, [(Category::LogItem, Outcome::Invalid, "wire_format".to_owned())]);
}
