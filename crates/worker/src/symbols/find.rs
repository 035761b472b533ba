//! From the files of a source to a file in the cache.

use std::sync::Arc;

use mayday_event::ProjectId;
use mayday_symbolication::{
    Absent, Status, Wanted,
    caches::{CacheKey, Job},
    convert::Bundled,
    sources::SourceSettings,
};

use super::{
    Symbols, bundles::InBundle, converter::Converted, prepare::summed_up, scratch::Scratch, shared,
    uploads::Upload,
};

/// Where files come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Uploads,
    Server(Arc<SourceSettings>),
}

/// A file of a source that may be what is wanted, where it is.
#[derive(Debug)]
pub(super) enum Lead {
    Upload(Box<Upload>),
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
            match self.follow(key, wanted, source, &lead).await {
                Ok(()) => return Ok(()),
                Err(absent) => reasons.push(absent),
            }
        }
        Err(summed_up(reasons))
    }

    /// Has what a file is converted to in the cache: another worker may have done it, else it is done here.
    async fn follow(&self, key: &CacheKey, wanted: &Wanted, source: &str, lead: &Lead) -> Result<(), Absent> {
        let shared = self.sharing.as_ref().map(|sharing| (sharing, shared::name(key, wanted, lead)));
        if let Some((sharing, name)) = &shared
            && self.take_shared(sharing, name, key, source).await
        {
            return Ok(());
        }
        let candidate = self.fetch(key, lead).await?;
        let converted = self.convert(key, wanted, &candidate, source).await?;
        let spare = shared.map(|(sharing, name)| (sharing, name, self.linked(&converted)));
        self.keep(key, &converted, source)?;
        if let Some((sharing, name, file)) = spare {
            sharing.send(self.blobs.clone(), name, file);
        }
        Ok(())
    }

    /// Converts a candidate.
    async fn convert(
        &self,
        key: &CacheKey,
        wanted: &Wanted,
        candidate: &Candidate,
        source: &str,
    ) -> Result<Scratch, Absent> {
        let path = |file: &Option<Scratch>| file.as_ref().map(|file| file.path().to_owned());
        let output = Scratch::new(self.caches.unfinished());
        let job = Job {
            kind: key.kind,
            file: candidate.file.path().to_owned(),
            debug_id: wanted.debug_id(),
            bcsymbolmap: path(&candidate.bcsymbolmap),
            il2cpp: path(&candidate.il2cpp),
            bundled: candidate.bundled.clone(),
            output: output.path().to_owned(),
        };
        match self.converter.run(job).await {
            Converted::Done => Ok(output),
            Converted::Refused(Absent { status, reason }) => {
                Err(Absent { status, reason: format!("{source}: {reason}").into() })
            }
            Converted::Failed(problem) => {
                tracing::warn!(kind = key.kind.name(), id = key.id, problem, "symbols cannot be converted");
                Err(unavailable())
            }
        }
    }

    /// Takes what was converted into the cache.
    pub(super) fn keep(&self, key: &CacheKey, converted: &Scratch, source: &str) -> Result<(), Absent> {
        let kept = self.caches.put(key, converted.path(), source, self.clock.now());
        kept.map(drop).map_err(|error| {
            tracing::warn!(%error, "converted symbols cannot be kept");
            unavailable()
        })
    }

    /// Brings a file to this disk, with those that it needs.
    async fn fetch(&self, key: &CacheKey, lead: &Lead) -> Result<Candidate, Absent> {
        match lead {
            Lead::Upload(upload) => self.fetch_uploaded(upload).await,
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
