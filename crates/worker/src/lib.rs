//! Takes reports from the journal to ClickHouse: the order of the stages, not their rules.
//!
//! # What a kill leads to
//!
//! A batch is a range of journal records. [`Worker::run`] takes it through these steps; whatever is
//! killed (the worker, ClickHouse, both) after a step, the next start finds this:
//!
//! 1. *prepared*: read, parsed, grouped, duplicates found. Nothing is written; the records are read again, perhaps
//!    in other ranges.
//! 2. *set aside*: records that no event came of are in quarantine, by journal position; again is the same row.
//! 3. *begun*: the catalog holds the range, what was decided about duplicates, issues and held-back transitions,
//!    in one transaction. From here on the same range is replayed with the same decisions: the catalog changes
//!    nothing more, ClickHouse is asked which events it has and given the others.
//! 4. *stored*: ClickHouse has the events, synced. The replay finds them all there.
//! 5. *committed*: the journal's position is behind the range. The next start sees a begun batch that lies
//!    before the position, and only finishes it.
//! 6. *finished*: the catalog forgets the batch and releases its transitions to alerts.
//!
//! The position moves before the catalog forgets the batch: the other way round, a kill between the two would
//! have the records read again as new ones. `stop` ends the work between steps: the next start goes on from there.

mod account;
mod batch;
mod cores;
mod escalation;
mod healing;
mod in_flight;
mod jobs;
mod panics;
mod pipeline;
mod quarantine;
mod retry;
mod stages;
mod symbols;

use std::sync::{Arc, atomic::AtomicU64};

use mayday_blobs::Blobs;
use mayday_catalog::{Catalog, batch::Occurrence};
use mayday_event::{Clock, Event, Ledger, ProjectId};
use mayday_journal::Lanes;
use mayday_store::{Store, rows::EventRow};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::symbols::{Converter, SharedCounts, Symbols};

/// All that the worker works with.
#[derive(Clone)]
pub struct Worker {
    pub catalog: Catalog,
    pub journal: Lanes,
    pub blobs: Blobs,
    pub symbols: Arc<Symbols>,
    pub store: Store,
    pub ledger: Arc<Ledger>,
    pub clock: Clock,
    /// Notified when a batch released transitions, so that alerts look at once.
    pub transitions: Arc<Notify>,
    /// Things received in the last day that no outcome tells of, or that outcomes tell of twice; 0 as it should be.
    pub unaccounted: Arc<AtomicU64>,
}

impl Worker {
    /// Does once what is done now and then beside the reports, such as deleting what is to go; [`Self::run`] does it in its
    /// time.
    pub async fn do_jobs(&self) {
        jobs::do_all(self).await;
    }

    /// Works until `stop` is cancelled, then finishes the batch under way unless ClickHouse or the catalog is down.
    ///
    /// One worker a journal: two would each take every record. The journal's lanes are worked on at the same time, each
    /// in its own order.
    pub async fn run(self, stop: CancellationToken) {
        let cores = match cores::Cores::start() {
            Ok(cores) => Arc::new(cores),
            Err(error) => {
                tracing::error!(%error, "worker cannot start its threads: reports wait in the journal");
                return;
            }
        };
        let (in_flight, budgets) = (Arc::default(), Arc::default());
        let lanes = self.journal.journals().clone();
        let pipelines = lanes.into_iter().enumerate().map(|(lane, journal)| {
            let (committed, last) = (journal.committed().0, journal.last().0);
            tracing::info!(lane, committed, last, "worker takes up the journal");
            let pipeline = pipeline::Pipeline {
                worker: self.clone(),
                lane,
                backlog_until: journal.last_at_open(),
                journal,
                cores: Arc::clone(&cores),
                in_flight: Arc::clone(&in_flight),
                budgets: Arc::clone(&budgets),
                stop: stop.clone(),
            };
            async move { pipeline.run().await }
        });
        tokio::join!(
            futures_util::future::join_all(pipelines),
            jobs::run(&self, &stop),
            healing::run(&self, &cores, &stop)
        );
    }
}

/// An event as the worker hands it to the catalog and to ClickHouse, grouped by what holds for every project.
pub fn stored_forms(project: ProjectId, event: Event) -> Result<(Occurrence, EventRow), serde_json::Error> {
    stages::row::of(project, mayday_grouping::group(event, &mayday_grouping::Rules::default()))
}
