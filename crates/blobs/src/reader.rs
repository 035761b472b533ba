//! A blob read piece by piece: however large, it costs the memory of one.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{BlobError, BlobKey, Blobs, seal};

/// Bytes of a piece; a file that is smaller is read, and checked, at once.
const PIECE_BYTES: u64 = 1 << 20;

/// A blob that is being read.
#[derive(Debug)]
pub struct BlobReader {
    store: Arc<dyn ObjectStore>,
    key: BlobKey,
    /// Bytes, without the seal.
    length: u64,
    /// Where the next piece begins.
    at: u64,
    sealer: seal::Sealer,
}

impl Blobs {
    /// Begins to read a blob.
    pub async fn read(&self, key: &BlobKey) -> Result<BlobReader, BlobError> {
        let head = self.store.head(&key.path()).await.map_err(|error| failed(key, error))?;
        let length = head.size.checked_sub(seal::SEAL_BYTES as u64);
        let length = length.ok_or_else(|| BlobError::Damaged { key: key.clone() })?;
        Ok(BlobReader {
            store: Arc::clone(&self.store),
            key: key.clone(),
            length,
            at: 0,
            sealer: seal::Sealer::default(),
        })
    }
}

impl BlobReader {
    /// How many bytes all pieces are together.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The next piece; `None` behind the last, which comes only if all together are what was written.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        if self.at == self.length && self.length > 0 {
            return Ok(None);
        }
        let end = self.length.min(self.at + PIECE_BYTES);
        if end < self.length {
            let piece = self.bytes(self.at..end).await?;
            self.sealer.update(&piece);
            self.at = end;
            return Ok(Some(piece));
        }
        let mut piece = self.bytes(self.at..self.length + seal::SEAL_BYTES as u64).await?;
        let sealed_with = piece.split_off(piece.len().saturating_sub(seal::SEAL_BYTES));
        self.sealer.update(&piece);
        if self.sealer.seal() != sealed_with {
            return Err(BlobError::Damaged { key: self.key.clone() });
        }
        self.at = self.length;
        Ok((!piece.is_empty()).then_some(piece))
    }

    async fn bytes(&self, range: Range<u64>) -> Result<Bytes, BlobError> {
        let wanted = range.end - range.start;
        let bytes = self.store.get_range(&self.key.path(), range).await;
        let bytes = bytes.map_err(|error| failed(&self.key, error))?;
        match bytes.len() as u64 == wanted {
            true => Ok(bytes),
            false => Err(BlobError::Damaged { key: self.key.clone() }),
        }
    }
}

fn failed(key: &BlobKey, error: object_store::Error) -> BlobError {
    match error {
        object_store::Error::NotFound { .. } => BlobError::NotFound { key: key.clone() },
        error => error.into(),
    }
}
