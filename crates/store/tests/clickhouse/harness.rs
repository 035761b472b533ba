//! A store over an engine of its own, and rows.

use std::{collections::BTreeMap, thread::JoinHandle};

use mayday_engine::{EngineLimits, LocateOptions, ServeOptions, locate, serve};
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp, model::Level};
use mayday_store::{Store, StoreOptions, queries::Window, rows::EventRow};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const PROJECT: ProjectId = ProjectId(7);
/// 2026-11-24T04:00:00Z, a Tuesday.
pub(crate) const NOW: Timestamp = Timestamp(1_795_492_800_000);
pub(crate) const ALL: Window = Window { from: Timestamp(0), to: Timestamp(NOW.0 + 10 * Timestamp::DAY_MS) };

/// A store with its schema. Its engine is stopped when it is dropped: a process that leaves it running may crash.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) options: StoreOptions,
    stop: CancellationToken,
    engine: Option<JoinHandle<()>>,
    _data: tempfile::TempDir,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.stop.cancel();
        self.engine.take().unwrap().join().unwrap();
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let library = std::env::var_os("MAYDAY_ENGINE_LIB").map(Into::into);
        let options = ServeOptions {
            library: locate(&LocateOptions { library, offline: false }).unwrap(),
            path: data.path().to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            secret: "secret".into(),
            limits: EngineLimits::default(),
        };
        let (sender, ready) = oneshot::channel();
        let announce = |address| sender.send(address).unwrap();
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        // On a runtime of its own: it goes on while the test's waits for it to end.
        let engine = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(options, announce, stopping)).unwrap();
        });
        let url = format!("http://mayday:secret@{}", ready.await.expect("the engine answers"));
        // Old rows are asked for by these tests: nothing is to expire.
        let options = StoreOptions { url, database: "test".into(), retention_days: 3650 };
        let store = Store::new(options.clone()).unwrap();
        store.migrate().await.unwrap();
        Self { store, options, stop, engine: Some(engine), _data: data }
    }

    /// To look behind the store.
    pub(crate) fn client(&self) -> clickhouse::Client {
        let url = self.options.url.replace("mayday:secret@", "");
        clickhouse::Client::default().with_url(url).with_user("mayday").with_password("secret")
    }
}

/// A plain event of this hash, `minutes` before now.
pub(crate) fn row(number: u128, hash: u64, minutes: i64) -> EventRow {
    let at = NOW.plus_ms(-minutes * 60_000);
    EventRow {
        project_id: PROJECT,
        hash: GroupHash(hash),
        event_id: EventId(Uuid::from_u128(number)),
        timestamp: at,
        received: at,
        level: Level::Error,
        platform: "java".into(),
        release: "1.0".into(),
        dist: String::new(),
        environment: "production".into(),
        title: format!("Boom: {number}"),
        culprit: "Main in run".into(),
        error_type: "Boom".into(),
        error_value: number.to_string(),
        handled: Some(false),
        mechanism: "generic".into(),
        user: format!("id:{}", number % 3),
        os_name: "Android".into(),
        os_version: "14".into(),
        device_family: "Pixel".into(),
        device_model: "Pixel 8".into(),
        app_version: "1.0".into(),
        sdk_name: "sentry.java.android".into(),
        sdk_version: "8".into(),
        user_email: String::new(),
        stack: Default::default(),
        flags: Default::default(),
        tags: BTreeMap::from([("os".into(), "Android 14".into())]),
        payload: format!("{{\"n\":\"{number}\\n'\"}}"),
        grouping: "{}".into(),
        revision: 0,
    }
}
