//! Files on their way into the cache.

use std::path::{Path, PathBuf};

/// A file that is deleted when it is no longer needed, unless it was moved away.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Mostly it was moved, or never written; what stays behind goes at the next start.
        std::fs::remove_file(&self.0).ok();
    }
}
