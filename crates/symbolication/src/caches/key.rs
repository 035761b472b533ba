//! What a cache entry is of.

use std::fmt::Write;

use mayday_event::ProjectId;
use sha2::{Digest, Sha256};

use crate::{ArtifactKind, ImageId, Wanted};

/// What a converted file is of: whatever has the same key is the same file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// Files of one project are never shown to another.
    pub project: ProjectId,
    pub kind: ArtifactKind,
    /// Debug id, code id, mapping id, or address of a source map or source file; see [`CacheKey::of`].
    pub id: String,
}

impl CacheKey {
    /// The key of what is wanted; `None` if nothing tells it from others.
    pub fn of(project: ProjectId, wanted: &Wanted) -> Option<Self> {
        Some(match wanted {
            Wanted::Image(kind, image) => Self { project, kind: *kind, id: image_id(image)? },
            Wanted::SourceFile { image, path } => {
                let id = serde_json::json!([image_id(image)?, path]).to_string();
                Self { project, kind: ArtifactKind::SourceFile, id }
            }
            Wanted::Proguard(id) => Self { project, kind: ArtifactKind::Proguard, id: id.to_string() },
            Wanted::SourceMap { debug_id: Some(id), .. } => {
                Self { project, kind: ArtifactKind::SourceMap, id: id.to_string() }
            }
            Wanted::SourceMap { debug_id: None, url, release, dist } => {
                let id = serde_json::json!([release.as_ref()?, dist, url]).to_string();
                Self { project, kind: ArtifactKind::SourceMap, id }
            }
        })
    }

    /// The name of its files: hexadecimal, whatever foreign text the key holds.
    pub(super) fn name(&self) -> String {
        let mut sha = Sha256::new();
        sha.update(self.project.0.to_be_bytes());
        sha.update(self.id.as_bytes());
        let mut name = String::with_capacity(32);
        for byte in sha.finalize().iter().take(16) {
            // Writing to a string does not fail.
            write!(name, "{byte:02x}").ok();
        }
        name
    }
}

/// The debug id, else the code id.
fn image_id(image: &ImageId) -> Option<String> {
    let debug_id = image.debug_id.filter(|id| !id.is_nil()).map(|id| id.to_string());
    debug_id.or_else(|| image.code_id.as_ref().map(|id| format!("code:{id}")))
}

impl ArtifactKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SymCache,
        Self::Cfi,
        Self::PortablePdb,
        Self::Proguard,
        Self::SourceMap,
        Self::DartMap,
        Self::Sources,
        Self::SourceFile,
    ];

    /// Stable: of folders and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::SymCache => "symcache",
            Self::Cfi => "cfi",
            Self::PortablePdb => "portable-pdb",
            Self::Proguard => "proguard",
            Self::SourceMap => "source-map",
            Self::DartMap => "dart-map",
            Self::Sources => "sources",
            Self::SourceFile => "source-file",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Counted up when the same input is to give another file: by a new version of a library, or of
    /// [`convert`](crate::convert).
    pub(super) fn converter_version(self) -> u32 {
        match self {
            Self::Cfi | Self::PortablePdb | Self::Proguard | Self::SourceFile => 1,
            Self::SymCache | Self::DartMap => 2,
            Self::SourceMap | Self::Sources => 3,
        }
    }

    /// The folder of its files: its name and the converter's version.
    pub fn folder(self) -> String {
        format!("{}-{}", self.name(), self.converter_version())
    }
}
