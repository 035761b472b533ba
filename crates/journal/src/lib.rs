//! The durable buffer between ingest and worker.
//!
//! Shape: an ordered sequence of records, each at a [`Position`]; `append` answers once the record is on disk
//! (one fsync for all that wait), `read` gives records in order, `commit` moves the reader's position and lets
//! what is behind it be deleted.

mod embedded;
mod error;
mod lanes;

pub use embedded::{Journal, Options};
pub use error::{AppendError, OpenError, ReadError};
pub use lanes::Lanes;

use bytes::Bytes;

/// The place of a record: 1 for the first ever, then one more each; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub position: Position,
    /// What was appended.
    pub bytes: Bytes,
}
