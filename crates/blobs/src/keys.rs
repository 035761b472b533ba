//! Keys: what a blob is, and so where it lies.

use std::fmt;

use mayday_event::{EventId, OrganizationId, ProjectId, Timestamp};
use object_store::path::Path;
use uuid::Uuid;

/// What a blob is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BlobKey {
    /// A report that is too large for the journal, until the worker is done with it.
    Spool(Uuid),
    /// A file of an event.
    Attachment {
        project: ProjectId,
        event: EventId,
        /// Within the event.
        id: u64,
        /// When it was received: files lie by day, so that retention deletes whole days.
        received: Timestamp,
    },
    /// A piece of a file on its way here.
    Chunk {
        organization: OrganizationId,
        /// Of its bytes, hexadecimal.
        sha1: String,
    },
    /// A debug file, by the SHA-256 of its bytes, hexadecimal: the same file is there once.
    DebugFile(String),
    /// A bundle of minified files, maps and sources, by the SHA-256 of its bytes, hexadecimal.
    ArtifactBundle(String),
    /// What a file of symbols was converted to, by the SHA-256, hexadecimal, of what tells it from all others.
    ConvertedSymbols(String),
}

const CHUNKS: &str = "chunks";
const DEBUG_FILES: &str = "debug-files";
const ARTIFACT_BUNDLES: &str = "artifact-bundles";
const CONVERTED_SYMBOLS: &str = "converted-symbols";

/// The folders of blobs that are called by their digest.
pub(crate) const BY_DIGEST: [&str; 2] = [DEBUG_FILES, ARTIFACT_BUNDLES];

/// The key of a blob in one of them.
pub(crate) fn by_digest(folder: &str, digest: &str) -> Option<BlobKey> {
    let key = match folder {
        DEBUG_FILES => BlobKey::DebugFile,
        ARTIFACT_BUNDLES => BlobKey::ArtifactBundle,
        _ => return None,
    };
    Some(key(digest.to_owned()))
}

impl BlobKey {
    /// The digest that it is called by.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::DebugFile(digest) | Self::ArtifactBundle(digest) => Some(digest),
            _ => None,
        }
    }

    /// Where it lies, below the store's root.
    pub(crate) fn path(&self) -> Path {
        Path::from(self.to_string())
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spool(id) => write!(f, "spool/{id}"),
            Self::Attachment { project, event, id, received } => {
                write!(f, "attachments/{}/{project}/{event}/{id:016x}", day(*received))
            }
            Self::Chunk { organization, sha1 } => write!(f, "{CHUNKS}/{organization}/{sha1}"),
            Self::DebugFile(digest) => write!(f, "{DEBUG_FILES}/{}/{digest}", shelf(digest)),
            Self::ArtifactBundle(digest) => write!(f, "{ARTIFACT_BUNDLES}/{}/{digest}", shelf(digest)),
            Self::ConvertedSymbols(digest) => write!(f, "{CONVERTED_SYMBOLS}/{}/{digest}", shelf(digest)),
        }
    }
}

/// The folder of spooled reports.
pub(crate) fn spool() -> Path {
    Path::from("spool")
}

/// The folder of all days' attachments.
pub(crate) fn attachments() -> Path {
    Path::from("attachments")
}

/// The folder of chunks.
pub(crate) fn chunks() -> Path {
    Path::from(CHUNKS)
}

/// The folder of converted symbols.
pub(crate) fn converted_symbols() -> Path {
    Path::from(CONVERTED_SYMBOLS)
}

/// The folders whose blobs lie in folders in them.
pub(crate) fn nested() -> [&'static str; 4] {
    [CHUNKS, DEBUG_FILES, ARTIFACT_BUNDLES, CONVERTED_SYMBOLS]
}

/// Blobs that are called by their digest lie in 256 folders.
fn shelf(digest: &str) -> &str {
    digest.get(..2).unwrap_or("_")
}

/// `2026-11-24`, UTC.
pub(crate) fn day(time: Timestamp) -> String {
    time.to_string().chars().take_while(|character| *character != 'T').collect()
}
