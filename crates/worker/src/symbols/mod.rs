//! Symbols, prepared and then used: what a batch of events wants is brought to this machine first, in bounded time; then
//! symbolication computes, on all cores, and waits for nothing.
//!
//! [`View`] is what symbolication sees: what is here now. It notes what is not; [`Symbols::prepare`] gets that, and
//! symbolication is done once more. Warm, that is one pass.

mod bundles;
mod converter;
mod find;
mod prepare;
mod scratch;
mod servers;
mod shared;
mod source_servers;
mod uploads;
mod view;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use mayday_blobs::Blobs;
use mayday_catalog::{Catalog, CatalogError};
use mayday_event::{Clock, ProjectId, Timestamp};
use mayday_fetch::Fetcher;
use mayday_symbolication::{
    caches::{CacheError, CacheKey, Caches, Options},
    minidump::UnwindTables,
};
use tokio::sync::{Notify, Semaphore};

pub(crate) use self::view::{Noted, View};
pub use self::{converter::Converter, shared::SharedCounts};
use self::{prepare::Flights, servers::Patience, shared::Sharing, source_servers::SourceServers};

/// Files that are fetched or converted at once: some wait for the network while others compute.
const AT_ONCE: usize = 4;
/// Memory that parsed unwind information of one project may take.
const TABLE_BYTES: usize = 128 << 20;
/// Projects whose unwind information is kept.
const TABLE_PROJECTS: usize = 8;

/// Where symbols come from and how they are kept.
#[derive(Debug)]
pub struct Symbols {
    caches: Caches,
    converter: Converter,
    fetcher: Arc<Fetcher>,
    patience: Patience,
    source_servers: SourceServers,
    /// Until when changes of symbol sources were looked at, milliseconds: what is not to be had is known from no time before.
    sources_seen: AtomicI64,
    catalog: Catalog,
    blobs: Blobs,
    clock: Clock,
    flights: Flights,
    slots: Semaphore,
    /// `None`: what is converted here is of use here alone.
    sharing: Option<Sharing>,
    /// Of each project, for a table is told by an id that anyone can give a file.
    tables: Mutex<HashMap<ProjectId, Arc<UnwindTables>>>,
    /// What came only after events had stopped waiting for it.
    late: Mutex<Vec<CacheKey>>,
    /// Notified when there is something late.
    pub(crate) arrived: Notify,
}

impl Symbols {
    /// Opens the cache.
    pub fn open(
        cache: Options,
        converter: Converter,
        fetcher: Arc<Fetcher>,
        catalog: Catalog,
        blobs: Blobs,
        clock: Clock,
    ) -> Result<Self, CacheError> {
        Ok(Self {
            caches: Caches::open(cache)?,
            converter,
            fetcher,
            patience: Patience::default(),
            source_servers: SourceServers::default(),
            sources_seen: AtomicI64::new(clock.now().0),
            catalog,
            blobs,
            clock,
            flights: Flights::default(),
            slots: Semaphore::new(AT_ONCE),
            sharing: None,
            tables: Mutex::default(),
            late: Mutex::default(),
            arrived: Notify::new(),
        })
    }

    /// Shares what is converted with the other workers of the blob store, through it.
    pub fn shared(self) -> Self {
        Self { sharing: Some(Sharing::default()), ..self }
    }

    /// How often that was of use; `None`: it is not done.
    pub fn shared_counts(&self) -> Option<&SharedCounts> {
        self.sharing.as_ref().map(Sharing::counts)
    }

    /// What is at hand now for events of a project.
    pub(crate) fn view(&self, project: ProjectId, now: Timestamp) -> View<'_> {
        View::new(&self.caches, project, self.source_servers.may_have(project), now)
    }

    /// Parsed unwind information of a project.
    pub(crate) fn tables(&self, project: ProjectId) -> Arc<UnwindTables> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.len() >= TABLE_PROJECTS && !tables.contains_key(&project) {
            tables.clear();
        }
        Arc::clone(tables.entry(project).or_insert_with(|| Arc::new(UnwindTables::new(TABLE_BYTES))))
    }

    /// There are other files under this id than before.
    pub(crate) fn forget(&self, project: ProjectId, id: &str) {
        self.caches.forget(project, id);
    }

    /// There may be files under this id now.
    pub(crate) fn forget_absence(&self, project: ProjectId, id: &str) {
        self.caches.forget_absence(project, id);
    }

    /// Forgets what was not to be had of projects that have other sources than when this was last called.
    pub(crate) async fn take_changed_sources(&self, now: Timestamp) -> Result<(), CatalogError> {
        let since = Timestamp(self.sources_seen.load(Ordering::Acquire));
        for project in self.catalog.symbol_sources_changed_since(since).await? {
            self.forget_absences(project);
        }
        self.sources_seen.store(now.0, Ordering::Release);
        Ok(())
    }

    /// A project has other sources than before.
    pub(crate) fn forget_absences(&self, project: ProjectId) {
        self.caches.forget_absences(project);
        self.source_servers.forget(project);
    }

    /// What came late since it was last asked.
    pub(crate) fn take_late(&self) -> Vec<CacheKey> {
        std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
