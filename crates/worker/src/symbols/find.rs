//! From the files of a source to a file in the cache.

use std::sync::Arc;

use mayday_catalog::debug_files::DebugFile;
use mayday_event::ProjectId;
use mayday_symbolication::{
    Absent, Status, Wanted,
    caches::{CacheKey, Job},
    convert::Bundled,
    sources::SourceSettings,
};

use super::{Symbols, bundles::InBundle, converter::Converted, prepare::summed_up, scratch::Scratch};

/// Where files come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Uploads,
    Server(Arc<SourceSettings>),
}

/// A file of a source that may be what is wanted, where it is.
#[derive(Debug)]
pub(super) enum Lead {
    DebugFile(DebugFile),
    Bundled(InBundle),
    /// Where on a server, and how many bytes it may have.
    Place(Arc<SourceSettings>, String, u64),
}

/// Files of a source, on this disk, that may be what is wanted.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) file: Scratch,
    pub(super) bcsymbolmap: Option<Scratch>,
    pub(super) il2cpp: Option<Scratch>,
    pub(super) bundled: Option<Bundled>,
}

impl Candidate {
    /// A file that needs no other.
    pub(super) fn alone(file: Scratch) -> Self {
        Self { file, bcsymbolmap: None, il2cpp: None, bundled: None }
    }
}

impl Symbols {
    /// Where a project's files come from, in the order in which they are asked.
    pub(super) async fn origins(&self, project: ProjectId) -> Vec<Origin> {
        let servers = self.sources(project).await.into_iter().map(Origin::Server);
        std::iter::once(Origin::Uploads).chain(servers).collect()
    }

    /// Looks for something in one source; what it has there is in the cache then.
    pub(super) async fn find_in(
        &self,
        origin: &Origin,
        key: &CacheKey,
        wanted: &Wanted,
    ) -> Result<(), Absent> {
        match origin {
            Origin::Uploads => self.find_uploaded(key, wanted).await,
            Origin::Server(source) => self.find_on_server(source, key, wanted).await,
        }
    }

    /// Converts a candidate into the cache.
    pub(super) async fn convert(
        &self,
        key: &CacheKey,
        wanted: &Wanted,
        candidate: &Candidate,
        source: &str,
    ) -> Result<(), Absent> {
        let path = |file: &Option<Scratch>| file.as_ref().map(|file| file.path().to_owned());
        let output = Scratch::new(self.caches.unfinished());
        let job = Job {
            kind: key.kind,
            file: candidate.file.path().to_owned(),
            debug_id: match wanted {
                Wanted::Image(_, image) => image.debug_id,
                _ => None,
            },
            bcsymbolmap: path(&candidate.bcsymbolmap),
            il2cpp: path(&candidate.il2cpp),
            bundled: candidate.bundled.clone(),
            output: output.path().to_owned(),
        };
        match self.converter.run(job).await {
            Converted::Done => {}
            Converted::Refused(Absent { status, reason }) => {
                return Err(Absent { status, reason: format!("{source}: {reason}").into() });
            }
            Converted::Failed(problem) => {
                tracing::warn!(kind = key.kind.name(), id = key.id, problem, "symbols cannot be converted");
                return Err(unavailable());
            }
        }
        match self.caches.put(key, output.path(), source, self.clock.now()) {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "converted symbols cannot be kept");
                Err(unavailable())
            }
        }
    }

    /// Converts the first file that can be.
    pub(super) async fn convert_first(
        &self,
        key: &CacheKey,
        wanted: &Wanted,
        source: &str,
        leads: Vec<Lead>,
    ) -> Result<(), Absent> {
        let mut reasons = Vec::new();
        for lead in leads {
            let done = match self.fetch(key, &lead).await {
                Ok(candidate) => self.convert(key, wanted, &candidate, source).await,
                Err(absent) => Err(absent),
            };
            match done {
                Ok(()) => return Ok(()),
                Err(absent) => reasons.push(absent),
            }
        }
        Err(summed_up(reasons))
    }

    /// Brings a file to this disk, with those that it needs.
    async fn fetch(&self, key: &CacheKey, lead: &Lead) -> Result<Candidate, Absent> {
        match lead {
            Lead::DebugFile(file) => self.fetch_uploaded(key, file).await,
            Lead::Bundled(map) => self.fetch_bundled(map).await,
            Lead::Place(source, place, most) => {
                self.fetch_place(key.project, source, place, *most).await.map(Candidate::alone)
            }
        }
    }
}

/// This machine is at fault: it is tried again soon.
pub(super) fn unavailable() -> Absent {
    Absent { status: Status::TimedOut, reason: "could not be read just now".into() }
}

pub(super) fn missing(reason: &str) -> Absent {
    Absent { status: Status::Missing, reason: reason.into() }
}
