//! The journal on a local disk.

use std::path::Path;

use bytes::Bytes;

use crate::{AppendError, OpenError, Position, ReadError, Record};

/// How a journal behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// A segment is closed when it is longer than this, bytes.
    pub segment_bytes: u64,
    /// Bytes that must stay free on the file system.
    pub reserve_bytes: u64,
    /// Longest record, bytes.
    pub max_record_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, reserve_bytes: 512 << 20, max_record_bytes: 32 << 20 }
    }
}

/// A journal on a local disk; cheap to clone, all clones are the same journal.
#[derive(Debug, Clone)]
pub struct Journal {}

impl Journal {
    /// Opens or creates the journal in `directory`; a torn tail is cut off, what precedes it is kept.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let _ = (directory, options);
        Ok(Self {})
    }

    /// Names this journal for ever: part of the worker's deduplication tokens.
    pub fn id(&self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }

    /// Appends a record; resolves when it is on disk.
    pub async fn append(&self, record: Bytes) -> Result<Position, AppendError> {
        let _ = record;
        Err(AppendError::Closed)
    }

    /// Records behind `after`, in order: at most `max_records`, and no more than `max_bytes` unless one alone
    /// is longer. Empty when there are none. Only what `append` has confirmed (or recovery kept) is seen.
    pub async fn read(
        &self,
        after: Position,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let _ = (after, max_records, max_bytes);
        Ok(Vec::new())
    }

    /// Resolves when there is a durable record behind `after`.
    pub async fn wait(&self, after: Position) {
        let _ = after;
        std::future::pending().await
    }

    /// Moves the reader's position, durably, and deletes segments that are wholly behind it.
    pub async fn commit(&self, through: Position) -> Result<(), ReadError> {
        let _ = through;
        Ok(())
    }

    /// The reader's position: all records up to it are done with. 0 at first.
    pub fn committed(&self) -> Position {
        Position(0)
    }

    /// The last durable record; 0 when there was none.
    pub fn last(&self) -> Position {
        Position(0)
    }

    /// Stops taking records, finishes those under way and syncs.
    pub async fn close(&self) {}
}
