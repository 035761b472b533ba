//! Work that is done now and then, beside the pipelines.

mod balance;
mod blobs;
mod deletions;
mod ignored;
mod left_files;
mod retention;
mod uploads;

use std::{error::Error, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::Worker;

/// From one round to the next: what was deleted is gone soon.
const EVERY: Duration = Duration::from_secs(10);
/// Rounds from one look at balance and ignored issues to the next: a minute.
const CHECK_EVERY: u32 = 6;
/// Rounds from one cleaning to the next: an hour.
const CLEAN_EVERY: u32 = 360;

/// Does the jobs that are due, round after round, until stopped.
pub(crate) async fn run(worker: &Worker, stop: &CancellationToken) {
    let mut round: u32 = 0;
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        round = round.wrapping_add(1);
        stop.run_until_cancelled(deletions::delete(worker)).await;
        if round.is_multiple_of(CHECK_EVERY) {
            stop.run_until_cancelled(check(worker)).await;
        }
        if round % CLEAN_EVERY == 1 {
            stop.run_until_cancelled(clean(worker)).await;
        }
    }
}

/// Does each once, whatever is due.
pub(crate) async fn do_all(worker: &Worker) {
    deletions::delete(worker).await;
    check(worker).await;
    clean(worker).await;
}

async fn check(worker: &Worker) {
    balance::check(worker).await;
    ignored::check(worker).await;
}

async fn clean(worker: &Worker) {
    blobs::clean(worker).await;
    left_files::delete(worker).await;
    retention::clean(worker).await;
    uploads::clean(worker).await;
}

/// Says how many were deleted, or why not.
fn report(what: &str, deleted: Result<u64, impl Error>) {
    match deleted {
        Ok(0) => {}
        Ok(deleted) => tracing::info!(deleted, "{what} deleted"),
        Err(error) => tracing::warn!(%error, "{what} cannot be deleted"),
    }
}
