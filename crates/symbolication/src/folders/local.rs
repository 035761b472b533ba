//! Symbols out of local folders, converted when they are asked for: symbolication without a server.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use symbolic::{common::ByteView, symcache::SymCache};
use uuid::Uuid;

use super::SymbolFolder;
use crate::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Status, Wanted,
    convert::{ConvertError, Inputs, SymbolMaps, artifact, unpacked},
    elsewhere::Elsewhere,
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

    /// Whether a `mapping.txt` is in one of them, which says of no build that it is its own.
    pub fn has_mapping(&self) -> bool {
        self.folders.iter().any(|folder| folder.proguard(Uuid::nil()).is_some())
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

    /// A mapping that `find` knows by its name.
    fn mapping(
        &self,
        kind: ArtifactKind,
        find: impl Fn(&SymbolFolder) -> Option<PathBuf>,
    ) -> Result<CacheFile, Absent> {
        let path = self.folders.iter().find_map(find).ok_or_else(|| self.nowhere())?;
        let converted =
            open(&path).and_then(|file| artifact(kind, &Inputs { file: &file, ..Inputs::default() }));
        converted.map(|bytes| kept(bytes, &path)).map_err(|error| absent(&error, &path))
    }

    fn source_map(&self, url: &str) -> Result<CacheFile, Absent> {
        let mut problem = self.nowhere();
        for script in self.folders.iter().flat_map(|folder| folder.scripts(url)) {
            match script.convert() {
                Ok(bytes) => return Ok(kept(bytes, script.path())),
                Err(ConvertError::Lacks(_)) => {}
                Err(error) => problem = absent(&error, script.path()),
            }
        }
        Err(problem)
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
            Wanted::Image(ArtifactKind::DartMap, _) => {
                self.mapping(ArtifactKind::DartMap, SymbolFolder::dart_map)
            }
            Wanted::Image(kind, image) => self.image(*kind, image),
            Wanted::Proguard(id) => self.mapping(ArtifactKind::Proguard, |folder| folder.proguard(*id)),
            Wanted::SourceFile { .. } => Err(self.nowhere()),
            Wanted::SourceMap { url, .. } => self.source_map(url),
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
                let is_whole = kind != ArtifactKind::SymCache || says_all(&bytes);
                let file = kept(bytes, path);
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
    let file = unpacked(open(path)?)?;
    let map = bitcode_map.map(open).transpose()?;
    let maps = SymbolMaps { bitcode: map.as_deref(), il2cpp: None };
    artifact(kind, &Inputs { file: &file, debug_id: image.debug_id, maps, bundled: None })
}

pub(super) fn open(path: &Path) -> Result<ByteView<'static>, ConvertError> {
    ByteView::open(path).map_err(|error| ConvertError::Malformed(format!("cannot be read: {error}")))
}

fn kept(bytes: Vec<u8>, path: &Path) -> CacheFile {
    CacheFile::new(ByteView::from_vec(bytes), path.display().to_string())
}

/// Whether it has lines, and is not known to lack something.
fn says_all(cache: &[u8]) -> bool {
    let has_lines = SymCache::parse(cache).is_ok_and(|cache| cache.files().next().is_some());
    has_lines && Elsewhere::marked(cache).is_none()
}

fn absent(error: &ConvertError, path: &Path) -> Absent {
    let status = match error {
        ConvertError::Mismatch { .. } => Status::Mismatch,
        ConvertError::Lacks(_) => Status::Missing,
        ConvertError::Malformed(_) => Status::Malformed,
    };
    Absent { status, reason: Arc::from(format!("{}: {error}", path.display())) }
}
