//! Converted files that all workers of a blob store share: what one has converted, no other needs to.
//!
//! A shared file is called by what it was made of and how: an upload by its bytes, a server's file by its place there, and the
//! version of the converter. So it is never out of date, and is found only by whom the file that it was made of is found by. It
//! saves work and is nothing that anyone relies on: where it is not there, damaged, or too slow in coming, the file is
//! converted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mayday_blobs::{BlobError, BlobKey, Blobs};
use mayday_symbolication::{Wanted, caches::CacheKey, sources::SourceSettings};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, time::timeout};

use super::{Symbols, find::Lead, scratch::Scratch};

/// Longest that one is waited for: events wait no longer, and most are converted by then.
const TAKE_TIME: Duration = Duration::from_secs(30);
/// Longest that one may take to be sent.
const SEND_TIME: Duration = Duration::from_secs(300);
/// Files on their way to the store at once, each with some megabytes in memory; further ones are not sent.
const SENT_AT_ONCE: usize = 4;

/// How often shared files were of use.
#[derive(Debug, Default)]
pub struct SharedCounts {
    found: AtomicU64,
    absent: AtomicU64,
    unusable: AtomicU64,
    sent: AtomicU64,
    unsent: AtomicU64,
}

impl SharedCounts {
    /// Each with its name.
    pub fn all(&self) -> [(&'static str, u64); 5] {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("found", of(&self.found)),
            ("absent", of(&self.absent)),
            ("unusable", of(&self.unusable)),
            ("sent", of(&self.sent)),
            ("unsent", of(&self.unsent)),
        ]
    }
}

/// What sends files and counts them.
#[derive(Debug)]
pub(super) struct Sharing {
    slots: Arc<Semaphore>,
    counts: Arc<SharedCounts>,
}

impl Default for Sharing {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(SENT_AT_ONCE)), counts: Arc::default() }
    }
}

impl Sharing {
    pub(super) fn counts(&self) -> &SharedCounts {
        &self.counts
    }

    /// Sends a file in the background, if not too many are under way.
    pub(super) fn send(&self, blobs: Blobs, name: BlobKey, file: Option<Scratch>) {
        let (Some(file), Ok(slot)) = (file, Arc::clone(&self.slots).try_acquire_owned()) else {
            return count(&self.counts.unsent);
        };
        let counts = Arc::clone(&self.counts);
        tokio::spawn(async move {
            match timeout(SEND_TIME, blobs.put_file(&name, file.path())).await {
                Ok(Ok(())) => count(&counts.sent),
                Ok(Err(error)) => {
                    count(&counts.unsent);
                    tracing::warn!(%name, %error, "converted symbols cannot be shared");
                }
                Err(_) => {
                    count(&counts.unsent);
                    tracing::warn!(%name, "converted symbols cannot be shared: the blob store is too slow");
                }
            }
            drop((file, slot));
        });
    }
}

impl Symbols {
    /// Takes a shared file into the cache; whether it is there now.
    pub(super) async fn take_shared(
        &self,
        sharing: &Sharing,
        name: &BlobKey,
        key: &CacheKey,
        source: &str,
    ) -> bool {
        let counts = sharing.counts();
        let file = Scratch::new(self.caches.unfinished());
        match timeout(TAKE_TIME, self.blobs.get_file(name, file.path())).await {
            Ok(Ok(())) => {
                let is_kept = self.keep(key, &file, source).is_ok();
                count(if is_kept { &counts.found } else { &counts.unusable });
                return is_kept;
            }
            Ok(Err(BlobError::NotFound { .. })) => count(&counts.absent),
            Ok(Err(error)) => {
                count(&counts.unusable);
                tracing::warn!(%name, %error, "shared symbols cannot be used; they are converted again");
            }
            Err(_) => {
                count(&counts.unusable);
                tracing::warn!(%name, "shared symbols came too late; they are converted again");
            }
        }
        false
    }

    /// A second name for a converted file, under which it stays until it was sent, whatever makes room in the cache.
    pub(super) fn linked(&self, converted: &Scratch) -> Option<Scratch> {
        let link = self.caches.unfinished();
        let linked = std::fs::hard_link(converted.path(), &link);
        let linked = linked.inspect_err(|error| tracing::warn!(%error, "converted symbols cannot be shared"));
        linked.ok().map(|()| Scratch::new(link))
    }
}

/// The name of what a file is converted to.
pub(super) fn name(key: &CacheKey, wanted: &Wanted, lead: &Lead) -> BlobKey {
    let object = wanted.debug_id().map(|id| id.to_string());
    let made_of = match lead {
        Lead::Upload(upload) => upload.recipe(),
        Lead::Bundled(map) => map.recipe(),
        // Who may ask a server is the project's to say, and what it answers may be for its eyes only.
        Lead::Place(source, place, _) => {
            let settings = SourceSettings { password: None, ..SourceSettings::clone(source) };
            json!([key.project.0, settings, place])
        }
    };
    let recipe = json!([key.kind.folder(), object, made_of]).to_string();
    BlobKey::ConvertedSymbols(hex::encode(Sha256::digest(recipe)))
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
