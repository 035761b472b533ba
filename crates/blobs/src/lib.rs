//! Large bytes by typed key, capped and checksummed.
//!
//! A blob is what is too large for the journal or for ClickHouse: attachments, debug files, and whole reports on their
//! way to the worker. It is written once, whole, and durable when [`Blobs::put`] returns; each ends with a checksum of its bytes.

mod files;
mod keys;
mod reader;
mod seal;
mod torn;

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use mayday_event::{ProjectId, Timestamp};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path};
use rustix::fs::statvfs;
use url::Url;

pub use files::LARGE_BLOB_BYTES;
pub use keys::BlobKey;
pub use reader::BlobReader;

/// Largest blob that is written from memory, bytes.
pub const BLOB_BYTES: usize = 200 << 20;

/// The blob store; cheap to clone, all clones are the same.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    directory: PathBuf,
    reserve_bytes: u64,
}

/// Why a blob cannot be written or read. Those that name no key are of the whole store.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store's address is none.
    #[error("blobs-url {url}: {problem}")]
    Url { url: String, problem: String },
    /// Never written, or deleted.
    #[error("blob {key} is not there")]
    NotFound { key: BlobKey },
    /// Its bytes are not those that were written.
    #[error("blob {key} is damaged: its checksum does not fit")]
    Damaged { key: BlobKey },
    /// Larger than [`BLOB_BYTES`], or [`LARGE_BLOB_BYTES`] from a file.
    #[error("blob {key} of {length} bytes is too large")]
    TooLarge { key: BlobKey, length: usize },
    /// Fewer bytes would be free than are to stay free.
    #[error("disk is nearly full: {free} bytes free, {reserve} are kept in reserve")]
    DiskNearlyFull { free: u64, reserve: u64 },
    /// The store does not answer, or the disk fails.
    #[error("blob store failed")]
    Store(#[from] object_store::Error),
    /// The disk fails.
    #[error("blob store failed")]
    Io(#[from] std::io::Error),
}

impl Blobs {
    /// Opens the store at `file:///directory`, which is made if it is not there.
    pub fn open(url: &Url) -> Result<Self, BlobError> {
        let unusable = |problem: &str| BlobError::Url { url: url.to_string(), problem: problem.to_owned() };
        if url.scheme() != "file" {
            return Err(unusable("must begin with file://"));
        }
        let directory = url.to_file_path().map_err(|()| unusable("must be of an absolute path"))?;
        std::fs::create_dir_all(&directory)?;
        let store =
            LocalFileSystem::new_with_prefix(&directory)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), directory, reserve_bytes: 0 })
    }

    /// The same, leaving so many bytes of the file system free.
    pub fn with_reserve(self, reserve_bytes: u64) -> Self {
        Self { reserve_bytes, ..self }
    }

    /// Writes a blob, whole or not at all; on disk when this returns. The same key again replaces it.
    pub async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        if bytes.len() > BLOB_BYTES {
            return Err(BlobError::TooLarge { key: key.clone(), length: bytes.len() });
        }
        self.check_space(bytes.len())?;
        let (bytes, seal) = blocking(move || {
            let seal = seal::of(&bytes);
            (bytes, seal)
        })
        .await?;
        self.store.put(&key.path(), PutPayload::from_iter([bytes, seal])).await?;
        Ok(())
    }

    /// A blob's bytes, as they were written.
    pub async fn get(&self, key: &BlobKey) -> Result<Bytes, BlobError> {
        let sealed = match self.store.get(&key.path()).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(BlobError::NotFound { key: key.clone() });
            }
            Err(error) => return Err(error.into()),
        };
        let opened = blocking(move || seal::opened(sealed)).await?;
        opened.ok_or_else(|| BlobError::Damaged { key: key.clone() })
    }

    /// Deletes a blob; one that is not there is no error.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match self.store.delete(&key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes spooled reports that were written before `time`, and what writes that were cut off before it left behind;
    /// returns how many.
    pub async fn delete_spooled_before(&self, time: Timestamp) -> Result<u64, BlobError> {
        let deleted = self.delete_written_before(&keys::spool(), time).await?;
        let folder = self.directory.join(keys::spool().as_ref());
        Ok(deleted + blocking(move || torn::delete_before(&folder, time)).await??)
    }

    /// Deletes attachments that were received before the day of `time`; returns how many.
    pub async fn delete_attachments_before(&self, time: Timestamp) -> Result<u64, BlobError> {
        let mut deleted = 0;
        for day in self.attachment_days_before(time).await? {
            deleted += self.delete_where(&day, |_| true).await?;
            let folder = self.directory.join(day.as_ref());
            blocking(move || torn::delete_folder(&folder)).await??;
        }
        Ok(deleted)
    }

    /// As [`Self::delete_attachments_before`], of one project.
    pub async fn delete_attachments_of_before(
        &self,
        project: ProjectId,
        time: Timestamp,
    ) -> Result<u64, BlobError> {
        let mut deleted = 0;
        for day in self.attachment_days_before(time).await? {
            deleted += self.delete_where(&day.join(project.to_string()), |_| true).await?;
        }
        Ok(deleted)
    }

    /// The folders of days before that of `time`; their names are in the order of time.
    async fn attachment_days_before(&self, time: Timestamp) -> Result<Vec<Path>, BlobError> {
        let first_kept = keys::day(time);
        let mut days = self.store.list_with_delimiter(Some(&keys::attachments())).await?.common_prefixes;
        days.retain(|day| day.filename().is_some_and(|name| name < first_kept.as_str()));
        Ok(days)
    }

    async fn delete_written_before(&self, folder: &Path, time: Timestamp) -> Result<u64, BlobError> {
        self.delete_where(folder, |blob| blob.last_modified.timestamp_millis() < time.0).await
    }

    async fn delete_where(
        &self,
        folder: &Path,
        wanted: impl Fn(&ObjectMeta) -> bool,
    ) -> Result<u64, BlobError> {
        let mut deleted = 0;
        let mut blobs = self.store.list(Some(folder));
        while let Some(blob) = blobs.try_next().await? {
            if wanted(&blob) {
                match self.store.delete(&blob.location).await {
                    Ok(()) => deleted += 1,
                    // Somebody else was faster.
                    Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(deleted)
    }

    /// Ok when the store answers.
    pub async fn ping(&self) -> Result<(), BlobError> {
        match self.store.list(Some(&keys::spool())).next().await {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Whether `bytes` more leave the reserve untouched.
    fn check_space(&self, bytes: usize) -> Result<(), BlobError> {
        let space = statvfs(&self.directory).map_err(std::io::Error::from)?;
        let (free, reserve) = (space.f_bavail * space.f_frsize, self.reserve_bytes);
        match free.saturating_sub(bytes as u64) < reserve {
            true => Err(BlobError::DiskNearlyFull { free, reserve }),
            false => Ok(()),
        }
    }
}

/// Runs what takes long, away from the threads that answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests;
