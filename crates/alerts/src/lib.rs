//! Turns issue transitions into delivered notifications.
//!
//! The way of one: the worker records a transition with the batch that made it; [`run`] puts one delivery per
//! subscribed hook into the outbox; [`message`] makes the body, once, kept with the delivery; [`channels`] posts it,
//! again and again until it arrived or is given up. A crash between posting and writing that down posts it again,
//! with the same idempotency key and the same body.

mod channels;
mod message;
mod outbox;
mod run;

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
        run::run(Arc::new(self), stop).await;
    }
}
