//! What a report consists of, each thing as it is counted and stored.

use bytes::Bytes;
use uuid::Uuid;

use crate::{ids::EventId, model::Event, outcome::Category, time::Timestamp};

/// One thing of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Event(Box<Event>),
    Attachment(Attachment),
    /// Of one item.
    Sessions(Vec<SessionUpdate>),
    Feedback(Feedback),
    /// What the client says that it dropped itself.
    ClientReport(Vec<ClientDiscard>),
    /// Of a type, known or unknown, that mayday does not store.
    NotStored {
        category: Category,
        quantity: u64,
    },
    /// Could not be read.
    Invalid {
        category: Category,
        reason: &'static str,
        detail: String,
        event_id: Option<EventId>,
    },
}

/// A file that belongs to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub event_id: EventId,
    /// As the client named it; `attachment` without one.
    pub name: String,
    /// MIME type, as the client gave it or by the name's ending.
    pub content_type: String,
    /// `event.attachment`, `event.minidump`, `event.applecrashreport`, `event.view_hierarchy` …
    pub attachment_type: String,
    pub content: Bytes,
}

/// One state of a session, or a bucket of sessions counted by the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUpdate {
    /// `None` for a bucket.
    pub sid: Option<Uuid>,
    /// Hash of the user (`did`), 0 for none: who it is, is not kept.
    pub user_hash: u64,
    /// Of one session's updates, the greatest counts. Milliseconds since 1970 where the client gave none.
    pub sequence: u64,
    pub started: Timestamp,
    pub release: String,
    pub environment: String,
    /// Whether it is the session's first update.
    pub init: bool,
    /// Whether a bucket counts the session already: then this only says how one of those stands.
    pub is_counted: bool,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// Errors in it that did not end it.
    pub errors: u32,
    /// `ok`, `exited`, `crashed`, `abnormal`, `unhandled`; empty for a bucket.
    pub status: String,
    /// `anr_foreground`, `anr_background` …
    pub abnormal_mechanism: String,
    /// How many sessions it stands for, by how they ended: for a single session, one of them is 1.
    pub exited: u32,
    pub errored: u32,
    pub abnormal: u32,
    pub crashed: u32,
}

/// What a user said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Of the feedback itself.
    pub id: EventId,
    /// The event that it is about.
    pub event_id: Option<EventId>,
    pub name: String,
    pub email: String,
    pub message: String,
    /// Of the page or screen.
    pub url: String,
    pub release: String,
    pub environment: String,
    pub timestamp: Timestamp,
}

/// A number of things that a client dropped, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDiscard {
    pub category: Category,
    /// `queue_overflow`, `before_send`, `sample_rate` …, as the client says.
    pub reason: String,
    pub quantity: u64,
}
