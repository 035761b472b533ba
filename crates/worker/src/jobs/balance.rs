//! What was received is what became of it: said by two parts of the program that do not know each other.
//!
//! Ingest counts what it takes by an envelope's items; the worker writes an outcome for each thing that it reads from it.
//! Where the sums differ, something is dropped silently or counted twice, and that is a defect.

use std::sync::atomic::Ordering;

use mayday_event::Timestamp;
use mayday_store::queries::Window;

use crate::Worker;

/// How far back it looks.
const WINDOW_MS: i64 = Timestamp::DAY_MS;
/// How old minutes are that are looked at: nothing of them is under way.
const SETTLED_MS: i64 = 5 * 60_000;

/// Compares the sums of the last day, unless a backlog keeps some of it under way.
pub(crate) async fn check(worker: &Worker) {
    if worker.journal.backlog() > 0 {
        return;
    }
    let now = worker.clock.now();
    let window = Window { from: now.plus_ms(-WINDOW_MS), to: now.plus_ms(-SETTLED_MS) };
    let imbalances = match worker.store.unbalanced(window).await {
        Ok(imbalances) => imbalances,
        Err(error) => return tracing::debug!(%error, "outcomes cannot be checked"),
    };
    let mut unaccounted = 0;
    for line in &imbalances {
        unaccounted += line.received.abs_diff(line.accounted);
        let (project, category) = (line.project_id.0, line.category.as_str());
        let (received, accounted) = (line.received, line.accounted);
        tracing::error!(
            project,
            category,
            received,
            accounted,
            "outcomes do not add up to what was received"
        );
    }
    worker.unaccounted.store(unaccounted, Ordering::Relaxed);
}
