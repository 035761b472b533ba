//! Deletes blobs that nobody needs any more.

use mayday_event::Timestamp;

use crate::Worker;

/// How old a spooled report is, of which no record waits in the journal, before it counts as left behind by a kill.
const ORPHAN_MS: i64 = Timestamp::HOUR_MS;

/// Deletes attachments past their retention, and spooled reports that a kill left behind.
pub(crate) async fn clean(worker: &Worker) {
    let now = worker.clock.now();
    let kept_ms = i64::from(worker.store.retention_days()) * Timestamp::DAY_MS;
    match worker.blobs.delete_attachments_before(now.plus_ms(-kept_ms)).await {
        Ok(0) => {}
        Ok(deleted) => tracing::info!(deleted, "attachments past their retention deleted"),
        Err(error) => tracing::warn!(%error, "attachments past their retention cannot be deleted"),
    }
    if worker.journal.backlog() > 0 {
        return;
    }
    match worker.blobs.delete_spooled_before(now.plus_ms(-ORPHAN_MS)).await {
        Ok(0) => {}
        Ok(deleted) => tracing::info!(deleted, "spooled reports without a record deleted"),
        Err(error) => tracing::warn!(%error, "spooled reports without a record cannot be deleted"),
    }
}
