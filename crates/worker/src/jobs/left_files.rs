//! Files that came in reports of their own, of events that a filter or a discard dropped.

use std::collections::BTreeMap;

use mayday_blobs::BlobError;
use mayday_event::{EventId, ProjectId, Timestamp};
use mayday_store::StoreError;

use super::deletions::delete_files;
use crate::{Worker, stages::deduplicate};

/// How long after a file was received it is looked whether its event was dropped: clients send the two within minutes, and
/// what waits in the journal is soon worked off.
const LOOKED_AT_MS: i64 = Timestamp::DAY_MS;
/// How long an event's fate is known.
const FATES_MS: i64 = 7 * Timestamp::DAY_MS;

/// Why it stopped; the next round goes on.
#[derive(Debug, thiserror::Error)]
enum LeftFilesError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Deletes them. What came with its event is never stored; what came before or after it is found only here.
pub(crate) async fn delete(worker: &Worker) {
    if let Err(error) = delete_all(worker).await {
        let error = crate::retry::chain(&error);
        tracing::warn!(error, "files of dropped events cannot be deleted just now");
    }
}

async fn delete_all(worker: &Worker) -> Result<(), LeftFilesError> {
    let (store, now) = (&worker.store, worker.clock.now());
    let since = now.plus_ms(-LOOKED_AT_MS);
    let dropped = store.dropped_events_with_files(since, deduplicate::REASON).await?;
    // One that was sent again when no filter dropped it any more keeps its files.
    let stored = store.stored_event_ids(&dropped, now.plus_ms(-FATES_MS)).await?;
    let mut of_projects: BTreeMap<ProjectId, Vec<EventId>> = BTreeMap::new();
    for (project, event) in dropped.into_iter().filter(|key| !stored.contains(key)) {
        of_projects.entry(project).or_default().push(event);
    }
    for (project, events) in of_projects {
        let files = store.attachments_of_events(project, &events).await?;
        delete_files(worker, project, &files).await?;
        store.forget_attachments(project, &events).await?;
        tracing::info!(project = project.0, files = files.len(), "files of dropped events are deleted");
    }
    Ok(())
}
