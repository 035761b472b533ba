//! What can go wrong with a journal.

use std::{io, path::PathBuf};

/// Why a record was not taken; the caller keeps it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Taking it would leave less free space than the reserve (ingest answers 503 with `Retry-After`).
    #[error("disk is nearly full: {free} bytes free, {reserve} are kept in reserve")]
    DiskNearlyFull {
        /// Bytes free on the journal's file system.
        free: u64,
        /// Bytes that must stay free.
        reserve: u64,
    },
    /// Longer than any record may be.
    #[error("record of {length} bytes is longer than the limit of {limit}")]
    TooLarge {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Writing or syncing failed; whether the record is on disk is unknown until the next start.
    #[error("journal cannot be written")]
    Io(#[source] std::sync::Arc<io::Error>),
    /// The journal is shutting down.
    #[error("journal is closed")]
    Closed,
}

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system refused.
    #[error("cannot open the journal at {path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error("the journal at {path} is in use by another process")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A segment that is not the last is damaged: not a torn tail, and not to be passed over in silence.
    #[error("journal segment {path} is damaged at byte {offset}: {detail}")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What was found.
        detail: String,
    },
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system refused.
    #[error("cannot read the journal")]
    Io(#[from] io::Error),
    /// A record's checksum does not match.
    #[error("journal record {position} is damaged")]
    Damaged {
        /// Which.
        position: u64,
    },
}
