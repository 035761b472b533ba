//! A project's rate limits as SDKs meet them: what is refused, what is kept all the same, and what they are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use actix_web::{
    App,
    http::StatusCode,
    test::{TestRequest, call_service, init_service},
};
use mayday_blobs::Blobs;
use mayday_catalog::{Catalog, settings::Section};
use mayday_event::{Category, Clock, JournalRecord, Ledger, ProjectId, RawReport, Timestamp};
use mayday_ingest::{Ingest, configure};
use mayday_journal::{Lanes, Options, Position};
use serde_json::{Value, json};
use url::Url;

const EVENT: &str = "{\"type\":\"event\"}\n{\"message\":\"boom\"}\n";
const SESSION: &str = "{\"type\":\"session\"}\n{\"sid\":\"0190b1c6-1111-7111-8111-000000000000\",\"init\":true,\
                       \"started\":\"2026-11-24T04:00:00Z\",\"status\":\"ok\",\"attrs\":{\"release\":\"app@1\"}}\n";
const ATTACHMENT: &str = "{\"type\":\"attachment\",\"filename\":\"a.txt\"}\nlog\n";

struct Server {
    ingest: Ingest,
    catalog: Catalog,
    journal: Lanes,
    project: ProjectId,
    key: String,
    now: Arc<AtomicI64>,
    _directory: tempfile::TempDir,
}

/// Status, `Retry-After`, `X-Sentry-Rate-Limits`.
type Told = (u16, String, String);

impl Server {
    async fn with_limits(limits: Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(1_795_492_800_000));
        let clock = Clock::new({
            let now = Arc::clone(&now);
            move || Timestamp(now.load(Ordering::Relaxed))
        });
        let catalog = Catalog::open("sqlite::memory:", clock.clone()).await.unwrap();
        let made = catalog.bootstrap().await.unwrap().unwrap();
        let options = Options { reserve_bytes: 0, ..Options::default() };
        let journal = Lanes::open(directory.path(), options).unwrap();
        let blobs = Url::from_directory_path(directory.path().join("blobs")).unwrap();
        let blobs = Blobs::open(&blobs).unwrap();
        let ledger = Arc::new(Ledger::default());
        let ingest = Ingest::new(catalog.clone(), journal.clone(), blobs, ledger, clock);
        let (project, key) = (made.project_id, made.public_key.to_string());
        let server = Self { ingest, catalog, journal, project, key, now, _directory: directory };
        server.limit(limits).await;
        server
    }

    /// As `LimitSettings` has them.
    async fn limit(&self, limits: Value) {
        let limits = json!({ "limits": limits });
        self.catalog.put_settings(self.project, Section::Limits, &limits, "ann@example.com").await.unwrap();
    }

    async fn send(&self, items: &[&str]) -> Told {
        self.send_with(&self.key, items).await
    }

    async fn send_with(&self, key: &str, items: &[&str]) -> Told {
        let app = init_service(App::new().configure(|app| configure(app, &self.ingest))).await;
        let body = format!("{{\"event_id\":\"0123456789abcdef0123456789abcdef\"}}\n{}", items.concat());
        let uri = format!("/api/{}/envelope/?sentry_key={key}&sentry_version=7", self.project);
        let response = call_service(&app, TestRequest::post().uri(&uri).set_payload(body).to_request()).await;
        let header =
            |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        (response.status().as_u16(), header("Retry-After"), header("X-Sentry-Rate-Limits"))
    }

    async fn journalled(&self) -> Vec<RawReport> {
        let records = self.journal.journals()[0].read(Position(0), 1000, usize::MAX).await.unwrap();
        let report = |record: JournalRecord| match record {
            JournalRecord::Report(report) => report,
            JournalRecord::Refusals(_) => panic!("refusals are not appended unless asked for"),
        };
        records.into_iter().map(|record| report(JournalRecord::decode(record.bytes).unwrap())).collect()
    }
}

fn told(status: StatusCode, retry_after: &str, limits: &str) -> Told {
    (status.as_u16(), retry_after.to_owned(), limits.to_owned())
}

fn ok() -> Told {
    told(StatusCode::OK, "", "")
}

#[actix_web::test]
async fn a_burst_is_taken_then_429_and_then_what_flows_in() {
    let server =
        Server::with_limits(json!([{ "category": "error", "count": 2, "window_seconds": 60 }])).await;
    assert_eq!((server.send(&[EVENT]).await, server.send(&[EVENT]).await), (ok(), ok()));
    let refused = told(StatusCode::TOO_MANY_REQUESTS, "30", "30:error:project:project_rate_limit");
    assert_eq!(server.send(&[EVENT]).await, refused);
    for _ in 0..5 {
        assert_eq!(server.send(&[SESSION]).await, ok(), "other categories go on");
    }
    server.now.fetch_add(30_000, Ordering::Relaxed);
    assert_eq!(server.send(&[EVENT]).await, ok(), "after exactly as long as it was told");
    assert_eq!(server.send(&[EVENT]).await, refused);
}

#[actix_web::test]
async fn of_an_envelope_only_what_is_over_a_limit_is_left_out_and_the_sdk_is_told() {
    let limits = json!([{ "category": "session", "count": 0, "window_seconds": 10 }]);
    let server = Server::with_limits(limits).await;
    let partly = told(StatusCode::OK, "", "10:session:project:project_rate_limit");
    assert_eq!(server.send(&[EVENT, SESSION]).await, partly);
    let [report] = &server.journalled().await[..] else { panic!("one report") };
    assert_eq!(report.limited, [(Category::Session, "project_rate_limit".to_owned())]);
}

#[actix_web::test]
async fn an_event_that_is_refused_takes_its_files_along() {
    let limits = json!([{ "category": "error", "count": 0, "window_seconds": 5 }]);
    let server = Server::with_limits(limits).await;
    let limits = "5:error:project:project_rate_limit, 5:attachment:project:project_rate_limit";
    assert_eq!(server.send(&[EVENT, ATTACHMENT]).await, told(StatusCode::TOO_MANY_REQUESTS, "5", limits));
    assert_eq!(server.send(&[ATTACHMENT]).await, ok(), "a file alone may belong to an event that was kept");
}

#[actix_web::test]
async fn a_limit_of_one_key_leaves_the_others_alone() {
    let server = Server::with_limits(json!([])).await;
    let other = server
        .catalog
        .create_dsn_key(server.project, "other", "ann@example.com")
        .await
        .unwrap()
        .public_key
        .to_string();
    let limit = json!({ "category": "error", "key": server.key, "count": 1, "window_seconds": 60 });
    server.limit(json!([limit])).await;
    assert_eq!(server.send(&[EVENT]).await, ok());
    let refused = told(StatusCode::TOO_MANY_REQUESTS, "60", "60:error:key:key_rate_limit");
    assert_eq!(server.send(&[EVENT]).await, refused);
    assert_eq!(server.send_with(&other, &[EVENT]).await, ok());
    server.limit(json!([])).await;
    assert_eq!(server.send(&[EVENT]).await, ok(), "a limit that is lifted is lifted at once");
}
