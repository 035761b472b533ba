//! Segments that are done with and kept to be written over.
//!
//! A sync after a write into blocks that a file has writes data alone; where a file grows, it writes the file system's
//! notes too, which takes as long again.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{lock, segment, sync_directory};

/// Most files that are kept.
const SPARES: usize = 2;

const EXTENSION: &str = "spare";

/// The spare files of a journal's folder.
#[derive(Debug)]
pub(super) struct Spares {
    directory: PathBuf,
    files: Mutex<Vec<PathBuf>>,
}

impl Spares {
    /// Those that are there.
    pub(super) fn find(directory: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                files.push(path);
            }
        }
        Ok(Self { directory: directory.to_owned(), files: Mutex::new(files) })
    }

    /// Keeps a segment that is done with as a spare, or removes it.
    pub(super) fn keep(&self, first: u64) -> io::Result<()> {
        let path = self.directory.join(segment::file_name(first));
        let mut files = lock(&self.files);
        if files.len() >= SPARES {
            return fs::remove_file(path);
        }
        let spare = path.with_extension(EXTENSION);
        fs::rename(path, &spare)?;
        files.push(spare);
        Ok(())
    }

    /// A file to be written over. That it is no segment any more is on disk, so that no start finds it half written
    /// over under its old name.
    pub(super) fn take(&self) -> io::Result<Option<PathBuf>> {
        let Some(spare) = lock(&self.files).pop() else { return Ok(None) };
        sync_directory(&self.directory)?;
        Ok(Some(spare))
    }

    pub(super) fn remove_all(&self) -> io::Result<()> {
        lock(&self.files).drain(..).try_for_each(fs::remove_file)
    }
}
