//! Counts over all issues of a project: they put a list in order and say which issues a search finds; the numbers in a
//! page's rows are counted anew each time.

use mayday_event::ProjectId;
use mayday_store::{
    Store, StoreError,
    queries::{Condition, Window, search::Matches},
};

use super::kept::Answer;

/// Of fewer fingerprints, counts are never kept: they cannot be what is slow.
const MANY: usize = 200;

/// What is counted, by fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) project: ProjectId,
    /// Of whole hours, as the store counts.
    pub(super) window: Window,
    /// Events that meet one or more of these; none: all events.
    pub(super) conditions: Vec<Condition>,
    pub(super) with_users: bool,
}

impl Answer for Vec<Matches> {
    fn is_of_much(&self) -> bool {
        self.len() >= MANY
    }
}

impl Asked {
    pub(super) async fn count(&self, store: &Store) -> Result<Vec<Matches>, StoreError> {
        let Self { project, window, conditions, with_users } = self;
        if !conditions.is_empty() {
            return store.matches(*project, *window, conditions, *with_users).await;
        }
        let stats = store.hash_stats(*project, *window, &Condition::default(), *with_users).await?;
        let all = stats.into_iter().map(|of| Matches {
            hash: of.hash,
            alternatives: 0,
            events: of.events,
            users: of.users,
        });
        Ok(all.collect())
    }
}
