//! A store over an engine of its own, and rows.

use std::collections::BTreeMap;

use mayday_event::{EventId, GroupHash, ProjectId, Timestamp};
use mayday_fixture::{Engine, empty_row};
use mayday_store::{Store, StoreOptions, queries::Window, rows::EventRow};
use uuid::Uuid;

pub(crate) const PROJECT: ProjectId = ProjectId(7);
/// 2026-11-24T04:00:00Z, a Tuesday.
pub(crate) const NOW: Timestamp = Timestamp(1_795_492_800_000);
pub(crate) const ALL: Window = Window::ALL;

/// A store with its schema.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) options: StoreOptions,
    _engine: Engine,
    _data: tempfile::TempDir,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let engine = Engine::start(data.path()).await;
        // Old rows are asked for by these tests: nothing is to expire.
        let options = StoreOptions { url: engine.url.clone(), database: "test".into(), retention_days: 3650 };
        let store = Store::new(options.clone()).unwrap();
        store.migrate().await.unwrap();
        Self { store, options, _engine: engine, _data: data }
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
        platform: "java".into(),
        release: "1.0".into(),
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
        tags: BTreeMap::from([("os".into(), "Android 14".into())]),
        payload: format!("{{\"n\":\"{number}\\n'\"}}"),
        grouping: "{}".into(),
        ..empty_row(PROJECT, EventId(Uuid::from_u128(number)), GroupHash(hash), at)
    }
}
