//! A file on this machine on its way into the blob store; it goes when this is dropped.

use std::{
    io::{self, Write},
    path::Path,
};

use mayday_blobs::Blobs;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use tempfile::NamedTempFile;

use super::Refusal;

/// A file that is being written, with the digests of what is in it.
#[derive(Debug)]
pub(crate) struct Scratch {
    file: NamedTempFile,
    sha1: Sha1,
    sha256: Sha256,
    bytes: u64,
}

impl Scratch {
    /// An empty one in the store's scratch folder.
    pub(crate) async fn new(blobs: &Blobs) -> Result<Self, Refusal> {
        let folder = blobs.scratch().await?;
        blocking(move || Self::new_in(&folder)).await
    }

    /// An empty one; blocks.
    pub(crate) fn new_in(folder: &Path) -> Result<Self, Refusal> {
        let file = NamedTempFile::new_in(folder)?;
        Ok(Self { file, sha1: Sha1::new(), sha256: Sha256::new(), bytes: 0 })
    }

    /// Adds to its end, away from the threads that answer.
    pub(crate) async fn append(mut self, piece: bytes::Bytes) -> Result<Self, Refusal> {
        blocking(move || {
            self.write_all(&piece)?;
            Ok(self)
        })
        .await
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Hexadecimal.
    pub(crate) fn sha1(&self) -> String {
        hex::encode(self.sha1.clone().finalize())
    }

    /// SHA-256, hexadecimal: what its blob is called by.
    pub(crate) fn digest(&self) -> String {
        hex::encode(self.sha256.clone().finalize())
    }
}

impl Write for Scratch {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.file.write_all(piece)?;
        self.sha1.update(piece);
        self.sha256.update(piece);
        self.bytes += piece.len() as u64;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Runs what takes long, away from the threads that answer.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
