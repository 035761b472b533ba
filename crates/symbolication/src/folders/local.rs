//! Symbols out of local folders, converted when they are asked for: symbolication without a server.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use symbolic::{common::ByteView, symcache::SymCache};

use super::SymbolFolder;
use crate::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Status, Wanted,
    convert::{ConvertError, SymbolMaps, cfi_cache, sym_cache, unpacked},
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
        let mut absent = self.nowhere();
        let mut without_lines = None;
        for folder in &self.folders {
            let map = folder.bitcode_map(image);
            match from_files(kind, &folder.candidates(image), image, map.as_deref()) {
                Ok((file, true)) => return Ok(file),
                Ok((file, false)) => without_lines = without_lines.or(Some(file)),
                Err(problem) if problem.status != Status::Missing => absent = problem,
                Err(_) => {}
            }
        }
        without_lines.ok_or(absent)
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

/// Converts the first of these files that is the image's and says what is wanted; whether it says all that a debug file
/// can. A stripped binary knows some names only: it is the last choice.
pub fn from_files(
    kind: ArtifactKind,
    files: &[PathBuf],
    image: &ImageId,
    bitcode_map: Option<&Path>,
) -> Result<(CacheFile, bool), Absent> {
    let mut problem = None;
    let mut without_lines = None;
    for path in files.iter().take(CANDIDATES) {
        match convert(kind, path, image, bitcode_map) {
            Ok(bytes) => {
                let is_whole = kind != ArtifactKind::SymCache || has_lines(&bytes);
                let source = path.display().to_string().into();
                let file = CacheFile { bytes: ByteView::from_vec(bytes), source };
                if is_whole {
                    return Ok((file, true));
                }
                without_lines = without_lines.or(Some(file));
            }
            Err(ConvertError::Lacks(_)) => {}
            Err(error) => problem = problem.or_else(|| Some(absent(&error, path))),
        }
    }
    let missing = || Absent { status: Status::Missing, reason: "no file has what is wanted".into() };
    without_lines.map(|file| (file, false)).ok_or_else(|| problem.unwrap_or_else(missing))
}

fn convert(
    kind: ArtifactKind,
    path: &Path,
    image: &ImageId,
    bitcode_map: Option<&Path>,
) -> Result<Vec<u8>, ConvertError> {
    let open = |path: &Path| {
        ByteView::open(path).map_err(|error| ConvertError::Malformed(format!("cannot be read: {error}")))
    };
    let file = unpacked(open(path)?)?;
    if kind == ArtifactKind::Cfi {
        return cfi_cache(&file, image.debug_id);
    }
    let map = bitcode_map.map(open).transpose()?;
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
