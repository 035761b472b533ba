//! Sets records aside with the reason, visible and replayable.

use mayday_event::{EventId, ProjectId};
use uuid::Uuid;

use crate::{
    batch::SetAside,
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

/// Stands for a project and an event that could not be read.
pub(crate) const UNKNOWN: (ProjectId, EventId) = (ProjectId(0), EventId(Uuid::nil()));

impl Pipeline {
    /// Sets records aside; the same ones again change nothing.
    pub(crate) async fn quarantine(&self, records: &[SetAside]) -> Result<(), Stopped> {
        for SetAside { source, step, detail, .. } in records {
            let (project, event) = source.key.unwrap_or(UNKNOWN);
            let position = source.position.0;
            tracing::warn!(position, %project, %event, step, detail, "report set aside");
            until_success("set a report aside in the catalog", &self.stop, || async {
                let (catalog, journal) = (&self.worker.catalog, self.journal.id());
                catalog.quarantine(journal, position, project, event, step, detail, &source.record).await
            })
            .await?;
        }
        Ok(())
    }
}
