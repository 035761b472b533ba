//! Typed queries; each is scoped to one project and limited in time and memory.

use mayday_event::{EventId, GroupHash, Timestamp};

pub mod events;
pub mod issues;
pub mod tags;

/// A half-open span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What narrows raw events besides project, hashes and time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub release: Option<String>,
    pub environment: Option<String>,
}

/// Place in a list of events sorted by time and id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventCursor {
    pub timestamp: Timestamp,
    pub event_id: EventId,
}

/// An issue, as the store needs it: a number the caller chooses, and the hashes that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashGroup {
    pub id: u64,
    pub hashes: Vec<GroupHash>,
}
