//! Events on their way to ClickHouse, of all pipelines: a repetition of one of them is not there to be found yet.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crate::batch::EventKey;

/// The keys of events that are being worked on.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    keys: Mutex<HashSet<EventKey>>,
}

impl InFlight {
    /// Takes those keys that nobody has; returns them.
    pub(crate) fn take(&self, keys: impl Iterator<Item = EventKey>) -> HashSet<EventKey> {
        let mut taken = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.filter(|key| taken.insert(*key)).collect()
    }

    /// Their events are stored, or are no longer worked on.
    pub(crate) fn give_back<'key>(&self, keys: impl Iterator<Item = &'key EventKey>) {
        let mut taken = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            taken.remove(key);
        }
    }
}
