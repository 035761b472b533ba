//! Which projects have a server of source files: only theirs are looked for one by one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_event::ProjectId;

/// Projects that are remembered.
const PROJECTS: usize = 10_000;

/// What was seen when a project's sources were last read.
#[derive(Debug, Default)]
pub(super) struct SourceServers {
    known: Mutex<HashMap<ProjectId, bool>>,
}

impl SourceServers {
    /// Whether a project has such a server, or nobody looked yet: who asks finds out.
    pub(super) fn may_have(&self, project: ProjectId) -> bool {
        *self.lock().get(&project).unwrap_or(&true)
    }

    pub(super) fn note(&self, project: ProjectId, has: bool) {
        let mut known = self.lock();
        if known.len() >= PROJECTS {
            known.clear();
        }
        known.insert(project, has);
    }

    /// The project's sources are others now.
    pub(super) fn forget(&self, project: ProjectId) {
        self.lock().remove(&project);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ProjectId, bool>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
