//! One log record, however it was written, and what becomes of it.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    super::{
        WireError,
        envelope::Item,
        translate::{derived_id, event_item},
    },
    FORMAT, event,
};
use crate::{ids::EventId, limits};

/// Most crash reports of a request (413); exporters send some hundreds of records at once.
const CRASHES: usize = 10_000;
/// Most that the events of a request may come to, bytes (413): each has all that its records share.
const EVENT_BYTES: usize = limits::INFLATED_BYTES;

/// What records share.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub(super) resource: Map<String, Value>,
    /// The logger's name.
    pub(super) scope: String,
}

/// One record.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Nanoseconds since 1970, 0 if not said.
    pub(super) time_ns: u64,
    /// 1 to 24, 0 if not said.
    pub(super) severity: i64,
    pub(super) severity_text: String,
    pub(super) body: Value,
    pub(super) attributes: Map<String, Value>,
    /// Hexadecimal.
    pub(super) trace_id: String,
    /// Hexadecimal.
    pub(super) span_id: String,
    pub(super) event_name: String,
}

/// Whether something so named is a crash or an exception.
pub(super) fn names_a_crash(event_name: &str) -> bool {
    let last = event_name.rsplit('.').next().unwrap_or_default();
    ["exception", "crash", "anr"].contains(&last)
}

/// Whether this attribute, with this value where it is text, makes a record a crash report.
pub(super) fn tells_of_a_crash(key: &str, text: Option<&str>) -> bool {
    match key {
        "exception.type" | "exception.message" | "exception.stacktrace" => true,
        "event.name" => text.is_some_and(names_a_crash),
        _ => false,
    }
}

/// Gathers the records of a request.
pub(super) struct Records<N> {
    request: [u8; 32],
    new_id: N,
    events: Vec<Item>,
    bytes: usize,
    others: u64,
}

impl<N: FnMut() -> EventId> Records<N> {
    pub(super) fn new(request: &[u8], new_id: N) -> Self {
        let request = Sha256::digest(request).into();
        Self { request, new_id, events: Vec::new(), bytes: 0, others: 0 }
    }

    /// A record that is no crash report, or too large for one.
    pub(super) fn pass_over(&mut self) {
        self.others += 1;
    }

    /// A record that is one.
    pub(super) fn add(&mut self, origin: &Origin, record: Record) -> Result<(), WireError> {
        let id = match record.time_ns {
            0 => (self.new_id)(),
            _ => EventId(derived_id(&[b"otlp", &self.request, &self.events.len().to_le_bytes()])),
        };
        let item = event_item(id, event::event(origin, record));
        self.bytes += item.payload.len();
        if self.events.len() == CRASHES || self.bytes > EVENT_BYTES {
            let problem = format!("more than {CRASHES} crash reports, or {EVENT_BYTES} bytes of them");
            return Err(WireError::too_large(FORMAT, problem));
        }
        self.events.push(item);
        Ok(())
    }

    /// The events, and the number of other records.
    pub(super) fn into_items(self) -> (Vec<Item>, u64) {
        (self.events, self.others)
    }
}
