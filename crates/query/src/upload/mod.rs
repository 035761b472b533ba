//! Files that build servers upload: chunks on their way, and what is put together of them.
//!
//! A client asks which chunks of a file are missing, sends them, and asks again until the file is whole. Each chunk is
//! a blob of its own, known by its SHA-1 within its organisation. Putting a file together copies its chunks into a file
//! on this machine, checks its SHA-1, finds out what it is, writes it into the blob store under its SHA-256, and only
//! then tells the catalog. A kill in between leaves chunks, a file in the scratch folder or a blob that nobody knows:
//! the worker removes all three after a while. What is refused leaves nothing behind.

mod assemble;
mod bundles;
mod chunks;
mod debug_files;
mod refusal;
mod scratch;
mod zipped;
#[cfg(test)]
pub(crate) mod zips;

pub(crate) use assemble::{Started, State, Upload, Uploads, wait};
pub(crate) use bundles::BundleUpload;
pub(crate) use chunks::{CHUNK_BYTES, CHUNKS_PER_REQUEST, REQUEST_BYTES};
pub(crate) use debug_files::DifUpload;
pub(crate) use refusal::Refusal;
pub(crate) use scratch::Scratch;

pub(crate) mod receive {
    //! Whole requests of files.
    pub(crate) use super::{chunks::receive as chunks, debug_files::receive_zip as debug_files};
}

/// Largest file that is put together, bytes.
pub(crate) const FILE_BYTES: u64 = mayday_blobs::LARGE_BLOB_BYTES;

/// A SHA-1 as clients write it, in lower case; `None`: it is none.
pub(crate) fn sha1_of(text: &str) -> Option<String> {
    let is_one = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| text.to_ascii_lowercase())
}
