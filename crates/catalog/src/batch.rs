//! What the worker does in the catalog for a batch of events: once, however often it is replayed.

use mayday_event::{EventId, GroupHash, IssueId, ProjectId, Timestamp, model::Level};
use uuid::Uuid;

use crate::{Catalog, CatalogError};

/// A batch: journal records `first..=last` of one journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRange {
    pub journal: Uuid,
    pub first: u64,
    pub last: u64,
}

/// A batch that was begun and may not have been finished; what was decided then holds in the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunBatch {
    pub range: BatchRange,
    /// Journal positions whose event was a duplicate of an earlier one.
    pub duplicates: Vec<u64>,
}

/// One event as the catalog needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    pub project_id: ProjectId,
    pub hash: GroupHash,
    pub event_id: EventId,
    pub timestamp: Timestamp,
    pub received: Timestamp,
    pub level: Level,
    pub platform: String,
    pub release: Option<String>,
    pub title: String,
    pub culprit: String,
    pub error_type: String,
    pub error_value: String,
    pub filename: String,
    pub function: String,
}

/// What an occurrence did to its issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    pub issue_id: IssueId,
    /// This event made the issue.
    pub new: bool,
    /// This event reopened the issue.
    pub regressed: bool,
}

impl Catalog {
    /// The batch of this journal that was begun and not finished, if any.
    pub async fn begun_batch(&self, journal: Uuid) -> Result<Option<BegunBatch>, CatalogError> {
        let _ = journal;
        Ok(None)
    }

    /// In one transaction: remembers the batch as begun, finds or makes each occurrence's issue, reopens
    /// resolved ones, updates first and last seen and releases, and records transitions (held back until the
    /// batch is finished). Idempotent: replaying the same batch changes nothing more.
    ///
    /// An event reopens a resolved issue if it was received after the issue was resolved, and, for one
    /// resolved in the next release, its release was first seen after that. A resolution of each occurrence,
    /// in order.
    pub async fn begin_batch(
        &self,
        batch: &BegunBatch,
        occurrences: &[Occurrence],
    ) -> Result<Vec<Resolution>, CatalogError> {
        let _ = (batch, occurrences);
        Ok(Vec::new())
    }

    /// ClickHouse has the batch: forgets it and releases its transitions to alerts.
    pub async fn finish_batch(&self, range: &BatchRange) -> Result<(), CatalogError> {
        let _ = range;
        Ok(())
    }
}
