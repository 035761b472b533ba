//! Keys: what a blob is, and so where it lies.

use std::fmt;

use mayday_event::{EventId, ProjectId, Timestamp};
use object_store::path::Path;
use uuid::Uuid;

/// What a blob is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BlobKey {
    /// A report that is too large for the journal, until the worker is done with it.
    Spool(Uuid),
    /// A file of an event.
    Attachment {
        project: ProjectId,
        event: EventId,
        /// Within the event.
        id: u64,
        /// When it was received: files lie by day, so that retention deletes whole days.
        received: Timestamp,
    },
}

impl BlobKey {
    /// Where it lies, below the store's root.
    pub(crate) fn path(&self) -> Path {
        Path::from(self.to_string())
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spool(id) => write!(f, "spool/{id}"),
            Self::Attachment { project, event, id, received } => {
                write!(f, "attachments/{}/{project}/{event}/{id:016x}", day(*received))
            }
        }
    }
}

/// The folder of spooled reports.
pub(crate) fn spool() -> Path {
    Path::from("spool")
}

/// The folder of all days' attachments.
pub(crate) fn attachments() -> Path {
    Path::from("attachments")
}

/// `2026-11-24`, UTC.
pub(crate) fn day(time: Timestamp) -> String {
    time.to_string().chars().take_while(|character| *character != 'T').collect()
}
