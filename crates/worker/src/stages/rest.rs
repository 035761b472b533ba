//! What goes to ClickHouse besides events: each row has a key of its own, so the same again changes nothing.

use mayday_event::{Outcome, ProjectId};
use mayday_store::rows::{AttachmentRow, FateRow, MissingSymbolRow};

use crate::{
    batch::{Batch, SetAside, SkippedEvent},
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

impl Pipeline {
    /// Stores sessions, feedback, files' rows, fates, what symbols events lack, and the batch's account.
    pub(crate) async fn store_rest(&self, batch: &Batch, refused: &[SetAside]) -> Result<(), Stopped> {
        let (store, rest) = (&self.worker.store, &batch.rest);
        let attachments: Vec<AttachmentRow> = rest.files.iter().map(|file| file.row.clone()).collect();
        let mut fates = rest.fates.clone();
        fates.extend(batch.skipped.iter().map(|skipped| self.fate_of_skipped(skipped)));
        fates.extend(refused.iter().map(|set_aside| self.fate_of_refused(set_aside)));
        let outcomes = rest.account.rows(&batch.token());
        let stored = batch.keys();
        let is_stored = |row: &&MissingSymbolRow| stored.contains(&(row.project_id, row.event_id));
        let missing: Vec<MissingSymbolRow> = rest.missing.iter().filter(is_stored).cloned().collect();
        let all = || async {
            store.insert_sessions(&rest.sessions).await?;
            store.insert_feedback(&rest.feedback).await?;
            store.insert_attachments(&attachments).await?;
            store.insert_fates(&fates).await?;
            store.insert_missing_symbols(&missing).await?;
            store.insert_outcomes(&outcomes).await
        };
        until_success("store sessions, files and outcomes in ClickHouse", &self.stop, all).await
    }

    fn fate_of_skipped(&self, skipped: &SkippedEvent) -> FateRow {
        let SkippedEvent { event, reason, detail } = skipped;
        FateRow {
            project_id: event.row.project_id,
            event_id: event.row.event_id,
            received: event.row.received,
            outcome: Outcome::Filtered.name().to_owned(),
            reason: reason.clone(),
            detail: detail.clone(),
            position: self.place(event.source.position),
        }
    }

    fn fate_of_refused(&self, set_aside: &SetAside) -> FateRow {
        let SetAside { source, reason, detail, .. } = set_aside;
        FateRow {
            project_id: source.key.map_or(ProjectId(0), |(project, _)| project),
            event_id: source.key.map_or(crate::quarantine::UNKNOWN.1, |(_, event)| event),
            received: source.received,
            outcome: Outcome::Invalid.name().to_owned(),
            reason: reason.clone(),
            detail: detail.clone(),
            position: self.place(source.position),
        }
    }
}
