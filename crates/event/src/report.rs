//! From a journalled report to the event in it.

use bytes::Bytes;

use crate::{
    capped::{self, InflateError, InflateLimits},
    limits,
    model::Event,
    normalize::{self, Arrival, EventError},
    raw::{Format, RawReport},
    time::Timestamp,
    wire::{
        envelope::{Envelope, EnvelopeError, Item},
        store,
    },
};

/// Why a report yields no event.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// The body does not inflate.
    #[error(transparent)]
    Inflate(#[from] InflateError),
    /// The body is no envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The event's payload cannot be read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A `/store/` body is too large once inflated.
    #[error("event of {length} bytes exceeds {limit}")]
    TooLarge {
        /// Its size in bytes.
        length: usize,
        /// The cap.
        limit: usize,
    },
    /// The envelope holds no event.
    #[error("envelope has no event among its {} items", items.len())]
    NoEvent {
        /// What it holds instead.
        items: Vec<Item>,
    },
}

impl ReportError {
    /// The stable name that the ledger counts it under.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Inflate(error) => error.reason(),
            Self::Envelope(error) => error.reason(),
            Self::Event(error) => error.reason(),
            Self::TooLarge { .. } => "too_large",
            Self::NoEvent { .. } => "no_event",
        }
    }
}

/// The report's event, normalised, and the other items of its envelope in order.
///
/// An envelope holds at most one event; should it hold more, the first counts and the rest are among the
/// other items.
pub fn events_of(report: &RawReport, limits: &InflateLimits) -> Result<(Event, Vec<Item>), ReportError> {
    match report.format {
        Format::Envelope => {
            let body = capped::inflate(report.body.clone(), &report.encoding, limits)?;
            let envelope = Envelope::parse(body)?;
            let mut items = envelope.items;
            let Some(position) = items.iter().position(|item| item.ty == "event") else {
                return Err(ReportError::NoEvent { items });
            };
            let payload = items.remove(position).payload;
            Ok((normalized(report, &payload, envelope.sent_at)?, items))
        }
        Format::Store => {
            let payload = store::event_json(report.body.clone(), &report.encoding, limits)?;
            Ok((normalized(report, &payload, None)?, Vec::new()))
        }
    }
}

fn normalized(report: &RawReport, payload: &Bytes, sent_at: Option<Timestamp>) -> Result<Event, ReportError> {
    if payload.len() > limits::EVENT_BYTES {
        return Err(ReportError::TooLarge { length: payload.len(), limit: limits::EVENT_BYTES });
    }
    let arrival = Arrival {
        event_id: report.event_id,
        received: report.received,
        sent_at,
        remote_addr: report.remote_addr.clone(),
        client: report.client.clone(),
    };
    Ok(normalize::event_from_json(payload, &arrival)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventId, ProjectId};

    fn report(format: Format, body: &str) -> RawReport {
        RawReport {
            project_id: ProjectId(7),
            received: Timestamp(1_795_492_921_500),
            event_id: EventId(uuid::Uuid::from_u128(9)),
            remote_addr: Some("203.0.113.7".to_owned()),
            client: None,
            format,
            encoding: String::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn read(format: Format, body: &str) -> Result<(Event, Vec<Item>), ReportError> {
        let record = report(format, body).encode();
        events_of(&RawReport::decode(record).unwrap(), &InflateLimits::default())
    }

    #[test]
    fn a_report_comes_back_from_the_journal_as_it_went_in() {
        let report = report(Format::Store, "{}");
        assert_eq!(RawReport::decode(report.encode()).unwrap(), report);
        assert!(RawReport::decode(Bytes::from_static(b"\xff\xff")).is_err());
        assert!(RawReport::decode(Bytes::new()).is_err());
    }

    #[test]
    fn an_envelopes_event_is_read_and_its_other_items_are_kept() {
        let body = "{}\n{\"type\":\"session\"}\n{}\n{\"type\":\"event\"}\n{\"message\":\"m\"}\n{\"type\":\"event\"}\n{}\n";
        let (event, items) = read(Format::Envelope, body).unwrap();
        assert_eq!(event.event_id, EventId(uuid::Uuid::from_u128(9)));
        assert_eq!(event.logentry.unwrap().formatted.as_deref(), Some("m"));
        let types: Vec<&str> = items.iter().map(|item| item.ty.as_str()).collect();
        assert_eq!(types, ["session", "event"]);
    }

    #[test]
    fn reports_without_an_event_say_why() {
        let reason = |format, body: &str| read(format, body).unwrap_err().reason();
        assert_eq!(reason(Format::Envelope, "{}\n{\"type\":\"session\"}\n{}\n"), "no_event");
        assert_eq!(reason(Format::Envelope, "nonsense"), "envelope_framing");
        assert_eq!(reason(Format::Envelope, "{}\n{\"type\":\"event\"}\nnonsense\n"), "invalid_json");
        assert_eq!(reason(Format::Store, "nonsense"), "content_encoding");
        let large = format!("{{\"message\":\"{}\"}}", "x".repeat(limits::EVENT_BYTES));
        assert_eq!(reason(Format::Store, &large), "too_large");
    }
}
