//! From a journalled report to the things in it.

use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    capped::{self, InflateError, InflateLimits},
    crash::{self, CrashFormat},
    entry::Entry,
    ids::EventId,
    items::{attachment, client_report, feedback, session},
    limits,
    model::Event,
    normalize::{self, Arrival},
    outcome::Category,
    raw::{Format, RawReport},
    time::Timestamp,
    wire::{
        envelope::{Envelope, EnvelopeError, Item},
        store,
    },
};

/// Why nothing of a report can be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// The body does not inflate.
    #[error(transparent)]
    Inflate(#[from] InflateError),
    /// The body is no envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl ReportError {
    /// The stable name that the ledger counts it under.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Inflate(error) => error.reason(),
            Self::Envelope(error) => error.reason(),
        }
    }
}

/// What the items of an envelope count as: so many of each category. [`entries_of`] yields entries for as many.
pub fn count(items: &[Item]) -> Vec<(Category, u64)> {
    let mut counted: Vec<(Category, u64)> = Vec::with_capacity(2);
    let mut add = |category, quantity| match counted.iter_mut().find(|(known, _)| *known == category) {
        Some((_, sum)) => *sum += quantity,
        None => counted.push((category, quantity)),
    };
    for item in items {
        let quantity = if is_stored(&item.ty) { 1 } else { item.quantity() };
        add(item.category(), quantity);
    }
    if dump_without_event(items).is_some() {
        add(Category::Error, 1);
    }
    counted
}

/// Whether anything of an envelope is stored.
pub fn any_stored(items: &[Item]) -> bool {
    items.iter().any(|item| is_stored(&item.ty))
}

/// Item types that mayday stores, one entry an item.
fn is_stored(item_type: &str) -> bool {
    let stored = ["event", "attachment", "session", "sessions", "user_report", "feedback", "client_report"];
    stored.contains(&item_type)
}

/// A crash report that no event comes with: it is one by itself.
fn dump_without_event(items: &[Item]) -> Option<&Item> {
    let has_event = items.iter().any(|item| item.ty == "event");
    items.iter().find(|item| !has_event && crash_format(item).is_some())
}

/// The event that an attachment says it belongs to, in an envelope of several: mayday's own, for SDKs send no such header.
fn owner(item: &Item) -> Option<EventId> {
    item.header_text("event_id")?.parse().ok()
}

/// The crash format of an attachment that is one.
fn crash_format(item: &Item) -> Option<CrashFormat> {
    match (item.ty.as_str(), item.header_text("attachment_type")?) {
        ("attachment", "event.minidump") => Some(CrashFormat::Minidump),
        ("attachment", "event.applecrashreport") => match item.payload.first() {
            Some(b'{') => Some(CrashFormat::Ips),
            _ => Some(CrashFormat::Apple),
        },
        _ => None,
    }
}

/// All that a report holds, in order. `body` is the report's, as sent.
pub fn entries_of(
    report: &RawReport,
    body: Bytes,
    limits: &InflateLimits,
) -> Result<Vec<Entry>, ReportError> {
    match report.format {
        Format::Envelope => {
            let envelope = Envelope::parse(capped::inflate(body, &report.encoding, limits)?)?;
            Ok(Reading::new(report, &envelope).entries())
        }
        Format::Store => {
            let payload = store::event_json(body, &report.encoding, limits)?;
            let reading = Reading { report, event_id: Some(report.event_id), sent_at: None, items: &[] };
            Ok(vec![reading.event(&payload, report.event_id, None)])
        }
    }
}

/// An envelope on its way to entries.
struct Reading<'a> {
    report: &'a RawReport,
    /// The event that the envelope's items belong to.
    event_id: Option<EventId>,
    sent_at: Option<Timestamp>,
    items: &'a [Item],
}

impl<'a> Reading<'a> {
    fn new(report: &'a RawReport, envelope: &'a Envelope) -> Self {
        let has_event = envelope.items.iter().any(|item| item.ty == "event");
        let event_id = match envelope.event_id {
            Some(id) => Some(id),
            None => (has_event || dump_without_event(&envelope.items).is_some()).then_some(report.event_id),
        };
        Self { report, event_id, sent_at: envelope.sent_at, items: &envelope.items }
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(self.items.len());
        let mut events = 0;
        for (at, item) in self.items.iter().enumerate() {
            let own_id = EventId(Uuid::from_u128(self.report.event_id.0.as_u128().wrapping_add(at as u128)));
            entries.push(match item.ty.as_str() {
                "event" => {
                    events += 1;
                    let id = self.id_of_event(item, events, own_id);
                    self.event(&item.payload, id, self.dump_of(id))
                }
                _ => self.other(item, own_id),
            });
        }
        if let (Some(dump), Some(id)) = (dump_without_event(self.items), self.event_id) {
            entries.push(self.event(b"{\"platform\":\"native\",\"level\":\"fatal\"}", id, Some(dump)));
        }
        entries
    }

    /// The first event has the envelope's id; where there are more, each says its own.
    fn id_of_event(&self, item: &Item, number: usize, own_id: EventId) -> EventId {
        let first = if number == 1 { self.event_id } else { None };
        let several = self.items.iter().filter(|item| item.ty == "event").count() > 1;
        if !several {
            return first.unwrap_or(own_id);
        }
        let stated = serde_json::from_slice::<Value>(&item.payload).ok();
        let stated = stated.and_then(|event| event.get("event_id")?.as_str()?.trim().parse().ok());
        stated.or(first).unwrap_or(own_id)
    }

    /// The crash report that comes with an event.
    fn dump_of(&self, event_id: EventId) -> Option<&'a Item> {
        let is_of = |item: &&Item| owner(item).is_none_or(|owner| owner == event_id);
        self.items.iter().filter(is_of).find(|item| crash_format(item).is_some())
    }

    fn event(&self, payload: &[u8], event_id: EventId, dump: Option<&Item>) -> Entry {
        let invalid = |reason, detail| {
            let (category, event_id) = (Category::Error, Some(event_id));
            Entry::Invalid { category, reason, detail, event_id }
        };
        if payload.len() > limits::EVENT_BYTES {
            let detail = format!("event of {} bytes exceeds {}", payload.len(), limits::EVENT_BYTES);
            return invalid("too_large", detail);
        }
        let completed = dump.and_then(|dump| completed(payload, dump));
        match self.normalized(completed.as_deref().unwrap_or(payload), event_id) {
            Ok(event) => Entry::Event(Box::new(event)),
            Err(error) => invalid(error.reason(), error.to_string()),
        }
    }

    fn normalized(&self, payload: &[u8], event_id: EventId) -> Result<Event, normalize::EventError> {
        let arrival = Arrival {
            event_id,
            received: self.report.received,
            sent_at: self.sent_at,
            remote_addr: self.report.remote_addr.clone(),
            client: self.report.client.clone(),
        };
        normalize::event_from_json(payload, &arrival)
    }

    fn other(&self, item: &Item, own_id: EventId) -> Entry {
        let received = self.report.received;
        let read = match item.ty.as_str() {
            "attachment" => {
                let event_id = owner(item).or(self.event_id);
                let event_id = event_id.ok_or("envelope header names no event_id to attach it to");
                event_id.map(|id| Entry::Attachment(attachment::read(item, id))).map_err(str::to_owned)
            }
            "session" => session::read_update(&item.payload, received).map(|one| Entry::Sessions(vec![one])),
            "sessions" => session::read_aggregates(&item.payload, received).map(Entry::Sessions),
            "feedback" => feedback::read_feedback(&item.payload, self.event_id.unwrap_or(own_id), received)
                .map(Entry::Feedback),
            "user_report" => feedback::read_user_report(&item.payload, own_id, self.event_id, received)
                .map(Entry::Feedback),
            "client_report" => client_report::read(&item.payload).map(Entry::ClientReport),
            _ => Ok(Entry::NotStored { category: item.category(), quantity: item.quantity() }),
        };
        read.unwrap_or_else(|problem| Entry::Invalid {
            category: item.category(),
            reason: "invalid_item",
            detail: format!("{}: {problem}", item.ty),
            event_id: None,
        })
    }
}

/// The event with what is cheap to read of its crash report, where the event has no exception itself.
fn completed(payload: &[u8], dump: &Item) -> Option<Vec<u8>> {
    let Ok(Value::Object(mut event)) = serde_json::from_slice::<Value>(payload) else { return None };
    if event.contains_key("exception") {
        return None;
    }
    let glance = crash::glance(crash_format(dump)?, &dump.payload).ok()?;
    for (name, value) in glance.event {
        match (event.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(found)) => {
                for (name, value) in found {
                    known.entry(name).or_insert(value);
                }
            }
            (Some(known), value) if known.is_null() => *known = value,
            (Some(_), _) => {}
            (None, value) => {
                event.insert(name, value);
            }
        }
    }
    serde_json::to_vec(&event).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::ProjectId, raw::Body};

    fn report(format: Format) -> RawReport {
        RawReport {
            project_id: ProjectId(7),
            key_id: 1,
            received: Timestamp(1_795_492_921_500),
            event_id: EventId(Uuid::from_u128(9)),
            remote_addr: Some("203.0.113.7".to_owned()),
            client: None,
            format,
            encoding: String::new(),
            body: Body::Inline(Bytes::new()),
            counted: Vec::new(),
            limited: Vec::new(),
        }
    }

    fn read(format: Format, body: &str) -> Result<Vec<Entry>, ReportError> {
        entries_of(&report(format), Bytes::copy_from_slice(body.as_bytes()), &InflateLimits::default())
    }

    /// One word an entry.
    fn words(entries: &[Entry]) -> Vec<String> {
        let word = |entry: &Entry| match entry {
            Entry::Event(event) => format!("event {}", event.event_id.0.as_u128()),
            Entry::Attachment(file) => format!("file {} of {}", file.name, file.event_id.0.as_u128()),
            Entry::Sessions(updates) => format!("{} sessions", updates.len()),
            Entry::Feedback(feedback) => format!("feedback {}", feedback.message),
            Entry::ClientReport(lines) => format!("{} discards", lines.len()),
            Entry::NotStored { category, quantity } => format!("{quantity} {}", category.name()),
            Entry::Invalid { category, reason, .. } => format!("invalid {} {reason}", category.name()),
        };
        entries.iter().map(word).collect()
    }

    #[test]
    fn every_item_becomes_an_entry_and_is_counted() {
        let body = r#"{}
{"type":"session"}
{"sid":"7c7b6585-f901-4351-bf8d-02711b721929"}
{"type":"event"}
{"message":"m"}
{"type":"attachment","filename":"a.txt"}
hello
{"type":"user_report"}
{"comments":"sad"}
{"type":"client_report"}
{"discarded_events":[{"reason":"before_send","category":"error","quantity":2}]}
{"type":"log","item_count":7}
{"items":[]}
{"type":"from_the_future"}
x
{"type":"session"}
nonsense
"#;
        let entries = read(Format::Envelope, body).unwrap();
        assert_eq!(
            words(&entries),
            [
                "1 sessions",
                "event 9",
                "file a.txt of 9",
                "feedback sad",
                "1 discards",
                "7 log_item",
                "1 default",
                "invalid session invalid_item"
            ]
        );
        let items = Envelope::parse(Bytes::copy_from_slice(body.as_bytes())).unwrap().items;
        let counted: Vec<String> =
            count(&items).iter().map(|(category, n)| format!("{n} {}", category.name())).collect();
        assert_eq!(
            counted,
            ["2 session", "1 error", "1 attachment", "1 feedback", "1 internal", "7 log_item", "1 default"]
        );
    }

    #[test]
    fn several_events_keep_their_own_ids() {
        let body = "{}\n{\"type\":\"event\"}\n{\"event_id\":\"0000000000000000000000000000000a\"}\n\
                    {\"type\":\"event\"}\n{\"event_id\":\"0000000000000000000000000000001b\"}\n{\"type\":\"event\"}\n{}\n";
        assert_eq!(words(&read(Format::Envelope, body).unwrap()), ["event 10", "event 27", "event 11"]);
    }

    #[test]
    fn an_attachment_alone_belongs_to_the_event_that_its_envelope_names() {
        let body = |header: &str| format!("{header}\n{{\"type\":\"attachment\",\"filename\":\"a\"}}\nx\n");
        let named = body("{\"event_id\":\"0000000000000000000000000000000c\"}");
        assert_eq!(words(&read(Format::Envelope, &named).unwrap()), ["file a of 12"]);
        let nameless = words(&read(Format::Envelope, &body("{}")).unwrap());
        assert_eq!(nameless, ["invalid attachment invalid_item"]);
    }

    #[test]
    fn an_attachment_that_names_its_event_belongs_to_it() {
        let body = "{\"event_id\":\"0000000000000000000000000000000a\"}\n\
                    {\"type\":\"event\"}\n{\"event_id\":\"0000000000000000000000000000000a\"}\n\
                    {\"type\":\"event\"}\n{\"event_id\":\"0000000000000000000000000000001b\"}\n\
                    {\"type\":\"attachment\",\"filename\":\"a\",\"event_id\":\"0000000000000000000000000000001b\"}\nx\n";
        assert_eq!(words(&read(Format::Envelope, body).unwrap()), ["event 10", "event 27", "file a of 27"]);
    }

    #[test]
    fn unreadable_reports_say_why() {
        let reason = |format, body: &str| read(format, body).unwrap_err().reason();
        assert_eq!(reason(Format::Envelope, "nonsense"), "envelope_framing");
        assert_eq!(reason(Format::Store, "nonsense"), "content_encoding");
        let invalid = |format, body: &str| words(&read(format, body).unwrap());
        let no_json = "{}\n{\"type\":\"event\"}\nnonsense\n";
        assert_eq!(invalid(Format::Envelope, no_json), ["invalid error invalid_json"]);
        let large = format!("{{\"message\":\"{}\"}}", "x".repeat(limits::EVENT_BYTES));
        assert_eq!(invalid(Format::Store, &large), ["invalid error too_large"]);
    }
}
