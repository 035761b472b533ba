//! What tests share: API and pages over a catalog after its first start, a journal, and a ClickHouse: one that does not
//! answer, or an engine of its own for what is asked of events.

use std::{future::Future, path::Path, pin::Pin, rc::Rc, sync::Arc};

use actix_web::{
    App,
    body::to_bytes,
    cookie::Cookie,
    dev::ServiceResponse,
    http::{Method, StatusCode, header, header::HeaderMap},
    test,
};
use mayday_blobs::Blobs;
use mayday_catalog::{
    Catalog,
    access::{Bootstrap, NewMember},
    batch::{BatchRange, BegunBatch, Occurrence},
    projects::Project,
};
use mayday_event::{Clock, EventId, GroupHash, IssueId, Timestamp, model::Level};
use mayday_fetch::{Fetcher, SourceLimits};
use mayday_fixture::{Engine, empty_row};
use mayday_journal::Lanes;
use mayday_store::{Store, StoreOptions, rows::EventRow};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

use crate::{KeptAnswers, Query, auth::SESSION_COOKIE};

/// What the server's clock says.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T04:02:01.500Z").unwrap()
}

/// A server after its first start.
pub(crate) struct Server {
    pub(crate) query: Query,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) project: Project,
    service: Box<dyn Fn(test::TestRequest) -> Replying>,
    _engine: Option<Engine>,
    _directory: TempDir,
}

type Replying = Pin<Box<dyn Future<Output = Reply>>>;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Somebody logged in with a browser.
pub(crate) struct Browser {
    pub(crate) cookie: Cookie<'static>,
    pub(crate) csrf: String,
}

/// Where nobody listens: port 9 discards.
const NO_CLICKHOUSE: &str = "http://127.0.0.1:9";

async fn open(directory: &Path, base_url: &str, clickhouse: &str) -> (Query, Bootstrap) {
    // Another test may have been faster.
    rustls::crypto::ring::default_provider().install_default().ok();
    let clock = Clock::new(now);
    let url = format!("sqlite://{}", directory.join("catalog.db").display());
    let catalog = Catalog::open(&url, clock.clone()).await.unwrap();
    let bootstrap = catalog.bootstrap().await.unwrap().expect("first start");
    let options = mayday_journal::Options { reserve_bytes: 0, ..mayday_journal::Options::default() };
    let journal = Lanes::open(&directory.join("journal"), options).unwrap();
    let options = StoreOptions { url: clickhouse.into(), database: "mayday".into(), retention_days: 3650 };
    let store = Store::new(options).unwrap();
    let blobs = Url::from_directory_path(directory.join("blobs")).unwrap();
    let blobs = Blobs::open(&blobs).unwrap();
    let limits = SourceLimits { allow_private_addresses: true, ..SourceLimits::default() };
    let (fetcher, base_url) = (Arc::new(Fetcher::new(limits)), base_url.into());
    let kept = KeptAnswers::default();
    (Query { catalog, store, blobs, journal, fetcher, clock, kept, base_url }, bootstrap)
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::at("http://mayday.example:8000").await
    }

    pub(crate) async fn at(base_url: &str) -> Self {
        Self::over(base_url, None, tempfile::tempdir().unwrap()).await
    }

    /// With a ClickHouse that answers.
    pub(crate) async fn with_engine() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::start(&directory.path().join("clickhouse")).await;
        let server = Self::over("http://mayday.example:8000", Some(engine), directory).await;
        server.query.store.migrate().await.unwrap();
        server
    }

    async fn over(base_url: &str, engine: Option<Engine>, directory: TempDir) -> Self {
        let clickhouse = engine.as_ref().map_or(NO_CLICKHOUSE, |engine| &engine.url);
        let (query, bootstrap) = open(directory.path(), base_url, clickhouse).await;
        let project = query.catalog.project_by_id(bootstrap.project_id).await.unwrap();
        let app = App::new().configure(|app| crate::configure(app, &query));
        let service = Rc::new(test::init_service(app).await);
        let service = move |request: test::TestRequest| -> Replying {
            let service = Rc::clone(&service);
            Box::pin(
                async move { Reply::of(test::call_service(&*service, request.to_request()).await).await },
            )
        };
        Self { query, bootstrap, project, service: Box::new(service), _engine: engine, _directory: directory }
    }

    pub(crate) async fn send(&self, request: test::TestRequest) -> Reply {
        (self.service)(request).await
    }

    /// Asks the API with the first start's token.
    pub(crate) async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.api_as(&self.bootstrap.api_token, method, path, body).await
    }

    pub(crate) async fn api_as(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = test::TestRequest::with_uri(&format!("/api/0{path}"))
            .method(method)
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        match body {
            Some(body) => self.send(request.set_json(body)).await,
            None => self.send(request).await,
        }
    }

    /// Adds a member who is no administrator.
    pub(crate) async fn member(&self) -> NewMember {
        let organization = self.project.organization_id;
        self.query.catalog.add_member(organization, "ann@example.com", "Ann", false).await.unwrap()
    }

    /// Logs the administrator in.
    pub(crate) async fn browser(&self) -> Browser {
        let Bootstrap { admin_email, admin_password, .. } = &self.bootstrap;
        self.browser_of(admin_email, admin_password).await
    }

    pub(crate) async fn browser_of(&self, email: &str, password: &str) -> Browser {
        let session = self.query.catalog.log_in(email, password).await.unwrap().unwrap();
        Browser { cookie: Cookie::new(SESSION_COOKIE, session.token), csrf: session.csrf }
    }

    pub(crate) async fn visit(&self, browser: &Browser, path: &str) -> Reply {
        self.send(test::TestRequest::with_uri(path).cookie(browser.cookie.clone())).await
    }

    /// Sends a form of one of our own pages.
    pub(crate) async fn submit(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Reply {
        let signed: Vec<_> = fields.iter().copied().chain([("csrf_token", browser.csrf.as_str())]).collect();
        let request = test::TestRequest::post().uri(path).cookie(browser.cookie.clone()).set_form(signed);
        self.send(request).await
    }

    /// An issue of one event, as the worker makes it in the catalog.
    pub(crate) async fn issue(&self, title: &str) -> IssueId {
        let (error_type, error_value) = title.split_once(": ").unwrap_or((title, ""));
        let row = EventRow {
            title: title.into(),
            error_type: error_type.into(),
            error_value: error_value.into(),
            ..self.row(1, 7)
        };
        self.note(&row).await
    }

    /// Stores an event as the worker does, in ClickHouse too; its issue.
    pub(crate) async fn event(&self, row: &EventRow) -> IssueId {
        self.events(std::slice::from_ref(row)).await[0]
    }

    /// Stores some at once; the issue of each.
    pub(crate) async fn events(&self, rows: &[EventRow]) -> Vec<IssueId> {
        let mut issues = Vec::with_capacity(rows.len());
        for row in rows {
            issues.push(self.note(row).await);
        }
        self.query.store.insert_events(&rows[0].event_id.to_string(), rows).await.unwrap();
        issues
    }

    async fn note(&self, row: &EventRow) -> IssueId {
        let occurrence = Occurrence {
            project_id: row.project_id,
            hash: row.hash,
            previous: Vec::new(),
            event_id: row.event_id,
            timestamp: row.timestamp,
            received: row.received,
            level: row.level,
            platform: row.platform.clone(),
            release: Some(row.release.clone()).filter(|release| !release.is_empty()),
            title: row.title.clone(),
            culprit: row.culprit.clone(),
            error_type: row.error_type.clone(),
            error_value: row.error_value.clone(),
            filename: "Main.kt".into(),
            function: "onCreate".into(),
        };
        // One record of the journal each.
        let at = row.event_id.0.as_u128() as u64;
        let range = BatchRange { journal: Uuid::from_u128(7), first: at, last: at };
        let batch = BegunBatch { range, skipped: Vec::new() };
        let made = self.query.catalog.begin_batch(&batch, &[occurrence]).await.unwrap();
        self.query.catalog.finish_batch(&batch.range).await.unwrap();
        made[0].issue_id
    }

    /// A plain event of the project, now. `number`: its id, from 1, and its place in the journal.
    pub(crate) fn row(&self, number: u128, hash: u64) -> EventRow {
        let (project, id, hash) = (self.project.id, EventId(Uuid::from_u128(number)), GroupHash(hash));
        EventRow {
            level: Level::Fatal,
            platform: "java".into(),
            release: "app@1.0.0".into(),
            environment: "production".into(),
            title: format!("Boom: {}", hash.0),
            culprit: "com.example.Main in onCreate".into(),
            error_type: "Boom".into(),
            error_value: hash.0.to_string(),
            user: format!("id:{number}"),
            payload: "{}".into(),
            grouping: "{}".into(),
            ..empty_row(project, id, hash, now())
        }
    }
}

/// Of a page, what is in `<main>`.
pub(crate) fn main_part(html: &str) -> &str {
    let (_, rest) = html.split_once("<main id=\"main\" tabindex=\"-1\">").unwrap();
    rest.split_once("</main>").unwrap().0
}

impl Reply {
    async fn of(response: ServiceResponse) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap();
        Self { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// What an error of the API says.
    pub(crate) fn detail(&self) -> String {
        let json = self.json();
        let fields: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["detail"]);
        json["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
