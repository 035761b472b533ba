//! Stored events, one by one.

use mayday_event::{EventId, GroupHash, ProjectId, Timestamp};

use super::{EventCursor, EventFilter, Window};
use crate::{Store, StoreError};

/// An event in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSummary {
    pub event_id: EventId,
    pub hash: GroupHash,
    pub timestamp: Timestamp,
    pub received: Timestamp,
    pub title: String,
    pub culprit: String,
    pub level: String,
    pub platform: String,
    pub release: String,
    pub environment: String,
    pub user: String,
    pub os_name: String,
    pub os_version: String,
    pub device_family: String,
    pub device_model: String,
    pub tags: Vec<(String, String)>,
}

/// An event with its payload.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    pub project_id: ProjectId,
    pub summary: EventSummary,
    /// `mayday_event::Event` as JSON.
    pub payload: String,
    /// `mayday_grouping::Grouping` as JSON.
    pub grouping: String,
}

/// The events before and after one, of the same hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub oldest: Option<EventId>,
    pub previous: Option<EventId>,
    pub next: Option<EventId>,
    pub newest: Option<EventId>,
}

impl Store {
    /// Events of some hashes (all of the project if empty), newest first, behind `after`.
    pub async fn events(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        window: Window,
        filter: &EventFilter,
        after: Option<EventCursor>,
        limit: usize,
    ) -> Result<Vec<EventSummary>, StoreError> {
        let _ = (project, hashes, window, filter, after, limit);
        Ok(Vec::new())
    }

    /// One event by id.
    pub async fn event(&self, project: ProjectId, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
        let _ = (project, id);
        Ok(None)
    }

    /// The newest event of some hashes, or the oldest.
    pub async fn edge_event(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        newest: bool,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let _ = (project, hashes, newest);
        Ok(None)
    }

    /// The events around one.
    pub async fn neighbours(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        of: EventCursor,
    ) -> Result<Neighbours, StoreError> {
        let _ = (project, hashes, of);
        Ok(Neighbours::default())
    }
}
