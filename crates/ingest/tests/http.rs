//! Ingest as SDKs see it: answers, and what journal and ledger hold afterwards.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "http/attachments.rs"]
mod attachments;
#[path = "http/bugsnag.rs"]
mod bugsnag;
#[path = "http/crash.rs"]
mod crash;
#[path = "http/minidump.rs"]
mod minidump;
#[path = "http/otlp.rs"]
mod otlp;
#[path = "http/reports.rs"]
mod reports;
#[path = "http/rollbar.rs"]
mod rollbar;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use actix_web::{
    App,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body},
};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use mayday_blobs::Blobs;
use mayday_catalog::{Catalog, keys::RateLimit, projects::DsnKeyChange};
use mayday_event::{
    Category, Clock, JournalRecord, Ledger, Outcome, ProjectId, RawReport, Timestamp, limits, raw::Body,
};
use mayday_ingest::{Ingest, configure};
use mayday_journal::{Lanes, Options, Position};
use serde_json::Value;
use url::Url;

const ID: &str = "0123456789abcdef0123456789abcdef";

struct Server {
    ingest: Ingest,
    catalog: Catalog,
    journal: Lanes,
    ledger: Arc<Ledger>,
    project: ProjectId,
    key: String,
    now: Arc<Mutex<Timestamp>>,
    _directory: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: actix_web::http::header::HeaderMap,
    body: Value,
}

impl Server {
    async fn new() -> Self {
        Self::with_reserve(0).await
    }

    async fn with_reserve(reserve_bytes: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now = Arc::new(Mutex::new(Timestamp(1_795_492_800_000)));
        let clock = Clock::new({
            let now = now.clone();
            move || *now.lock().unwrap()
        });
        let catalog = Catalog::open("sqlite::memory:", clock.clone()).await.unwrap();
        let made = catalog.bootstrap().await.unwrap().unwrap();
        catalog.refresh_keys().await.unwrap();
        let options = Options { reserve_bytes, ..Options::default() };
        let journal = Lanes::open(directory.path(), options).unwrap();
        let blobs = Url::from_directory_path(directory.path().join("blobs")).unwrap();
        let blobs = Blobs::open(&blobs).unwrap();
        let ledger = Arc::new(Ledger::default());
        let ingest = Ingest::new(catalog.clone(), journal.clone(), blobs, ledger.clone(), clock);
        let key = catalog.dsn_keys(made.project_id).await.unwrap()[0].public_key.to_string();
        Self { ingest, catalog, journal, ledger, project: made.project_id, key, now, _directory: directory }
    }

    /// `path` follows `/api/{project}/`.
    async fn send(&self, path: &str, headers: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
        let uri = format!("/api/{}/{path}", self.project);
        self.send_to(&uri, headers, body).await
    }

    async fn send_to(&self, uri: &str, headers: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
        let app = init_service(App::new().configure(|app| configure(app, &self.ingest))).await;
        let mut request = TestRequest::post().uri(uri).set_payload(body.into());
        for header in headers {
            request = request.insert_header(*header);
        }
        let response = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response).await;
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    fn auth(&self) -> String {
        format!("Sentry sentry_version=7, sentry_client=test/1.0, sentry_key={}", self.key)
    }

    async fn journalled(&self) -> Vec<RawReport> {
        let records = self.journal.journals()[0].read(Position(0), 1000, usize::MAX).await.unwrap();
        let reports = records.into_iter().map(|record| match JournalRecord::decode(record.bytes).unwrap() {
            JournalRecord::Report(report) => report,
            JournalRecord::Refusals(_) => panic!("refusals are not appended unless asked for"),
        });
        reports.collect()
    }

    /// The reasons counted, and that received and verdicts add up to what waits in the journal.
    async fn reasons(&self) -> Vec<(Category, Outcome, String)> {
        let lines = self.ledger.lines();
        let sum = |received: bool| -> u64 {
            lines.iter().filter(|(key, _)| key.outcome.is_none() == received).map(|(_, n)| n).sum()
        };
        let waiting: u64 =
            self.journalled().await.iter().flat_map(|report| &report.counted).map(|(_, n)| n).sum();
        assert_eq!(sum(true), sum(false) + waiting);
        lines
            .iter()
            .filter_map(|(key, _)| Some((key.category, key.outcome?, key.reason.to_string())))
            .collect()
    }

    async fn change_key(&self, change: DsnKeyChange) {
        self.catalog
            .change_dsn_key(self.project, self.key.parse().unwrap(), &change, "ann@example.com")
            .await
            .unwrap();
    }
}

/// Path, Content-Encoding, body; status, a part of the message, the reason counted.
type Case<'text> = (&'text str, &'text str, Vec<u8>, StatusCode, &'text str, &'text str);

fn no_change() -> DsnKeyChange {
    DsnKeyChange { label: None, active: None, rate_limit: None }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn envelope() -> Vec<u8> {
    format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{\"message\":\"boom\"}}\n").into_bytes()
}

#[actix_web::test]
async fn an_envelope_is_answered_with_its_id_once_it_is_in_the_journal() {
    let server = Server::new().await;
    let answer = server.send("envelope/", &[("X-Sentry-Auth", &server.auth())], envelope()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["id"], ID);
    let [report] = server.journalled().await.try_into().unwrap();
    assert_eq!(report.event_id.to_string(), ID);
    assert_eq!((report.project_id, report.client.as_deref()), (server.project, Some("test/1.0")));
    assert_eq!(report.body, Body::Inline(envelope().into()));
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn every_way_to_give_the_key_admits() {
    let server = Server::new().await;
    let query = format!("envelope/?sentry_key={}&sentry_version=7", server.key);
    assert_eq!(server.send(&query, &[], envelope()).await.status, StatusCode::OK);
    // Without the slash, too.
    let query = format!("envelope?sentry_key={}", server.key);
    assert_eq!(server.send(&query, &[], envelope()).await.status, StatusCode::OK);
    let dsn = format!(
        "{{\"dsn\":\"https://{}@host/{}\"}}\n{{\"type\":\"event\"}}\n{{}}",
        server.key, server.project
    );
    let answer = server.send("envelope/", &[], dsn).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["id"].as_str().unwrap().len(), 32);
    let answer = server.send("store/", &[("Authorization", &server.auth())], "{\"message\":\"boom\"}").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(server.journalled().await.len(), 4);
}

#[actix_web::test]
async fn who_may_not_send_is_told_why() {
    let server = Server::new().await;
    let other = "f".repeat(32);
    let cases = [
        (String::from("envelope/"), StatusCode::UNAUTHORIZED, "no DSN key", "no_key"),
        (format!("envelope/?sentry_key={other}"), StatusCode::UNAUTHORIZED, "not known", "unknown_key"),
        (String::from("envelope/?sentry_key=x"), StatusCode::UNAUTHORIZED, "32 hexadecimal", "unknown_key"),
        (
            format!("envelope/?sentry_version=9&sentry_key={}", server.key),
            StatusCode::BAD_REQUEST,
            "sentry_version",
            "protocol_version",
        ),
        (String::from("store/"), StatusCode::UNAUTHORIZED, "no DSN key", "no_key"),
    ];
    for (path, status, text, reason) in cases {
        let answer = server.send(&path, &[], envelope()).await;
        assert_eq!(answer.status, status, "{path}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(text), "{detail}");
        assert_eq!(answer.headers.get("X-Sentry-Error").unwrap(), detail);
        assert!(
            server.reasons().await.contains(&(Category::Default, Outcome::Invalid, reason.to_owned())),
            "{reason}"
        );
    }
    let elsewhere = format!("/api/99/envelope/?sentry_key={}", server.key);
    assert_eq!(server.send_to(&elsewhere, &[], envelope()).await.status, StatusCode::FORBIDDEN);
    let no_number = format!("/api/app/envelope/?sentry_key={}", server.key);
    assert_eq!(server.send_to(&no_number, &[], envelope()).await.status, StatusCode::BAD_REQUEST);

    server.change_key(DsnKeyChange { active: Some(false), ..no_change() }).await;
    let answer = server.send("envelope/", &[("X-Sentry-Auth", &server.auth())], envelope()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(server.reasons().await.contains(&(
        Category::Default,
        Outcome::Invalid,
        "disabled_key".to_owned()
    )));
    assert!(server.journalled().await.is_empty());
}

#[actix_web::test]
async fn every_encoding_is_read_and_kept_as_it_was_sent() {
    let server = Server::new().await;
    let gzip = gzip(&envelope());
    let zlib = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&envelope()).unwrap();
        encoder.finish().unwrap()
    };
    let raw = {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&envelope()).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = zstd::encode_all(envelope().as_slice(), 3).unwrap();
    let bodies = [
        ("gzip", gzip.clone()),
        ("deflate", zlib),
        ("deflate", raw),
        ("zstd", zstd),
        ("identity", envelope()),
        ("", envelope()),
        ("x-unheard-of", envelope()),
    ];
    for (encoding, body) in bodies {
        let headers = [("X-Sentry-Auth", server.auth()), ("Content-Encoding", encoding.to_owned())];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = server.send("envelope/", &headers, body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{encoding}: {}", answer.body);
        let report = server.journalled().await.pop().unwrap();
        assert_eq!((report.encoding.as_str(), &report.body), (encoding, &Body::Inline(body.clone().into())));
    }
    let cut = &gzip[..gzip.len() - 9];
    let auth = server.auth();
    let headers = [("X-Sentry-Auth", auth.as_str()), ("Content-Encoding", "gzip")];
    let answer = server.send("envelope/", &headers, cut.to_vec()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(server.reasons().await.contains(&(
        Category::Default,
        Outcome::Invalid,
        "content_encoding".to_owned()
    )));
}

#[actix_web::test]
async fn each_cap_and_each_malformed_framing_has_its_answer() {
    let server = Server::new().await;
    let auth = server.auth();
    let item = |header: &str, payload: &str| format!("{{}}\n{header}\n{payload}").into_bytes();
    let long_event = format!("{{\"message\":\"{}\"}}", "x".repeat(limits::EVENT_BYTES));
    let many = format!("{{}}\n{}", "{\"type\":\"x\"}\n{}\n".repeat(limits::ENVELOPE_ITEMS + 1));
    let long_header = format!("{{\"a\":\"{}\"}}\n", "x".repeat(limits::ENVELOPE_HEADER_BYTES));
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let (bad, large) = (StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE);
    let cases: Vec<Case> = vec![
        ("envelope/", "", vec![], bad, "empty", "envelope_framing"),
        ("envelope/", "", b"nonsense".to_vec(), bad, "header is not a JSON object", "envelope_framing"),
        ("envelope/", "", item("[]", ""), bad, "item 1", "envelope_framing"),
        ("envelope/", "", item("{}", "{}"), bad, "no \"type\"", "envelope_framing"),
        (
            "envelope/",
            "",
            item("{\"type\":\"event\",\"length\":-1}", "{}"),
            bad,
            "not a number",
            "envelope_framing",
        ),
        (
            "envelope/",
            "",
            item("{\"type\":\"event\",\"length\":99}", "{}"),
            bad,
            "ends after 2 of 99",
            "envelope_framing",
        ),
        (
            "envelope/",
            "",
            item("{\"type\":\"event\",\"length\":1}", "{}"),
            bad,
            "no newline follows",
            "envelope_framing",
        ),
        ("envelope/", "", item("{\"type\":\"event\"}", "{\"a\":}"), bad, "not a JSON object", "event_json"),
        ("envelope/", "", item("{\"type\":\"event\"}", &nested), bad, "not a JSON object", "event_json"),
        ("envelope/", "", item("{\"type\":\"event\"}", &long_event), large, "exceeds", "envelope_too_large"),
        ("envelope/", "", many.into_bytes(), large, "more than", "envelope_too_large"),
        ("envelope/", "", long_header.into_bytes(), large, "longer than", "envelope_too_large"),
        ("envelope/", "", vec![b'x'; limits::BODY_BYTES + 1], large, "longer than", "too_large"),
        ("envelope/", "gzip", gzip(&vec![b' '; 8 << 20]), large, "times its size", "compression_ratio"),
        ("envelope/", "gzip", b"no gzip".to_vec(), bad, "not valid gzip", "content_encoding"),
        ("envelope/", "gzip, gzip, gzip", gzip(b"{}"), bad, "more than 2", "content_encoding"),
        ("store/", "", vec![], bad, "empty", "body_empty"),
        ("store/", "", b"nonsense".to_vec(), bad, "base64", "content_encoding"),
        ("store/", "", b"{".to_vec(), bad, "not a JSON object", "event_json"),
        ("store/", "", long_event.into_bytes(), large, "exceeds", "too_large"),
    ];
    for (path, encoding, body, status, text, reason) in cases {
        let answer =
            server.send(path, &[("X-Sentry-Auth", &auth), ("Content-Encoding", encoding)], body).await;
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        assert_eq!(answer.status, status, "{text}: {detail}");
        assert!(detail.contains(text), "{text}: {detail}");
        let reasons = server.reasons().await;
        let is_expected =
            |counted: &(Category, Outcome, String)| counted.1 == Outcome::Invalid && counted.2 == reason;
        assert!(reasons.iter().any(is_expected), "{text}: {reasons:?}");
    }
    assert!(server.journalled().await.is_empty());
}

#[actix_web::test]
async fn a_rate_limited_key_is_told_when_to_come_back() {
    let server = Server::new().await;
    let rate_limit = Some(Some(RateLimit { count: 1, window_seconds: 60 }));
    server.change_key(DsnKeyChange { rate_limit, ..no_change() }).await;
    let auth = server.auth();
    let send = async || server.send("envelope/", &[("X-Sentry-Auth", &auth)], envelope()).await;
    assert_eq!(send().await.status, StatusCode::OK);
    let refused = send().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers.get("Retry-After").unwrap(), "60");
    assert_eq!(refused.headers.get("X-Sentry-Rate-Limits").unwrap(), "60:error:key:key_rate_limit");
    assert_eq!(
        server.reasons().await,
        [(Category::Error, Outcome::RateLimited, "key_rate_limit".to_owned())]
    );
    let later = server.now.lock().unwrap().plus_ms(60_000);
    *server.now.lock().unwrap() = later;
    assert_eq!(send().await.status, StatusCode::OK);
}

#[actix_web::test]
async fn what_is_not_stored_is_counted_and_does_not_fail_the_envelope() {
    let server = Server::new().await;
    let auth = server.auth();
    let others =
        "{}\n{\"type\":\"transaction\"}\n{}\n{\"type\":\"log\",\"item_count\":3}\n{}\n{\"type\":\"new\"}\n{}";
    let answer = server.send("envelope/", &[("X-Sentry-Auth", &auth)], others).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, serde_json::json!({})));
    let reasons = server.reasons().await;
    for category in [Category::Transaction, Category::LogItem, Category::Default] {
        assert!(reasons.contains(&(category, Outcome::Filtered, "not_stored".to_owned())), "{reasons:?}");
    }
    assert!(server.journalled().await.is_empty());
    let both = [envelope(), b"{\"type\":\"attachment\",\"length\":2}\n\n\n\n".to_vec()].concat();
    assert_eq!(server.send("envelope/", &[("X-Sentry-Auth", &auth)], both).await.status, StatusCode::OK);
    let counted = &server.journalled().await[0].counted;
    assert_eq!(counted, &[(Category::Error, 1), (Category::Attachment, 1)]);
}

#[actix_web::test]
async fn refusals_are_summed_up_in_the_journal() {
    let server = Server::new().await;
    let auth = server.auth();
    for _ in 0..3 {
        server.send("envelope/", &[("X-Sentry-Auth", &auth)], "nonsense").await;
    }
    let broken = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{\"message\"\n");
    server.send("envelope/", &[("X-Sentry-Auth", &auth)], broken).await;
    server.ingest.append_refusals().await;
    server.ingest.append_refusals().await;
    let records = server.journal.journals()[0].read(Position(0), 10, usize::MAX).await.unwrap();
    assert_eq!(records.len(), 1);
    let JournalRecord::Refusals(refusals) = JournalRecord::decode(records[0].bytes.clone()).unwrap() else {
        panic!("a record of refusals");
    };
    let lines = refusals.lines.iter().map(|line| (line.category, line.reason.as_str(), line.quantity));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [(Category::Error, "event_json", 1), (Category::Default, "envelope_framing", 3)]
    );
    assert_eq!(refusals.events.len(), 1);
    assert_eq!(refusals.events[0].event_id.to_string(), ID);
}

#[actix_web::test]
async fn a_nearly_full_disk_answers_503_and_when_to_try_again() {
    let server = Server::with_reserve(u64::MAX / 2).await;
    let answer = server.send("envelope/", &[("X-Sentry-Auth", &server.auth())], envelope()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("Retry-After"));
    // The cause is the operator's: the client gets an id.
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("(id ") && !detail.contains("disk"), "{detail}");
    assert_eq!(
        server.reasons().await,
        [(Category::Error, Outcome::Unavailable, "disk_nearly_full".to_owned())]
    );
}

#[actix_web::test]
async fn browsers_may_send_from_anywhere_and_read_the_answer() {
    let server = Server::new().await;
    let app = init_service(App::new().configure(|app| configure(app, &server.ingest))).await;
    let preflight = TestRequest::default()
        .method(actix_web::http::Method::OPTIONS)
        .uri("/api/1/envelope/?sentry_key=x")
        .insert_header(("Origin", "https://shop.example"))
        .insert_header(("Access-Control-Request-Method", "POST"))
        .to_request();
    let response = call_service(&app, preflight).await;
    assert!(response.status().is_success());
    let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("Access-Control-Allow-Origin"), "*");
    assert!(header("Access-Control-Allow-Headers").contains("x-sentry-auth"));
    let answer = server.send("envelope/", &[("Origin", "https://shop.example")], envelope()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers.get("Access-Control-Allow-Origin").unwrap(), "*");
    let get = TestRequest::get().uri("/api/1/envelope/").to_request();
    assert_eq!(call_service(&app, get).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}
