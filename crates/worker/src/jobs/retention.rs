//! What projects keep for fewer days than the server does.

use mayday_blobs::BlobError;
use mayday_event::{ProjectId, Timestamp};
use mayday_store::StoreError;

use crate::Worker;

/// Why a project's turn ended; the next round tries again.
#[derive(Debug, thiserror::Error)]
enum RetentionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Deletes, of each project that decided so, the days that are past its retention. Whole days (UTC): each is deleted once,
/// not a little every hour.
pub(crate) async fn clean(worker: &Worker) {
    let now = worker.clock.now();
    for (project, days) in worker.catalog.retentions() {
        if days >= worker.store.retention_days() {
            continue;
        }
        let first_kept = now.plus_ms(-i64::from(days) * Timestamp::DAY_MS).day();
        if let Err(error) = clean_project(worker, project, first_kept).await {
            let error = crate::retry::chain(&error);
            tracing::warn!(
                project = project.0,
                error,
                "what is past its retention cannot be deleted just now"
            );
        }
    }
}

/// Files first, then the rows that know of them.
async fn clean_project(
    worker: &Worker,
    project: ProjectId,
    first_kept: Timestamp,
) -> Result<(), RetentionError> {
    let files = worker.blobs.delete_attachments_of_before(project, first_kept).await?;
    if worker.store.delete_received_before(project, first_kept).await? || files > 0 {
        tracing::info!(project = project.0, files, before = %first_kept, "what is past its retention is deleted");
    }
    Ok(())
}
