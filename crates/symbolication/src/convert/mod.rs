//! From debug files to what symbolication reads: pure, and only as careful as `symbolic` is.
//!
//! Files are untrusted. Sizes that they declare are checked before anything is set aside for them, nesting is bounded, and a
//! file may still cost much time and memory for its size: who converts files of strangers does it in a process with limits.

mod artifact;
mod bundled;
mod cfi;
mod debug_file;
mod packed;
mod portable_pdb;
mod skeletons;
mod source_files;
mod symcache;

pub use self::{
    artifact::{Inputs, artifact},
    bundled::Bundled,
    cfi::cfi_cache,
    packed::unpacked,
    portable_pdb::portable_pdb_cache,
    source_files::{source_file, source_files},
    symcache::{SymbolMaps, sym_cache},
};

use crate::{dart::DartMapError, js::SourceMapError, jvm::MappingError};

/// Why a file cannot be converted; the text is for people, and names no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// Not a format that is known, or damaged.
    #[error("{0}")]
    Malformed(String),
    /// The file, or the part of a fat file, of another build.
    #[error("the file is of another build: it has {found}, not {wanted}")]
    Mismatch {
        /// The debug ids of what is in the file.
        found: String,
        /// The debug id that was asked for.
        wanted: String,
    },
    /// A good file without what was asked for.
    #[error("the file has no {0}")]
    Lacks(&'static str),
}

impl ConvertError {
    fn malformed(what: &str, error: &dyn std::error::Error) -> Self {
        let mut text = format!("{what}: {error}");
        let mut source = error.source();
        // Causes of causes are details of the library.
        if let Some(cause) = source.take() {
            let cause = cause.to_string();
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        Self::Malformed(text)
    }
}

impl From<MappingError> for ConvertError {
    fn from(error: MappingError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<SourceMapError> for ConvertError {
    fn from(error: SourceMapError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<DartMapError> for ConvertError {
    fn from(error: DartMapError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Runs what libraries do that may panic on numbers that no honest file has.
pub(crate) fn guarded<T>(convert: impl FnOnce() -> Result<T, ConvertError>) -> Result<T, ConvertError> {
    // What the closure holds is dropped with it: nothing half done is seen afterwards.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(convert)).unwrap_or_else(|_| {
        Err(ConvertError::Malformed("the file has numbers that make no sense".to_owned()))
    })
}

#[cfg(test)]
mod tests;
