//! Symbols out of local folders, converted when they are asked for: symbolication without a server.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use symbolic::{common::ByteView, symcache::SymCache};

use super::SymbolFolder;
use crate::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Status, Wanted,
    convert::{ConvertError, SymbolMaps, cfi_cache, sym_cache},
};

/// Files of one binary that are tried.
const CANDIDATES: usize = 16;

/// Folders in which symbols are looked for, in this order. What was converted is kept in memory.
#[derive(Debug)]
pub struct LocalFolders {
    folders: Vec<SymbolFolder>,
    found: Mutex<HashMap<Wanted, Result<CacheFile, Absent>>>,
}

impl LocalFolders {
    /// Looks into these folders.
    pub fn new(folders: Vec<SymbolFolder>) -> Self {
        Self { folders, found: Mutex::default() }
    }

    /// Folders that were not searched to their ends.
    pub fn cut_short(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().filter(|folder| folder.is_cut_short()).map(SymbolFolder::root)
    }

    fn image(&self, kind: ArtifactKind, image: &ImageId) -> Result<CacheFile, Absent> {
        let mut problem = None;
        let mut without_lines = None;
        for folder in &self.folders {
            for path in folder.candidates(image).iter().take(CANDIDATES) {
                match convert(kind, path, image, folder) {
                    Ok(bytes) => {
                        let is_whole = kind != ArtifactKind::SymCache || has_lines(&bytes);
                        let source = path.display().to_string().into();
                        let file = CacheFile { bytes: ByteView::from_vec(bytes), source };
                        if is_whole {
                            return Ok(file);
                        }
                        // A stripped binary knows some names; the next file may know more.
                        without_lines = without_lines.or(Some(file));
                    }
                    Err(ConvertError::Lacks(_)) => {}
                    Err(error) => {
                        problem = problem.or_else(|| Some(absent(&error, path)));
                    }
                }
            }
        }
        without_lines.ok_or_else(|| problem.unwrap_or_else(|| self.nowhere()))
    }

    fn nowhere(&self) -> Absent {
        let reason = match self.folders.len() {
            0 => "no folder with symbols given",
            _ => "not in the folders given",
        };
        Absent { status: Status::Missing, reason: reason.into() }
    }
}

impl Artifacts for LocalFolders {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let known = |found: &HashMap<Wanted, Result<CacheFile, Absent>>| found.get(wanted).cloned();
        if let Some(known) = known(&self.found.lock().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let found = match wanted {
            Wanted::Image(kind @ (ArtifactKind::SymCache | ArtifactKind::Cfi), image) => {
                self.image(*kind, image)
            }
            _ => Err(self.nowhere()),
        };
        let mut kept = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(wanted.clone(), found.clone());
        found
    }
}

fn convert(
    kind: ArtifactKind,
    path: &Path,
    image: &ImageId,
    folder: &SymbolFolder,
) -> Result<Vec<u8>, ConvertError> {
    let unreadable = |error: std::io::Error| ConvertError::Malformed(format!("cannot be read: {error}"));
    let file = ByteView::open(path).map_err(unreadable)?;
    if kind == ArtifactKind::Cfi {
        return cfi_cache(&file, image.debug_id);
    }
    let map = folder.bitcode_map(image).and_then(|path| ByteView::open(path).ok());
    sym_cache(&file, image.debug_id, SymbolMaps { bitcode: map.as_deref(), il2cpp: None })
}

fn has_lines(cache: &[u8]) -> bool {
    SymCache::parse(cache).is_ok_and(|cache| cache.files().next().is_some())
}

fn absent(error: &ConvertError, path: &Path) -> Absent {
    let status = match error {
        ConvertError::Mismatch { .. } => Status::Mismatch,
        ConvertError::Lacks(_) => Status::Missing,
        ConvertError::Malformed(_) => Status::Malformed,
    };
    Absent { status, reason: Arc::from(format!("{}: {error}", path.display())) }
}
