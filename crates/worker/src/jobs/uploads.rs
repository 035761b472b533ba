//! Uploads that nobody needs any more: chunks whose file never came, symbols of releases that are silent, and what a
//! kill left behind.

use std::collections::BTreeSet;

use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::{CatalogError, uploads::CHUNK_MS};
use mayday_event::Timestamp;

use super::report;
use crate::Worker;

/// How long symbols are kept after their release was last heard of: versions stay on phones for years.
const SYMBOLS_MS: i64 = 730 * Timestamp::DAY_MS;
/// How old a blob or a file is, of which the catalog knows nothing, before it counts as left behind by a kill.
const ORPHAN_MS: i64 = Timestamp::HOUR_MS;

/// Why cleaning stopped; the next round goes on.
#[derive(Debug, thiserror::Error)]
enum CleanError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Deletes them.
pub(crate) async fn clean(worker: &Worker) {
    let now = worker.clock.now();
    report("chunks of files that never came", delete_chunks(worker, now).await);
    report("symbols of silent releases", delete_silent(worker, now).await);
    report("uploaded files that nobody knows", delete_orphans(worker, now).await);
}

async fn delete_chunks(worker: &Worker, now: Timestamp) -> Result<u64, CleanError> {
    let mut deleted = 0;
    loop {
        let expired = worker.catalog.take_expired_chunks().await?;
        if expired.is_empty() {
            break;
        }
        for (organization, sha1) in expired {
            worker.blobs.delete(&BlobKey::Chunk { organization, sha1 }).await?;
            deleted += 1;
        }
    }
    // A kill between blob and catalog leaves a blob alone; every chunk is written anew when it is sent again.
    let unknown = worker.blobs.delete_chunks_before(now.plus_ms(-CHUNK_MS - ORPHAN_MS)).await?;
    let cut_off = worker.blobs.delete_cut_off_uploads_before(now.plus_ms(-CHUNK_MS)).await?;
    let scratch = worker.blobs.delete_scratch_before(now.plus_ms(-CHUNK_MS)).await?;
    Ok(deleted + unknown + cut_off + scratch)
}

async fn delete_silent(worker: &Worker, now: Timestamp) -> Result<u64, CleanError> {
    let since = now.plus_ms(-SYMBOLS_MS);
    let files = worker.catalog.delete_debug_files_unused_since(since).await?;
    Ok(files + worker.catalog.delete_artifact_bundles_unused_since(since).await?)
}

async fn delete_orphans(worker: &Worker, now: Timestamp) -> Result<u64, CleanError> {
    let mut deleted = 0;
    let stored = worker.blobs.called_by_digest(now.plus_ms(-ORPHAN_MS)).await?;
    let digest = |key: &BlobKey| key.digest().map(str::to_owned);
    let suspects = worker.catalog.orphaned_digests(stored.iter().filter_map(digest).collect()).await?;
    let suspects = BTreeSet::from_iter(suspects);
    for key in stored.iter().filter(|key| digest(key).is_some_and(|digest| suspects.contains(&digest))) {
        // Asked again just before: the same file may have come meanwhile.
        if !worker.catalog.orphaned_digests(digest(key).into_iter().collect()).await?.is_empty() {
            worker.blobs.delete(key).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}
