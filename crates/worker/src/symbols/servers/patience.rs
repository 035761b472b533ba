//! A server that does not answer costs one time-out, not one for each file.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_event::{ProjectId, Timestamp};
use mayday_symbolication::{Absent, Status, sources::SourceSettings};

/// For how long a server is not asked after it did not answer.
const REST_MS: i64 = 60_000;
/// Servers that are remembered.
const SERVERS: usize = 1000;

/// Servers that did not answer, and when.
#[derive(Debug, Default)]
pub(in crate::symbols) struct Patience {
    lost: Mutex<HashMap<(ProjectId, String), Timestamp>>,
}

impl Patience {
    /// Whether a server may be asked.
    pub(super) fn check(
        &self,
        project: ProjectId,
        source: &SourceSettings,
        now: Timestamp,
    ) -> Result<(), Absent> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match lost.get(&(project, source.name.clone())) {
            Some(at) if now.since_ms(*at) < REST_MS => {
                let reason = format!("{} did not answer a moment ago", source.name);
                Err(Absent { status: Status::TimedOut, reason: reason.into() })
            }
            _ => Ok(()),
        }
    }

    /// A server did not answer.
    pub(super) fn lose(&self, project: ProjectId, source: &SourceSettings, now: Timestamp) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.len() >= SERVERS {
            lost.clear();
        }
        lost.insert((project, source.name.clone()), now);
    }
}
