//! Converted files on local disk, and how they are made.
//!
//! Symbol files are slow to read; what symbolication reads is made of them once, memory-mapped, and shared by all
//! events. A [`Job`] makes such a file, [`Caches`] keeps them.
//!
//! # On disk
//!
//! An entry is two files in the folder of its kind and the converter's version (`symcache-1/ab/`):
//! - `NAME.NUMBER`, the converted file, on disk before the next is;
//! - `NAME.json`, which names it, with its length and SHA-256. It takes its place by a rename.
//!
//! So whatever is killed when, an entry is there whole or not at all. What no `NAME.json` names is deleted at the next
//! start, as are folders of other versions. A file that is not what its entry says is deleted when it is first opened,
//! and so made again. `NAME` is made of the key; a `NAME.json`'s time of modification is when it was last used.
//!
//! That something is *not* to be had is kept in memory alone, and for a time that grows.

mod absences;
mod disk;
mod entry;
mod job;
mod key;
#[cfg(test)]
mod tests;

pub use self::{
    disk::{CacheError, Caches, Options},
    job::{Job, JobError, Refusal},
    key::CacheKey,
};
