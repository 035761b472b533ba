//! Events of issues that were deleted or discarded.

use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::{CatalogError, deletions::HashDeletion};
use mayday_event::ProjectId;
use mayday_store::{StoreError, queries::attachments::AttachmentPlace};

use crate::Worker;

/// Fingerprints that are deleted in one go.
const HASHES: usize = 200;

/// Why it stopped; the next round goes on.
#[derive(Debug, thiserror::Error)]
enum DeletionError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Deletes them, as far as no batch is under way that may hold some.
pub(crate) async fn delete(worker: &Worker) {
    if let Err(error) = delete_due(worker).await {
        let error = crate::retry::chain(&error);
        tracing::warn!(error, "events of deleted issues cannot be deleted just now");
    }
}

async fn delete_due(worker: &Worker) -> Result<(), DeletionError> {
    loop {
        let due = worker.catalog.due_deletions(HASHES).await?;
        if due.is_empty() {
            return Ok(());
        }
        let together = |one: &HashDeletion, other: &HashDeletion| {
            (one.project_id, one.requested) == (other.project_id, other.requested)
        };
        for deletions in due.chunk_by(together) {
            delete_events(worker, deletions).await?;
            worker.catalog.finish_deletions(deletions).await?;
        }
    }
}

/// Files first, then the rows that know of them; again, it finds nothing.
async fn delete_events(worker: &Worker, deletions: &[HashDeletion]) -> Result<(), DeletionError> {
    let Some(HashDeletion { project_id: project, requested, .. }) = deletions.first().copied() else {
        return Ok(());
    };
    let hashes: Vec<_> = deletions.iter().map(|deletion| deletion.hash).collect();
    let files = worker.store.attachments_of_hashes(project, &hashes, requested).await?;
    delete_files(worker, project, &files).await?;
    worker.store.delete_events_of_hashes(project, &hashes, requested).await?;
    tracing::info!(project = project.0, fingerprints = hashes.len(), "events of deleted issues are deleted");
    Ok(())
}

/// Deletes the blobs of attachments; their rows stay.
pub(super) async fn delete_files(
    worker: &Worker,
    project: ProjectId,
    files: &[AttachmentPlace],
) -> Result<(), BlobError> {
    for AttachmentPlace { event_id, id, received } in files {
        let key = BlobKey::Attachment { project, event: *event_id, id: *id, received: *received };
        worker.blobs.delete(&key).await?;
    }
    Ok(())
}
