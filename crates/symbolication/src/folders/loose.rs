//! Files as they lie, found by what they are: read once, under bounds.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use symbolic::{
    common::{ByteView, DebugId},
    debuginfo::{Archive, FileFormat, macho::UuidMapping, peek},
};
use uuid::Uuid;

/// Files that are looked at.
const FILES: usize = 50_000;
/// Folders below each other.
const DEPTH: usize = 12;
/// Binaries in a fat file.
const OBJECTS: usize = 64;
/// Largest list of properties, bytes.
const PLIST_BYTES: u64 = 1 << 20;
/// What tells a debug file from others.
const HEAD_BYTES: usize = 64;

/// The debug files below a folder, by UUID.
#[derive(Debug, Default)]
pub(super) struct Loose {
    files: BTreeMap<Uuid, Vec<PathBuf>>,
    /// Debug files without an id, by name.
    without_id: BTreeMap<String, Vec<PathBuf>>,
    /// Lists of properties beside dSYMs, by the dSYM's UUID.
    plists: BTreeMap<Uuid, PathBuf>,
    /// `.bcsymbolmap` files by the UUID in their names.
    bitcode_maps: BTreeMap<Uuid, PathBuf>,
    /// Scripts and their maps, by name.
    scripts: BTreeMap<String, Vec<PathBuf>>,
    pub(super) is_cut_short: bool,
}

impl Loose {
    pub(super) fn read(root: &Path) -> Self {
        let mut loose = Self::default();
        let mut folders = vec![(root.to_owned(), 0)];
        let mut looked_at = 0;
        while let Some((folder, depth)) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).take(FILES).collect();
            entries.sort();
            for path in entries {
                // Links are followed to files only: folders may link in circles.
                let Ok(link) = fs::symlink_metadata(&path) else { continue };
                if link.is_dir() {
                    if depth < DEPTH {
                        folders.push((path, depth + 1));
                    }
                } else if looked_at < FILES {
                    looked_at += 1;
                    loose.add(path);
                } else {
                    loose.is_cut_short = true;
                    return loose;
                }
            }
        }
        loose
    }

    pub(super) fn of(&self, id: Uuid) -> &[PathBuf] {
        self.files.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn without_id(&self, name: &str) -> &[PathBuf] {
        self.without_id.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn scripts(&self, name: &str) -> &[PathBuf] {
        self.scripts.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The list of properties beside a dSYM names the build that the map is of.
    pub(super) fn bitcode_map(&self, id: DebugId) -> Option<PathBuf> {
        let plist = self.plists.get(&id.uuid());
        let original = plist.and_then(|path| {
            let size = fs::metadata(path).ok()?.len();
            let bytes = (size <= PLIST_BYTES).then(|| fs::read(path).ok())??;
            Some(UuidMapping::parse_plist(id, &bytes).ok()?.original_uuid().uuid())
        });
        self.bitcode_maps.get(&original.unwrap_or(id.uuid())).cloned()
    }

    fn add(&mut self, path: PathBuf) {
        let named = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        match (path.extension().and_then(|extension| extension.to_str()), named) {
            (Some("plist"), Some(id)) => {
                self.plists.insert(id, path);
            }
            (Some("bcsymbolmap"), Some(id)) => {
                self.bitcode_maps.insert(id, path);
            }
            (Some("js" | "mjs" | "cjs" | "bundle" | "jsbundle" | "hbc" | "map"), _) => {
                if let Some(name) = name_of(&path) {
                    self.scripts.entry(name).or_default().push(path);
                }
            }
            _ => self.add_debug_file(path),
        }
    }

    fn add_debug_file(&mut self, path: PathBuf) {
        let Some(ids) = debug_ids(&path) else { return };
        if let (true, Some(name)) = (ids.is_empty(), name_of(&path)) {
            self.without_id.entry(name).or_default().push(path.clone());
        }
        for id in ids {
            self.files.entry(id).or_default().push(path.clone());
        }
    }
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).map(str::to_owned)
}

/// Of the binaries in a file; `None` if it is no debug file.
fn debug_ids(path: &Path) -> Option<Vec<Uuid>> {
    if !is_debug_file(path) {
        return None;
    }
    let view = ByteView::open(path).ok()?;
    let archive = Archive::parse(&view).ok()?;
    let ids = archive.objects().take(OBJECTS).flatten().map(|object| object.debug_id());
    Some(ids.filter(|id| !id.is_nil()).map(|id| id.uuid()).collect())
}

/// By its first bytes, so that not every file is mapped.
fn is_debug_file(path: &Path) -> bool {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let read = File::open(path).and_then(|file| file.take(HEAD_BYTES as u64).read_to_end(&mut head));
    read.is_ok() && peek(&head, true) != FileFormat::Unknown
}
