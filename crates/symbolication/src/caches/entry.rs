//! What an entry's `NAME.json` says.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use mayday_event::ProjectId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::CacheKey;
use crate::ArtifactKind;

/// Of the format of `NAME.json`.
const VERSION: u32 = 1;
/// Longest `NAME.json` that is read, bytes.
const MAX_BYTES: u64 = 64 << 10;

/// An entry as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    version: u32,
    project: u64,
    kind: String,
    id: String,
    /// Where the file came from, for people.
    pub(super) source: String,
    /// Name of the converted file, in the same folder.
    pub(super) file: String,
    pub(super) bytes: u64,
    sha256: String,
}

impl Entry {
    pub(super) fn new(key: &CacheKey, source: &str, file: String, digest: Summed) -> Self {
        Self {
            version: VERSION,
            project: key.project.0,
            kind: key.kind.name().to_owned(),
            id: key.id.clone(),
            source: source.to_owned(),
            file,
            bytes: digest.bytes,
            sha256: digest.sha256,
        }
    }

    /// Reads `NAME.json`; `None` if it is none, or of another version.
    pub(super) fn read(path: &Path) -> io::Result<Option<(CacheKey, Self)>> {
        let mut text = Vec::new();
        File::open(path)?.take(MAX_BYTES).read_to_end(&mut text)?;
        let Ok(entry) = serde_json::from_slice::<Self>(&text) else { return Ok(None) };
        let Some(kind) = ArtifactKind::named(&entry.kind) else { return Ok(None) };
        if entry.version != VERSION || entry.file.contains(['/', '\\']) {
            return Ok(None);
        }
        let key = CacheKey { project: ProjectId(entry.project), kind, id: entry.id.clone() };
        Ok(Some((key, entry)))
    }

    pub(super) fn is_of(&self, content: &[u8]) -> bool {
        self.bytes == content.len() as u64 && self.sha256 == hex::encode(Sha256::digest(content))
    }
}

/// Length and checksum of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Summed {
    bytes: u64,
    sha256: String,
}

impl Summed {
    /// Reads the file to its end.
    pub(super) fn of(file: &mut File) -> io::Result<Self> {
        const PIECE: usize = 1 << 20;
        let (mut sha, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
        loop {
            let read = file.read(&mut piece)?;
            let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
            sha.update(read);
            bytes += read.len() as u64;
        }
        Ok(Self { bytes, sha256: hex::encode(sha.finalize()) })
    }
}
