//! Writes a finished batch into the ledger.

use mayday_event::{Category, Ledger, Outcome};
use mayday_journal::Position;

use crate::batch::{Batch, SetAside, Source};

/// Each record of a batch has one outcome: its event was stored, was a duplicate, or was set aside.
///
/// Ingest counts as received what it appends; what was in the journal when this process started, up to
/// `backlog_until`, an earlier process had counted, and is counted here.
pub(crate) fn account(ledger: &Ledger, batch: &Batch, backlog_until: Position) {
    let count = |source: &Source, outcome, reason| {
        let project = source.key.map(|(project, _)| project);
        if source.position <= backlog_until {
            ledger.received(project, Category::Error, 1);
        }
        ledger.outcome(project, Category::Error, outcome, reason, 1);
    };
    for source in &batch.sources {
        count(source, Outcome::Accepted, "");
    }
    for source in &batch.duplicates {
        count(source, Outcome::Filtered, "duplicate");
    }
    for SetAside { source, reason, .. } in &batch.set_aside {
        count(source, Outcome::Invalid, reason);
    }
}
