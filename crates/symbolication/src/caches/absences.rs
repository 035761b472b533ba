//! That something is not to be had, and until when nobody asks again.

use std::collections::HashMap;

use mayday_event::{ProjectId, Timestamp};

use super::CacheKey;
use crate::{Absent, ArtifactKind, Status};

/// Most that is remembered: clients make ids up, and each takes some hundred bytes.
const MOST: usize = 100_000;

/// What is not to be had.
#[derive(Debug, Default)]
pub(super) struct Absences {
    known: HashMap<CacheKey, Absence>,
}

#[derive(Debug)]
struct Absence {
    absent: Absent,
    until: Timestamp,
    /// How often it was looked for in vain, in a row.
    tries: u32,
}

impl Absences {
    /// Why there is no such file, unless it is time to look again.
    pub(super) fn get(&self, key: &CacheKey, now: Timestamp) -> Option<Absent> {
        let absence = self.known.get(key)?;
        (now < absence.until).then(|| absence.absent.clone())
    }

    /// Remembers a reason, the longer the more often there was one.
    pub(super) fn note(&mut self, key: CacheKey, absent: Absent, now: Timestamp) {
        if self.known.len() >= MOST && !self.known.contains_key(&key) {
            self.known.retain(|_, absence| now < absence.until);
            if self.known.len() >= MOST {
                self.known.clear();
            }
        }
        let tries = self.known.get(&key).map_or(0, |known| known.tries.saturating_add(1));
        let until = now.plus_ms(age_ms(absent.status, tries));
        self.known.insert(key, Absence { absent, until, tries });
    }

    pub(super) fn forget(&mut self, project: ProjectId, id: &str) {
        for kind in ArtifactKind::ALL {
            self.known.remove(&CacheKey { project, kind, id: id.to_owned() });
        }
    }

    pub(super) fn forget_project(&mut self, project: ProjectId) {
        self.known.retain(|key, _| key.project != project);
    }
}

/// For how long a reason holds: four times longer each time, up to a day.
fn age_ms(status: Status, tries: u32) -> i64 {
    const MINUTE: i64 = 60_000;
    let first = match status {
        Status::TimedOut => MINUTE,
        Status::Missing | Status::Mismatch | Status::Found => 10 * MINUTE,
        // The same bytes stay malformed.
        Status::Malformed => return Timestamp::DAY_MS,
    };
    first.saturating_mul(1 << (2 * tries.min(10))).min(Timestamp::DAY_MS)
}
