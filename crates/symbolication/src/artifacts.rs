//! What symbolication asks for, and what it is told.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use mayday_event::file_name;
use symbolic::common::{ByteView, DebugId};
use uuid::Uuid;

pub use mayday_event::model::SymbolStatus as Status;

use crate::KeptFrames;

/// Which loaded binary is meant, as precisely as the report says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ImageId {
    pub debug_id: Option<DebugId>,
    /// Lower-case hexadecimal: the ELF build id, the Mach-O UUID, or timestamp and size of a PE file.
    pub code_id: Option<String>,
    /// File name without its folder: `libapp.so`, `app.pdb`.
    pub debug_file: Option<String>,
    /// File name without its folder.
    pub code_file: Option<String>,
}

impl ImageId {
    /// A path's file as an id names it.
    pub(crate) fn file(path: &str) -> Option<String> {
        Some(file_name(path)).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

/// A converted file that symbolication reads; each of its own format and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// Addresses to functions, files and lines: `symbolic`'s symcache (native files, il2cpp lines applied).
    SymCache,
    /// How to unwind: `symbolic`'s CFI cache (Breakpad's text).
    Cfi,
    /// `symbolic`'s portable PDB cache.
    PortablePdb,
    /// `proguard`'s cache of a ProGuard or R8 mapping.
    Proguard,
    /// `symbolic`'s source map cache of a minified file and its map.
    SourceMap,
    /// Obfuscated Dart names and what they were, sorted.
    DartMap,
    /// Source files of a build, by path.
    Sources,
    /// One source file of a build: its text.
    SourceFile,
}

/// One thing that symbolication needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// A native or managed binary's file of this kind.
    Image(ArtifactKind, ImageId),
    /// A source file of a native binary, by its path in the debug file, normalised: absolute, and no part is `.` or `..`.
    SourceFile { image: ImageId, path: String },
    /// The mapping that a build's `proguard` image names.
    Proguard(Uuid),
    /// The map of a minified file: by debug id, else by the file's URL in a release.
    SourceMap {
        debug_id: Option<DebugId>,
        /// As the frame has it: `app:///index.android.bundle`, `https://example.com/static/app.js`.
        url: String,
        release: Option<String>,
        dist: Option<String>,
    },
}

impl Wanted {
    /// Which object of a debug file is wanted, where that is to be told.
    pub fn debug_id(&self) -> Option<DebugId> {
        match self {
            Self::Image(_, image) => image.debug_id,
            _ => None,
        }
    }
}

/// A converted file, and which source it came from.
#[derive(Debug, Clone)]
pub struct CacheFile {
    pub bytes: ByteView<'static>,
    /// For people: `uploads`, or a source's name.
    pub source: Arc<str>,
    /// Of this file and its clones alone, in this process.
    pub(crate) number: u64,
}

impl CacheFile {
    pub fn new(bytes: ByteView<'static>, source: impl Into<Arc<str>>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { bytes, source: source.into(), number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// The same file, said to be from another source.
    pub fn from_source(self, source: Arc<str>) -> Self {
        Self { source, ..self }
    }
}

/// Why there is no file. Never [`Status::Found`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    pub status: Status,
    /// For people: `not uploaded; symbols.example.com answered 404`.
    pub reason: Arc<str>,
}

/// Where symbolication gets converted files from. Answers at once: who calls has seen to it that what can be had is on
/// this machine, so that symbolication itself is plain computing.
pub trait Artifacts: Send + Sync {
    /// The file, memory-mapped, or why not.
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent>;

    /// Where frames that were looked up are kept for the next event; without, each is looked up again.
    fn kept(&self) -> Option<&KeptFrames> {
        None
    }
}
