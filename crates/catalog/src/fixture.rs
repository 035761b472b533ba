//! What tests share: a catalog after its first start, a clock they own, and events.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use mayday_event::{Clock, EventId, GroupHash, OrganizationId, ProjectId, Timestamp, model::Level};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    Catalog,
    access::Bootstrap,
    batch::{BatchRange, BegunBatch, Occurrence, Resolution},
};

/// 2026-11-24T04:00:00Z
pub(crate) const START: Timestamp = Timestamp(1_795_492_800_000);
pub(crate) const JOURNAL: Uuid = Uuid::from_u128(7);

/// A catalog after its first start.
pub(crate) struct Fixture {
    pub(crate) catalog: Catalog,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) project: ProjectId,
    pub(crate) organization: OrganizationId,
    /// The administrator.
    pub(crate) user: i64,
    now: Arc<AtomicI64>,
    directory: Option<TempDir>,
}

impl Fixture {
    /// In a file.
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = file_url(&directory);
        Self::open(&url, Some(directory)).await
    }

    pub(crate) async fn in_memory() -> Self {
        Self::open("sqlite::memory:", None).await
    }

    async fn open(url: &str, directory: Option<TempDir>) -> Self {
        let now = Arc::new(AtomicI64::new(START.0));
        let catalog = Catalog::open(url, clock(&now)).await.unwrap();
        let bootstrap = catalog.bootstrap().await.unwrap().expect("first start");
        let project = catalog.project_by_id(bootstrap.project_id).await.unwrap();
        let members = catalog.members(project.organization_id).await.unwrap();
        let user = members[0].user_id;
        Self {
            catalog,
            bootstrap,
            project: project.id,
            organization: project.organization_id,
            user,
            now,
            directory,
        }
    }

    /// The same file opened a second time, as after a crash: nothing is closed first.
    pub(crate) async fn open_again(&self) -> Catalog {
        let directory = self.directory.as_ref().expect("a catalog in a file");
        Catalog::open(&file_url(directory), clock(&self.now)).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    pub(crate) fn advance_ms(&self, ms: i64) -> Timestamp {
        Timestamp(self.now.fetch_add(ms, Ordering::Relaxed) + ms)
    }

    /// An event that happens and is received now.
    pub(crate) fn occurrence(&self, hash: u64, event: u128) -> Occurrence {
        Occurrence {
            project_id: self.project,
            hash: GroupHash(hash),
            previous: Vec::new(),
            event_id: EventId(Uuid::from_u128(event)),
            timestamp: self.now(),
            received: self.now(),
            level: Level::Error,
            platform: "java".into(),
            release: Some("1.0.0".into()),
            title: "IllegalStateException: no view".into(),
            culprit: "com.example.Main in onCreate".into(),
            error_type: "IllegalStateException".into(),
            error_value: "no view".into(),
            filename: "Main.kt".into(),
            function: "onCreate".into(),
        }
    }

    /// Begins and finishes a batch.
    pub(crate) async fn take(&self, first: u64, occurrences: &[Occurrence]) -> Vec<Resolution> {
        let batch = batch(first, occurrences);
        let resolutions = self.catalog.begin_batch(&batch, occurrences).await.unwrap();
        self.catalog.finish_batch(&batch.range).await.unwrap();
        resolutions
    }
}

/// The batch of these occurrences, its journal records from `first` on.
pub(crate) fn batch(first: u64, occurrences: &[Occurrence]) -> BegunBatch {
    let last = first + occurrences.len() as u64 - 1;
    BegunBatch { range: BatchRange { journal: JOURNAL, first, last }, skipped: Vec::new() }
}

fn file_url(directory: &TempDir) -> String {
    format!("sqlite://{}", directory.path().join("catalog.db").display())
}

fn clock(now: &Arc<AtomicI64>) -> Clock {
    let now = Arc::clone(now);
    Clock::new(move || Timestamp(now.load(Ordering::Relaxed)))
}
