//! Work that is done now and then, beside the pipelines.

mod balance;
mod blobs;
mod deletions;
mod ignored;
mod uploads;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Worker;

/// From one round of the jobs to the next.
const EVERY: Duration = Duration::from_secs(60);
/// Rounds from one cleaning to the next: an hour.
const CLEAN_EVERY: u32 = 60;

/// Does the jobs, a round a minute, until stopped.
pub(crate) async fn run(worker: &Worker, stop: &CancellationToken) {
    let mut round: u32 = 0;
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        stop.run_until_cancelled(balance::check(worker)).await;
        stop.run_until_cancelled(ignored::check(worker)).await;
        stop.run_until_cancelled(deletions::delete(worker)).await;
        if round.is_multiple_of(CLEAN_EVERY) {
            stop.run_until_cancelled(blobs::clean(worker)).await;
            stop.run_until_cancelled(uploads::clean(worker)).await;
        }
        round = round.wrapping_add(1);
    }
}
