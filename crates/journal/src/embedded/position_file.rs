//! The reader's position on disk: a file of 20 bytes, replaced whole.
//!
//! `magic[8] position:u64 crc32c:u32`, little-endian.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::sync_directory;
use crate::OpenError;

const MAGIC: &[u8; 8] = b"MAYDAYP\x01";
const LENGTH: usize = 20;

/// The position, in memory and on disk.
#[derive(Debug)]
pub(super) struct PositionFile {
    directory: PathBuf,
    committed: u64,
}

impl PositionFile {
    /// Reads the position; 0 where there is no file yet.
    pub(super) fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join("position");
        let committed = match fs::read(&path) {
            Ok(bytes) => decode(&bytes).ok_or_else(|| OpenError::Damaged {
                path: path.clone(),
                offset: 0,
                detail: "does not match its checksum".to_owned(),
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        Ok(Self { directory: directory.to_owned(), committed })
    }

    /// All records up to it are done with.
    pub(super) fn committed(&self) -> u64 {
        self.committed
    }

    /// Replaces the position; on disk when this returns.
    pub(super) fn store(&mut self, position: u64) -> io::Result<()> {
        let (temporary, path) = (self.directory.join("position.new"), self.directory.join("position"));
        let mut file = File::create(&temporary)?;
        file.write_all(&encode(position))?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        sync_directory(&self.directory)?;
        self.committed = position;
        Ok(())
    }
}

fn encode(position: u64) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&position.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..16]);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<u64> {
    let position = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    (encode(position) == bytes).then_some(position)
}
