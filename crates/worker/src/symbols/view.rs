//! What symbolication of one record sees of the symbols.

use std::sync::{Mutex, PoisonError};

use mayday_event::{ProjectId, Timestamp};
use mayday_symbolication::{
    Absent, Artifacts, CacheFile, KeptFrames, Status, Wanted,
    caches::{CacheKey, Caches},
};

/// What is at hand now. What is not, and may be had, is noted: symbolication is done again once it was looked for.
#[derive(Debug)]
pub(crate) struct View<'a> {
    caches: &'a Caches,
    project: ProjectId,
    /// Source files may be had one by one.
    with_source_files: bool,
    now: Timestamp,
    state: Mutex<Noted>,
}

/// What was asked for and not there.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// To be looked for.
    pub(crate) unknown: Vec<(CacheKey, Wanted)>,
    /// Not to be had, and why.
    pub(crate) absent: Vec<(CacheKey, Wanted, Absent)>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        caches: &'a Caches,
        project: ProjectId,
        with_source_files: bool,
        now: Timestamp,
    ) -> Self {
        Self { caches, project, with_source_files, now, state: Mutex::default() }
    }

    pub(crate) fn project(&self) -> ProjectId {
        self.project
    }

    /// All that was not there, each once.
    pub(crate) fn into_noted(self) -> Noted {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        if matches!(wanted, Wanted::SourceFile { .. }) && !self.with_source_files {
            return Err(absent(Status::Missing, "no source has source files"));
        }
        let Some(key) = CacheKey::of(self.project, wanted) else {
            return Err(absent(Status::Missing, "the report does not say which build it is of"));
        };
        let found = self.caches.get(&key, self.now);
        let mut noted = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Some(Ok(file)) => Ok(file),
            Some(Err(absent)) => {
                if noted.absent.iter().all(|(known, ..)| *known != key) {
                    noted.absent.push((key, wanted.clone(), absent.clone()));
                }
                Err(absent)
            }
            None => {
                if noted.unknown.iter().all(|(known, _)| *known != key) {
                    noted.unknown.push((key, wanted.clone()));
                }
                Err(absent(Status::TimedOut, "looking for it took too long"))
            }
        }
    }
}

impl Artifacts for View<'_> {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        self.look(wanted)
    }

    fn kept(&self) -> Option<&KeptFrames> {
        Some(self.caches.kept())
    }
}

fn absent(status: Status, reason: &str) -> Absent {
    Absent { status, reason: reason.into() }
}
