//! Blobs too large for memory: between the store and files on this machine.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::TryStreamExt;
use mayday_event::Timestamp;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt},
};

use crate::{BlobError, BlobKey, Blobs, blocking, keys, seal, torn};

/// Largest blob that is written from a file, bytes.
pub const LARGE_BLOB_BYTES: u64 = 2 << 30;
/// What is in memory of a file at once: a part, of which object stores want at least 5 MiB.
const PART_BYTES: usize = 8 << 20;
/// Files on their way in or out, beside the blobs.
const SCRATCH: &str = "scratch";

impl Blobs {
    /// The folder on this machine for files on their way into the store or out of it; what is left there by a kill
    /// goes with [`Self::delete_scratch_before`].
    pub async fn scratch(&self) -> Result<PathBuf, BlobError> {
        let folder = self.directory.join(SCRATCH);
        tokio::fs::create_dir_all(&folder).await?;
        Ok(folder)
    }

    /// Deletes files of [`Self::scratch`] that were written last before `time`; how many.
    pub async fn delete_scratch_before(&self, time: Timestamp) -> Result<u64, BlobError> {
        let folder = self.directory.join(SCRATCH);
        Ok(blocking(move || torn::delete_files_before(&folder, time)).await??)
    }

    /// Deletes what writes of uploads and of what was converted from them left behind that were cut off before `time`; how
    /// many.
    pub async fn delete_cut_off_uploads_before(&self, time: Timestamp) -> Result<u64, BlobError> {
        let folders = keys::nested().map(|folder| self.directory.join(folder));
        let deleted = blocking(move || {
            folders.iter().map(|folder| torn::delete_below_before(folder, time)).sum::<std::io::Result<u64>>()
        });
        Ok(deleted.await??)
    }

    /// Writes a blob from a file, whole or not at all; in the store when this returns.
    pub async fn put_file(&self, key: &BlobKey, path: &Path) -> Result<(), BlobError> {
        let mut file = File::open(path).await?;
        let length = file.metadata().await?.len();
        if length > LARGE_BLOB_BYTES {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            return Err(BlobError::TooLarge { key: key.clone(), length });
        }
        self.check_space(usize::try_from(length).unwrap_or(usize::MAX))?;
        let mut upload = self.store.put_multipart(&key.path()).await?;
        match put_parts(&mut file, upload.as_mut()).await {
            Ok(()) => Ok(()),
            Err(error) => {
                upload.abort().await?;
                Err(error)
            }
        }
    }

    /// Writes a blob's bytes, as they were written, into a file, which is made anew.
    pub async fn get_file(&self, key: &BlobKey, path: &Path) -> Result<(), BlobError> {
        let damaged = || BlobError::Damaged { key: key.clone() };
        let found = match self.store.get(&key.path()).await {
            Err(object_store::Error::NotFound { .. }) => {
                return Err(BlobError::NotFound { key: key.clone() });
            }
            found => found?,
        };
        let mut left = found.meta.size.checked_sub(seal::SEAL_BYTES as u64).ok_or_else(damaged)?;
        let (mut file, mut sealer, mut ending) =
            (File::create(path).await?, seal::Sealer::default(), Vec::new());
        let mut pieces = found.into_stream();
        while let Some(mut piece) = pieces.try_next().await? {
            let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let content = piece.split_to(length);
            left -= content.len() as u64;
            sealer.update(&content);
            file.write_all(&content).await?;
            ending.extend_from_slice(&piece);
        }
        file.flush().await?;
        if left > 0 || ending != sealer.seal() { Err(damaged()) } else { Ok(()) }
    }

    /// Blobs that are called by their digest and were written last before `time`.
    pub async fn called_by_digest(&self, time: Timestamp) -> Result<Vec<BlobKey>, BlobError> {
        let mut keys = Vec::new();
        for folder in keys::BY_DIGEST {
            let mut blobs = self.store.list(Some(&object_store::path::Path::from(folder)));
            while let Some(blob) = blobs.try_next().await? {
                let is_old = blob.last_modified.timestamp_millis() < time.0;
                keys.extend(
                    blob.location
                        .filename()
                        .filter(|_| is_old)
                        .and_then(|name| keys::by_digest(folder, name)),
                );
            }
        }
        Ok(keys)
    }

    /// Deletes chunks that were written before `time`, whatever the catalog says of them; how many.
    pub async fn delete_chunks_before(&self, time: Timestamp) -> Result<u64, BlobError> {
        self.delete_written_before(&keys::chunks(), time).await
    }

    /// Deletes converted symbols that were written before `time`; how many.
    pub async fn delete_converted_symbols_before(&self, time: Timestamp) -> Result<u64, BlobError> {
        self.delete_written_before(&keys::converted_symbols(), time).await
    }
}

async fn put_parts(file: &mut File, upload: &mut dyn MultipartUpload) -> Result<(), BlobError> {
    let mut sealer = seal::Sealer::default();
    loop {
        let mut part = Vec::with_capacity(PART_BYTES);
        (&mut *file).take(PART_BYTES as u64).read_to_end(&mut part).await?;
        sealer.update(&part);
        let is_last = part.len() < PART_BYTES;
        if is_last {
            part.extend_from_slice(&sealer.seal());
        }
        upload.put_part(PutPayload::from_bytes(Bytes::from(part))).await?;
        if is_last {
            upload.complete().await?;
            return Ok(());
        }
    }
}
