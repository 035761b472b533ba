//! Sentry envelopes: framing only; what items hold is read elsewhere.

use bytes::Bytes;

use crate::{ids::EventId, outcome::Category, time::Timestamp};

/// A parsed envelope; payloads share the memory of the bytes it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Of the header; beats the payload's.
    pub event_id: Option<EventId>,
    /// The DSN of the header, self-authenticating.
    pub dsn: Option<String>,
    /// When the client sent it, by its clock.
    pub sent_at: Option<Timestamp>,
    /// The header, whole.
    pub header: serde_json::Map<String, serde_json::Value>,
    /// In order.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The `type`, known or not.
    pub ty: String,
    /// The item's header, whole.
    pub header: serde_json::Map<String, serde_json::Value>,
    /// The payload.
    pub payload: Bytes,
}

impl Item {
    /// The category that limits and outcomes count it in.
    pub fn category(&self) -> Category {
        match self.ty.as_str() {
            "event" => Category::Error,
            "transaction" => Category::Transaction,
            "attachment" => Category::Attachment,
            "session" | "sessions" => Category::Session,
            "user_report" | "feedback" => Category::Feedback,
            _ => Category::Default,
        }
    }
}

/// Why bytes are not an envelope (400); says which item and byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// To be refined by kind.
    #[error("{0}")]
    Malformed(String),
}

impl Envelope {
    /// Reads an envelope by the framing rules of Sentry's document.
    pub fn parse(bytes: Bytes) -> Result<Self, EnvelopeError> {
        let _ = bytes;
        Err(EnvelopeError::Malformed("not yet".into()))
    }
}
