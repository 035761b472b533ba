//! Debug files in local folders: in the layouts of symbol servers and debuggers, and as they lie.

mod layouts;
mod local;
mod loose;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use self::loose::Loose;
pub use self::{
    layouts::paths,
    local::{LocalFolders, from_files},
};
use crate::ImageId;

/// A folder with debug files in any layout.
#[derive(Debug)]
pub struct SymbolFolder {
    root: PathBuf,
    /// What lies in it, read when a layout does not have it.
    loose: OnceLock<Loose>,
}

impl SymbolFolder {
    /// Fails if it is no folder that can be read.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::read_dir(root)?;
        Ok(Self { root: root.to_owned(), loose: OnceLock::new() })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Files that may be those of a binary, the most likely first. Whether one is shows when it is read.
    pub fn candidates(&self, image: &ImageId) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = paths(image)
            .iter()
            .flat_map(|path| spellings(&self.root, path))
            .filter(|path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file()))
            .collect();
        if let Some(id) = image.debug_id {
            found.extend(self.loose().of(id.uuid()).iter().cloned());
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|path| seen.insert(path.clone()));
        found
    }

    /// The map to the names that Apple hid in the dSYM with this UUID.
    pub fn bitcode_map(&self, image: &ImageId) -> Option<PathBuf> {
        self.loose().bitcode_map(image.debug_id?)
    }

    /// Files were left out of the search because there are too many.
    pub fn is_cut_short(&self) -> bool {
        self.loose.get().is_some_and(|loose| loose.is_cut_short)
    }

    fn loose(&self) -> &Loose {
        self.loose.get_or_init(|| Loose::read(&self.root))
    }
}

/// Stores differ in case: as it is written, in small and in capital letters.
fn spellings(root: &Path, path: &str) -> [PathBuf; 3] {
    [root.join(path), root.join(path.to_lowercase()), root.join(path.to_uppercase())]
}

#[cfg(test)]
mod tests;
