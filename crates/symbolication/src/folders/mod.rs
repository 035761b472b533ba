//! Debug files in local folders: in the layouts of symbol servers and debuggers, and as they lie.

mod debug_link;
mod layouts;
mod local;
mod loose;
mod scripts;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use self::{debug_link::DebugLink, loose::Loose, scripts::Script};
pub use self::{
    layouts::paths,
    local::{LocalFolders, from_files},
};
use uuid::Uuid;

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
            .filter(|path| is_file(path))
            .collect();
        if let Some(id) = image.debug_id {
            found.extend(self.loose().of(id.uuid()).iter().cloned());
        }
        let linked: Vec<PathBuf> = found.iter().flat_map(|stripped| self.linked(stripped)).collect();
        found.extend(linked);
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|path| seen.insert(path.clone()));
        found
    }

    /// The debug file that a stripped one names, wherever it lies in the folder.
    fn linked(&self, stripped: &Path) -> Option<PathBuf> {
        let link = DebugLink::of(stripped)?;
        let anywhere = || self.loose().without_id(&link.name).iter().cloned();
        link.beside(stripped).into_iter().chain(anywhere()).find(|path| link.is_of(path))
    }

    /// The map to the names that Apple hid in the dSYM with this UUID.
    pub fn bitcode_map(&self, image: &ImageId) -> Option<PathBuf> {
        self.loose().bitcode_map(image.debug_id?)
    }

    /// The ProGuard or R8 mapping with this id, as uploaders call it; for the nil id, `mapping.txt`, as R8 does.
    pub(super) fn proguard(&self, id: Uuid) -> Option<PathBuf> {
        let names = match id.is_nil() {
            true => vec!["mapping.txt".to_owned()],
            false => vec![format!("proguard/{id}.txt"), format!("{id}.txt"), format!("mapping-{id}.txt")],
        };
        names.into_iter().map(|name| self.root.join(name)).find(|path| is_file(path))
    }

    /// The Dart map, under the name that Flutter's documentation gives it.
    pub(super) fn dart_map(&self) -> Option<PathBuf> {
        Some(self.root.join("obfuscation.map.json")).filter(|path| is_file(path))
    }

    /// Scripts of this URL's file name, with what is known of their maps.
    pub(super) fn scripts(&self, url: &str) -> Vec<Script> {
        let name = scripts::file_name(url);
        let scripts = self.loose().scripts(name).iter().cloned().map(Script::Shipped);
        let maps = self.loose().scripts(&format!("{name}.map")).iter().cloned().map(Script::Map);
        scripts.chain(maps).collect()
    }

    /// Files were left out of the search because there are too many.
    pub fn is_cut_short(&self) -> bool {
        self.loose.get().is_some_and(|loose| loose.is_cut_short)
    }

    fn loose(&self) -> &Loose {
        self.loose.get_or_init(|| Loose::read(&self.root))
    }
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Stores differ in case: as it is written, in small and in capital letters.
fn spellings(root: &Path, path: &str) -> [PathBuf; 3] {
    [root.join(path), root.join(path.to_lowercase()), root.join(path.to_uppercase())]
}

#[cfg(test)]
mod tests;
