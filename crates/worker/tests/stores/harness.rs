//! A worker over stores of its own, ClickHouse included.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use mayday_blobs::Blobs;
use mayday_catalog::Catalog;
use mayday_event::{
    Category, Clock, EventId, Ledger, ProjectId, RawReport, Timestamp,
    raw::{Body, Format},
    report,
    wire::envelope::Envelope,
};
use mayday_fetch::{Fetcher, SourceLimits};
use mayday_fixture::Engine;
use mayday_journal::{Lanes, Options};
use mayday_store::{Store, StoreOptions};
use mayday_symbolication::caches;
use mayday_worker::{Converter, Symbols, Worker};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

/// 2026-11-24T04:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_492_800_000);

/// The worker, with all that it works with.
pub(crate) struct Fixture {
    pub(crate) worker: Worker,
    pub(crate) project: ProjectId,
    now: Arc<Mutex<Timestamp>>,
    _engine: Engine,
    pub(crate) data: tempfile::TempDir,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with_limits(SourceLimits { allow_private_addresses: true, ..SourceLimits::default() }).await
    }

    /// With other limits for symbol sources.
    pub(crate) async fn with_limits(limits: SourceLimits) -> Self {
        // Another test may have been faster.
        rustls::crypto::ring::default_provider().install_default().ok();
        let data = tempfile::tempdir().unwrap();
        let engine = Engine::start(&data.path().join("clickhouse")).await;
        let options = StoreOptions { url: engine.url.clone(), database: "test".into(), retention_days: 3650 };
        let store = Store::new(options).unwrap();
        store.migrate().await.unwrap();
        let now = Arc::new(Mutex::new(NOW));
        let clock = Clock::new({
            let now = Arc::clone(&now);
            move || *now.lock().unwrap()
        });
        let catalog = Catalog::open("sqlite::memory:", clock.clone()).await.unwrap();
        let project = catalog.bootstrap().await.unwrap().unwrap().project_id;
        let options = Options { reserve_bytes: 0, ..Options::default() };
        let blobs = Blobs::open(&Url::from_directory_path(data.path().join("blobs")).unwrap()).unwrap();
        let cache = caches::Options { directory: data.path().join("symbols"), max_bytes: 1 << 30 };
        let (cat, blo, clo) = (catalog.clone(), blobs.clone(), clock.clone());
        let symbols =
            Symbols::open(cache, Converter::InProcess, Arc::new(Fetcher::new(limits)), cat, blo, clo);
        let worker = Worker {
            catalog,
            journal: Lanes::open(&data.path().join("journal"), options).unwrap(),
            blobs,
            symbols: Arc::new(symbols.unwrap()),
            store,
            ledger: Arc::new(Ledger::default()),
            clock,
            transitions: Arc::new(Notify::new()),
            unaccounted: Arc::default(),
        };
        Self { worker, project, now, _engine: engine, data }
    }

    /// Has a worker on another machine go on: with an empty cache, which it shares through the blob store.
    pub(crate) fn go_on_elsewhere(&mut self, converter: Converter) {
        let directory = self.data.path().join(format!("symbols-{}", Uuid::new_v4()));
        let cache = caches::Options { directory, max_bytes: 1 << 30 };
        let Worker { catalog, blobs, clock, .. } = self.worker.clone();
        let fetcher = Arc::new(Fetcher::new(SourceLimits::default()));
        let symbols = Symbols::open(cache, converter, fetcher, catalog, blobs, clock).unwrap();
        self.worker.symbols = Arc::new(symbols.shared());
    }

    /// Lets time pass.
    pub(crate) fn advance_ms(&self, ms: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus_ms(ms);
    }

    /// An envelope as ingest would journal it.
    pub(crate) fn report(&self, id: u128, envelope: impl AsRef<[u8]>) -> RawReport {
        let envelope = Bytes::copy_from_slice(envelope.as_ref());
        let items = Envelope::parse(envelope.clone()).unwrap().items;
        RawReport {
            project_id: self.project,
            key_id: 1,
            received: NOW,
            event_id: EventId(Uuid::from_u128(id)),
            remote_addr: Some("203.0.113.7".to_owned()),
            client: None,
            format: Format::Envelope,
            encoding: String::new(),
            body: Body::Inline(envelope),
            counted: report::count(&items),
            limited: Vec::new(),
        }
    }

    pub(crate) async fn append(&self, report: RawReport) {
        self.worker.journal.append(report.project_id.0, report.encode()).await.unwrap();
    }

    /// Works until nothing waits any more.
    pub(crate) async fn work_off(&self) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(self.worker.clone().run(stop.clone()));
        tokio::time::timeout(Duration::from_secs(60), async {
            while self.worker.journal.backlog() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the worker works the journal off");
        stop.cancel();
        running.await.unwrap();
    }

    /// Works until this is true.
    pub(crate) async fn work_until(&self, what: &str, is_true: impl AsyncFn() -> bool) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(self.worker.clone().run(stop.clone()));
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while !is_true().await {
            assert!(tokio::time::Instant::now() < deadline, "not in time: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stop.cancel();
        running.await.unwrap();
    }

    /// What came of everything, `category outcome reason quantity` a line, and that it adds up.
    pub(crate) async fn outcomes(&self) -> Vec<String> {
        use mayday_store::queries::{Window, outcomes::Dimension};
        let window = Window { from: Timestamp(0), to: NOW.plus_ms(Timestamp::DAY_MS) };
        assert_eq!(self.worker.store.unbalanced(window).await.unwrap(), []);
        let by = [Dimension::Category, Dimension::Reason];
        let counts = self.worker.store.outcomes(self.project, window, Timestamp::DAY_MS, &by).await.unwrap();
        let mut lines: Vec<String> = counts
            .iter()
            .filter(|count| count.outcome != "received")
            .map(|count| format!("{} {} {} {}", count.category, count.outcome, count.reason, count.quantity))
            .collect();
        lines.sort();
        lines
    }

    /// The ledger's received less its verdicts, a category alone.
    pub(crate) fn ledger(&self, category: Category) -> i64 {
        let lines = self.worker.ledger.lines();
        let of = lines.iter().filter(|(key, _)| key.category == category);
        of.map(|(key, n)| if key.outcome.is_none() { *n as i64 } else { -(*n as i64) }).sum()
    }
}
