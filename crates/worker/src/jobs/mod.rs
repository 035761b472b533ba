//! Work that is done now and then, beside the pipelines.

mod balance;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Worker;

/// From one round of the jobs to the next.
const EVERY: Duration = Duration::from_secs(60);

/// Does the jobs, a round a minute, until stopped.
pub(crate) async fn run(worker: &Worker, stop: &CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        stop.run_until_cancelled(balance::check(worker)).await;
    }
}
