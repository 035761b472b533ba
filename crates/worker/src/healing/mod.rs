//! Late symbols heal: events that lacked a file are symbolicated again when it comes.
//!
//! What lacks what is in ClickHouse (`missing_symbols`), with when it was last looked for; what came when is in the
//! catalog. So nothing has to be remembered in between: what was cut off is found again at the next start.
//!
//! An event is healed in these steps, each of which may be repeated: it is symbolicated again; the catalog finds its issue
//! and notes which it leaves; its row is replaced; it is marked as tried. Issues that events left are settled last.

mod again;
mod news;
mod replace;
mod settle;

use std::{sync::Arc, time::Duration};

use mayday_event::{ProjectId, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::news::News;
use crate::{Worker, cores::Cores};

/// From one look for new symbols to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of how long ago events are healed.
const HEALED_MS: i64 = 30 * Timestamp::DAY_MS;
/// Events that are healed in one go; newer ones that come meanwhile are taken before the older ones.
const EVENTS: usize = 50;
/// After each go it rests for as long as that took, at least so long: new reports come first.
const LEAST_REST: Duration = Duration::from_millis(20);

/// A file that came, or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Arrived {
    project: ProjectId,
    /// As events ask for it.
    symbol: String,
    /// Events that were tried before this may be better now.
    tried_before: Timestamp,
}

/// Heals until stopped.
pub(crate) async fn run(worker: &Worker, cores: &Arc<Cores>, stop: &CancellationToken) {
    let healing = Healing { worker, cores, stop };
    stop.run_until_cancelled(healing.run()).await;
}

/// The worker healing.
struct Healing<'a> {
    worker: &'a Worker,
    cores: &'a Cores,
    stop: &'a CancellationToken,
}

/// Why it went no further; it is tried again.
#[derive(Debug, thiserror::Error)]
enum HealError {
    #[error(transparent)]
    Store(#[from] mayday_store::StoreError),
    #[error(transparent)]
    Catalog(#[from] mayday_catalog::CatalogError),
    #[error(transparent)]
    Blobs(#[from] mayday_blobs::BlobError),
}

impl Healing<'_> {
    async fn run(&self) {
        let mut news = News::default();
        loop {
            if let Err(error) = self.look(&mut news).await {
                let error = crate::retry::chain(&error);
                tracing::warn!(error, "late symbols cannot heal events just now");
                tokio::time::sleep(LOOK_EVERY * 4).await;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.worker.symbols.arrived.notified() => {}
            }
        }
    }

    /// Heals all that can be now.
    async fn look(&self, news: &mut News) -> Result<(), HealError> {
        self.take_news(news).await?;
        let now = self.worker.clock.now();
        while let Some(arrived) = news.due(now) {
            if let Err(error) = self.heal(&arrived).await {
                news.put_back(arrived, now);
                return Err(error);
            }
        }
        self.settle().await
    }

    /// Symbolicates again all events that lacked a file, the newest first.
    async fn heal(&self, arrived: &Arrived) -> Result<(), HealError> {
        let (store, since) = (&self.worker.store, self.worker.clock.now().plus_ms(-HEALED_MS));
        let Arrived { project, symbol, tried_before } = arrived;
        // Whoever looked for it while it came may have found nothing.
        self.worker.symbols.forget_absence(*project, symbol);
        let mut healed = 0;
        while !self.stop.is_cancelled() {
            let begun = Instant::now();
            let lacking = store.events_without_symbol(*project, symbol, since, *tried_before, EVENTS).await?;
            if lacking.is_empty() {
                break;
            }
            healed += self.heal_events(*project, lacking, *tried_before).await?;
            tokio::time::sleep(begun.elapsed().max(LEAST_REST)).await;
        }
        if healed > 0 {
            tracing::info!(project = project.0, symbol, events = healed, "late symbols healed events");
        }
        Ok(())
    }
}
