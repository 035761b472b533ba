//! Keys and settings that another process changed become known here.

use std::time::Duration;

use mayday_catalog::Catalog;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often the catalog is looked at: a change is in force everywhere within about this time.
const EVERY: Duration = Duration::from_secs(1);

/// Refreshes the catalog's snapshot until `stop`.
pub(crate) async fn keys(catalog: Catalog, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match catalog.refresh_keys().await {
            Ok(()) => failing = false,
            // Said once: the snapshot before stays good, and the catalog's own trouble is logged elsewhere too.
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(%error, "keys and settings cannot be refreshed; the last known ones stay");
            }
            Err(_) => {}
        }
    }
}
