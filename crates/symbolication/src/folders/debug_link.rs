//! Debug files that a stripped ELF file names itself, by file name and checksum (`.gnu_debuglink`).
//!
//! Where a build has no id, its debug file has nothing else to be known by: the id that is made of the code is that of the
//! stripped file alone. Symbol servers keep no such files, as all of them go by ids.

use std::path::{Path, PathBuf};

use symbolic::{common::ByteView, debuginfo::elf::ElfObject};

use super::is_file;

/// What a stripped file says of its debug file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DebugLink {
    /// File name without a folder.
    pub(super) name: String,
    /// CRC-32 of the whole file.
    checksum: u32,
}

impl DebugLink {
    /// That of the ELF file at a path; `None` if it is no such file or names none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let bytes = ByteView::open(path).ok()?;
        if !ElfObject::test(&bytes) {
            return None;
        }
        let elf = ElfObject::parse(&bytes).ok()?;
        let link = elf.debug_link().ok()??;
        let name = link.filename().to_str().ok()?;
        // Toolchains write no folders; whoever does leads elsewhere.
        let is_name = !name.is_empty() && name != ".." && !name.contains('/');
        is_name.then(|| Self { name: name.to_owned(), checksum: link.crc() })
    }

    /// Where debuggers look first: beside the stripped file.
    pub(super) fn beside(&self, stripped: &Path) -> Vec<PathBuf> {
        let Some(folder) = stripped.parent() else { return Vec::new() };
        let places = [folder.join(&self.name), folder.join(".debug").join(&self.name)];
        places.into_iter().filter(|place| place != stripped && is_file(place)).collect()
    }

    /// Whether it is this file.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        ByteView::open(path).is_ok_and(|bytes| crc32fast::hash(&bytes) == self.checksum)
    }
}
