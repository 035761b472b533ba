//! Sentry envelopes: framing only; what items hold is read elsewhere.
//!
//! ```text
//! Envelope = Header { "\n" Item } [ "\n" ]
//! Item     = Header [ "\n" Payload ]
//! ```
//!
//! Headers are JSON objects of one line. Only `\n` separates; `\r` belongs to the payload.
//! <https://develop.sentry.dev/sdk/foundations/data-model/envelopes/>

use std::ops::Range;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{ids::EventId, limits, outcome::Category, time::Timestamp};

/// A parsed envelope; payloads share the memory of the bytes it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Of the header; beats the payload's. `None` also if it is no event id.
    pub event_id: Option<EventId>,
    /// The DSN of the header, self-authenticating.
    pub dsn: Option<String>,
    /// When the client sent it, by its clock.
    pub sent_at: Option<Timestamp>,
    /// The header, whole.
    pub header: Map<String, Value>,
    /// In order.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The `type`, known or not.
    pub ty: String,
    /// The item's header, whole.
    pub header: Map<String, Value>,
    /// The payload.
    pub payload: Bytes,
}

impl Item {
    /// An item with nothing but type and length in its header.
    pub fn new(ty: &str, payload: Bytes) -> Self {
        Self { ty: ty.to_owned(), header: Map::new(), payload }
    }

    /// How many things of its category it holds: `item_count` of a container, else one.
    pub fn quantity(&self) -> u64 {
        const MOST: u64 = 100_000;
        let count = self.header.get("item_count").and_then(Value::as_u64);
        count.unwrap_or(1).clamp(1, MOST)
    }

    /// A text of the header.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }
    /// The category that limits and outcomes count it in.
    pub fn category(&self) -> Category {
        match self.ty.as_str() {
            "event" => Category::Error,
            "transaction" => Category::Transaction,
            "attachment" => Category::Attachment,
            "session" | "sessions" => Category::Session,
            "user_report" | "feedback" => Category::Feedback,
            "check_in" => Category::Monitor,
            "span" | "otel_span" => Category::Span,
            "log" | "otel_log" => Category::LogItem,
            "profile" | "profile_chunk" | "profile_chunk_ui" => Category::Profile,
            "replay_event" | "replay_recording" | "replay_video" => Category::Replay,
            "statsd" | "metric_buckets" | "trace_metric" => Category::Metric,
            "client_report" => Category::Internal,
            _ => Category::Default,
        }
    }
}

/// Why bytes are not an envelope that mayday takes. Items count from 1, bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not one byte (400).
    #[error("envelope is empty; it needs at least a header, such as {{}}")]
    Empty,
    /// The first line is no JSON object (400).
    #[error("envelope header is not a JSON object: {problem}")]
    Header {
        /// What the JSON parser said.
        problem: String,
    },
    /// An item's first line is no JSON object (400).
    #[error("item {item} at byte {at}: header is not a JSON object: {problem}")]
    ItemHeader {
        /// Which item.
        item: usize,
        /// Where its header starts.
        at: usize,
        /// What the JSON parser said.
        problem: String,
    },
    /// An item's header names no type (400).
    #[error("item {item} at byte {at}: header has no \"type\", or one that is no text")]
    ItemType {
        /// Which item.
        item: usize,
        /// Where its header starts.
        at: usize,
    },
    /// An item's length makes no sense (400).
    #[error("item {item} at byte {at}: \"length\" is {found}, not a number of bytes")]
    ItemLength {
        /// Which item.
        item: usize,
        /// Where its header starts.
        at: usize,
        /// The value as JSON.
        found: String,
    },
    /// The envelope ends before the item does (400).
    #[error("item {item}: payload at byte {at} ends after {available} of {length} bytes")]
    Truncated {
        /// Which item.
        item: usize,
        /// Where its payload starts.
        at: usize,
        /// The length that its header claims.
        length: u64,
        /// The bytes that are left.
        available: usize,
    },
    /// A payload of given length is followed by something else than a newline (400).
    #[error("item {item}: payload ends at byte {at}, but no newline follows; check its \"length\"")]
    Unterminated {
        /// Which item.
        item: usize,
        /// Where the newline should be.
        at: usize,
    },
    /// A header line is too long (413).
    #[error("header at byte {at} is longer than {limit} bytes")]
    HeaderTooLarge {
        /// Where the header starts.
        at: usize,
        /// The cap.
        limit: usize,
    },
    /// Too many items (413).
    #[error("envelope has more than {limit} items")]
    TooManyItems {
        /// The cap.
        limit: usize,
    },
    /// A payload is larger than its type may be (413).
    #[error("item {item}: {ty} of {length} bytes exceeds {limit}")]
    ItemTooLarge {
        /// Which item.
        item: usize,
        /// Its type.
        ty: String,
        /// Its size in bytes.
        length: usize,
        /// The cap.
        limit: usize,
    },
}

impl EnvelopeError {
    /// Too large for mayday (413) rather than malformed (400).
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::HeaderTooLarge { .. } | Self::TooManyItems { .. } | Self::ItemTooLarge { .. })
    }

    /// The stable name that the ledger counts it under.
    pub fn reason(&self) -> &'static str {
        if self.is_too_large() { "envelope_too_large" } else { "envelope_framing" }
    }
}

impl Envelope {
    /// Reads an envelope by the framing rules of Sentry's document.
    ///
    /// More lenient than the document in one thing: blank lines where an item's header is expected are
    /// skipped.
    pub fn parse(bytes: Bytes) -> Result<Self, EnvelopeError> {
        if bytes.is_empty() {
            return Err(EnvelopeError::Empty);
        }
        let mut reader = Reader { bytes, at: 0 };
        let line = reader.header_line()?;
        let header = json_object(reader.slice(line)).map_err(|problem| EnvelopeError::Header { problem })?;
        let mut items = Vec::new();
        while reader.skip_blank_lines() {
            if items.len() == limits::ENVELOPE_ITEMS {
                return Err(EnvelopeError::TooManyItems { limit: limits::ENVELOPE_ITEMS });
            }
            items.push(reader.item(items.len() + 1)?);
        }
        let text = |key: &str| header.get(key).and_then(Value::as_str);
        Ok(Self {
            event_id: text("event_id").and_then(|id| id.trim().parse().ok()),
            dsn: text("dsn").map(str::to_owned),
            sent_at: text("sent_at").and_then(Timestamp::parse),
            header,
            items,
        })
    }
}

/// An envelope as bytes: this header, these items. Each item's header says its type and length, whatever else it holds.
pub fn write(header: &Map<String, Value>, items: &[Item]) -> Bytes {
    let payloads: usize = items.iter().map(|item| item.payload.len() + 256).sum();
    let mut bytes = Vec::with_capacity(payloads + 256);
    write_line(&mut bytes, header);
    for item in items {
        let mut header = item.header.clone();
        header.insert("type".to_owned(), item.ty.clone().into());
        header.insert("length".to_owned(), item.payload.len().into());
        write_line(&mut bytes, &header);
        bytes.extend_from_slice(&item.payload);
        bytes.push(b'\n');
    }
    bytes.into()
}

fn write_line(bytes: &mut Vec<u8>, header: &Map<String, Value>) {
    bytes.extend_from_slice(Value::from(header.clone()).to_string().as_bytes());
    bytes.push(b'\n');
}

/// The bytes of an envelope and how far they are read.
struct Reader {
    bytes: Bytes,
    at: usize,
}

impl Reader {
    fn rest(&self) -> &[u8] {
        self.slice(self.at..self.bytes.len())
    }

    fn slice(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Whether anything follows them.
    fn skip_blank_lines(&mut self) -> bool {
        self.at += self.rest().iter().take_while(|byte| **byte == b'\n').count();
        self.at < self.bytes.len()
    }

    /// Up to the next newline, which is consumed, or to the end.
    fn line(&mut self) -> Range<usize> {
        let length = memchr::memchr(b'\n', self.rest());
        let line = self.at..self.at + length.unwrap_or(self.bytes.len() - self.at);
        self.at = line.end + usize::from(length.is_some());
        line
    }

    fn header_line(&mut self) -> Result<Range<usize>, EnvelopeError> {
        let line = self.line();
        if line.len() > limits::ENVELOPE_HEADER_BYTES {
            return Err(EnvelopeError::HeaderTooLarge {
                at: line.start,
                limit: limits::ENVELOPE_HEADER_BYTES,
            });
        }
        Ok(line)
    }

    /// The item with this number.
    fn item(&mut self, item: usize) -> Result<Item, EnvelopeError> {
        let line = self.header_line()?;
        let at = line.start;
        let mut header = json_object(self.slice(line)).map_err(|problem| EnvelopeError::ItemHeader {
            item,
            at,
            problem,
        })?;
        let Some(Value::String(ty)) = header.get("type").cloned() else {
            return Err(EnvelopeError::ItemType { item, at });
        };
        let length = match header.get_mut("length") {
            None | Some(Value::Null) => None,
            Some(length) => Some(length.as_u64().ok_or_else(|| EnvelopeError::ItemLength {
                item,
                at,
                found: length.take().to_string(),
            })?),
        };
        let payload = match length {
            Some(length) => self.payload(item, length)?,
            None => self.line(),
        };
        let limit = limits::item_bytes(&ty);
        if payload.len() > limit {
            return Err(EnvelopeError::ItemTooLarge { item, ty, length: payload.len(), limit });
        }
        Ok(Item { ty, header, payload: self.bytes.slice(payload) })
    }

    /// This many bytes and the newline or end that must follow.
    fn payload(&mut self, item: usize, length: u64) -> Result<Range<usize>, EnvelopeError> {
        let (start, available) = (self.at, self.bytes.len() - self.at);
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= available) else {
            return Err(EnvelopeError::Truncated { item, at: start, length, available });
        };
        self.at += length;
        match self.rest().first() {
            None => {}
            Some(b'\n') => self.at += 1,
            Some(_) => return Err(EnvelopeError::Unterminated { item, at: self.at }),
        }
        Ok(start..start + length)
    }
}

fn json_object(line: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
