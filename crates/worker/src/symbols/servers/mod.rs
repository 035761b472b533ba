//! Symbol servers and directories.

mod patience;

use std::sync::Arc;

use mayday_catalog::symbol_sources::SymbolSource;
use mayday_event::ProjectId;
use mayday_fetch::FetchError;
use mayday_symbolication::{
    Absent, ArtifactKind, Wanted,
    caches::CacheKey,
    sources::{FileType, Layout, SourceSettings, source_path},
};

pub(super) use self::patience::Patience;
use super::{
    Symbols,
    find::{Lead, missing},
    scratch::Scratch,
};

/// Largest file as it is sent, bytes.
const FILE_BYTES: u64 = 2 << 30;
/// Largest source file, bytes.
const SOURCE_FILE_BYTES: u64 = 16 << 20;

impl Symbols {
    /// A project's sources besides uploads, in order.
    pub(super) async fn sources(&self, project: ProjectId) -> Vec<Arc<SourceSettings>> {
        let stored = match self.catalog.symbol_sources(project).await {
            Ok(stored) => stored,
            Err(error) => {
                tracing::warn!(%error, "symbol sources cannot be looked up");
                return Vec::new();
            }
        };
        let read = |stored: SymbolSource| {
            let settings = serde_json::from_str::<SourceSettings>(&stored.settings);
            let settings = settings.inspect_err(|error| {
                tracing::error!(project = project.0, %error, "stored symbol source cannot be read");
            });
            Some(Arc::new(SourceSettings { password: stored.secret, ..settings.ok()? }))
        };
        let sources: Vec<Arc<SourceSettings>> = stored.into_iter().filter_map(read).collect();
        let has_source_files = sources.iter().any(|source| source.layout == Some(Layout::Debuginfod));
        self.source_servers.note(project, has_source_files);
        sources
    }

    /// Looks for something on a server or in a directory.
    pub(super) async fn find_on_server(
        &self,
        source: &Arc<SourceSettings>,
        key: &CacheKey,
        wanted: &Wanted,
    ) -> Result<(), Absent> {
        let Some(layout) = source.layout else { return Err(missing("not uploaded")) };
        let places: Vec<String> = match wanted {
            Wanted::Image(kind, image) => source.places(file_types(*kind), image),
            Wanted::SourceFile { image, path } if source.serves(FileType::ElfDebug, image) => {
                source_path(layout, image, path).into_iter().collect()
            }
            _ => Vec::new(),
        };
        let most = if matches!(wanted, Wanted::SourceFile { .. }) { SOURCE_FILE_BYTES } else { FILE_BYTES };
        let leads: Vec<Lead> =
            places.into_iter().map(|place| Lead::Place(Arc::clone(source), place, most)).collect();
        if leads.is_empty() {
            return Err(missing(&format!("{} keeps no such files", source.name)));
        }
        self.convert_first(key, wanted, &source.name, leads).await
    }

    /// Brings a source's file of at most so many bytes to this disk, packed as it may be.
    pub(super) async fn fetch_place(
        &self,
        project: ProjectId,
        source: &SourceSettings,
        place: &str,
        most: u64,
    ) -> Result<Scratch, Absent> {
        let file = Scratch::new(self.caches.unfinished());
        let now = || self.clock.now();
        self.patience.check(project, source, now())?;
        match self.fetcher.fetch(source, place, (file.path(), most), now()).await {
            Ok(()) => Ok(file),
            Err(error) => {
                if error == FetchError::TimedOut {
                    self.patience.lose(project, source, now());
                }
                Err(error.absent(&source.name))
            }
        }
    }
}

/// The files that something is made of, the likeliest first.
fn file_types(kind: ArtifactKind) -> &'static [FileType] {
    match kind {
        ArtifactKind::SymCache => {
            &[FileType::ElfDebug, FileType::MachDebug, FileType::Pdb, FileType::Breakpad, FileType::ElfCode]
        }
        ArtifactKind::Cfi => &[
            FileType::ElfCode,
            FileType::MachCode,
            FileType::Pe,
            FileType::Breakpad,
            FileType::ElfDebug,
            FileType::Pdb,
        ],
        ArtifactKind::PortablePdb => &[FileType::PortablePdb],
        ArtifactKind::Sources => &[FileType::SourceBundle],
        ArtifactKind::Proguard
        | ArtifactKind::SourceMap
        | ArtifactKind::DartMap
        | ArtifactKind::SourceFile => &[],
    }
}
