//! Deletes blobs that nobody needs any more.

use mayday_event::Timestamp;

use super::report;
use crate::Worker;

/// How old a spooled report is, of which no record waits in the journal, before it counts as left behind by a kill.
const ORPHAN_MS: i64 = Timestamp::HOUR_MS;

/// How long converted symbols are kept for workers that may need them. Whoever uses them has them on its own disk, and they
/// can be converted again.
const CONVERTED_SYMBOLS_MS: i64 = 30 * Timestamp::DAY_MS;

/// Deletes attachments past their retention, old converted symbols, and spooled reports that a kill left behind.
pub(crate) async fn clean(worker: &Worker) {
    let now = worker.clock.now();
    let kept_ms = i64::from(worker.store.retention_days()) * Timestamp::DAY_MS;
    let attachments = worker.blobs.delete_attachments_before(now.plus_ms(-kept_ms)).await;
    report("attachments past their retention", attachments);
    let converted = worker.blobs.delete_converted_symbols_before(now.plus_ms(-CONVERTED_SYMBOLS_MS)).await;
    report("old converted symbols", converted);
    if worker.journal.backlog() > 0 {
        return;
    }
    let spooled = worker.blobs.delete_spooled_before(now.plus_ms(-ORPHAN_MS)).await;
    report("spooled reports without a record", spooled);
}
