//! Aggregates by group hash, from the hourly aggregates unless a filter needs raw events.

use std::collections::HashMap;

use mayday_event::{GroupHash, ProjectId, Timestamp};

use super::{EventFilter, HashGroup, Window};
use crate::{Store, StoreError};

/// Of one hash in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashStats {
    pub hash: GroupHash,
    pub events: u64,
    /// Distinct users of this hash alone (HLL estimate).
    pub users: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Of one group of hashes in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupStats {
    pub events: u64,
    /// Distinct users over all its hashes (HLL estimate).
    pub users: u64,
}

/// Counts per bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    Hour,
    /// Days in UTC.
    Day,
}

impl Store {
    /// Every hash of a project that has events in the window and passes the filter; with `users` 0 unless
    /// `with_users`.
    pub async fn hash_stats(
        &self,
        project: ProjectId,
        window: Window,
        filter: &EventFilter,
        with_users: bool,
    ) -> Result<Vec<HashStats>, StoreError> {
        let _ = (project, window, filter, with_users);
        Ok(Vec::new())
    }

    /// Exact events and estimated users of a few groups, by the group's id; a group without events is left out.
    pub async fn group_stats(
        &self,
        project: ProjectId,
        groups: &[HashGroup],
        window: Window,
        filter: &EventFilter,
    ) -> Result<HashMap<u64, GroupStats>, StoreError> {
        let _ = (project, groups, window, filter);
        Ok(HashMap::new())
    }

    /// Events per bucket of a few groups, by the group's id: `(start of bucket, events)` for every bucket of
    /// the window, zeros included, oldest first.
    pub async fn group_series(
        &self,
        project: ProjectId,
        groups: &[HashGroup],
        window: Window,
        interval: Interval,
        filter: &EventFilter,
    ) -> Result<HashMap<u64, Vec<(Timestamp, u64)>>, StoreError> {
        let _ = (project, groups, window, interval, filter);
        Ok(HashMap::new())
    }
}
