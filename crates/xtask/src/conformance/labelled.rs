//! Labelled events, each taken the whole way from an envelope to its group.

use std::{fs, path::Path};

use anyhow::{Context, anyhow};
use bytes::Bytes;
use mayday_event::{
    Entry, EventId, GroupHash, ProjectId, RawReport, Timestamp,
    capped::InflateLimits,
    entries_of,
    normalize::Arrival,
    raw::{Body, Format},
};
use mayday_grouping::{GroupedEvent, Rules, group};
use serde::Deserialize;
use serde_json::{Value, json};

/// An event that a person put into a group.
pub(super) struct Labelled {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) theme: String,
    pub(super) family: String,
    /// What mayday makes of it.
    pub(super) grouped: GroupedEvent,
    /// Its hash with other lines, columns and addresses.
    pub(super) moved: GroupHash,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    group: String,
    theme: String,
    family: String,
    event: Value,
}

/// One event a line.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Labelled>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(labelled).collect::<anyhow::Result<_>>().with_context(|| path.display().to_string())
}

fn labelled(line: &str) -> anyhow::Result<Labelled> {
    let Row { id, group: label, theme, family, event } = serde_json::from_str(line)?;
    let grouped = through(&event).map_err(|error| anyhow!("{id}: {error:#}"))?;
    let mut elsewhere = event;
    move_code(&mut elsewhere);
    let moved = through(&elsewhere)?.grouping.hash;
    Ok(Labelled { id, group: label, theme, family, grouped, moved })
}

/// As if the event had just arrived: an envelope whose item has no length, as JavaScript clients send it.
fn through(event: &Value) -> anyhow::Result<GroupedEvent> {
    let received = sent(event);
    let header = json!({ "event_id": event_id(), "sent_at": received.to_string() });
    let report = RawReport {
        project_id: ProjectId(1),
        key_id: 1,
        received,
        event_id: event_id(),
        remote_addr: None,
        client: None,
        format: Format::Envelope,
        encoding: String::new(),
        body: Body::Inline(Bytes::new()),
        counted: Vec::new(),
        limited: Vec::new(),
    };
    let body = format!("{header}\n{}\n{event}\n", json!({ "type": "event" }));
    match entries_of(&report, body.into(), &InflateLimits::default())?.pop() {
        Some(Entry::Event(event)) => Ok(group(*event, &Rules::default())),
        other => Err(anyhow!("no event: {other:?}")),
    }
}

/// The event's own time: the set is older than what retention keeps.
fn sent(event: &Value) -> Timestamp {
    let stamp = event.get("timestamp");
    let text = stamp.and_then(Value::as_str).and_then(Timestamp::parse);
    text.or_else(|| Timestamp::from_seconds(stamp?.as_f64()?)).unwrap_or(arrival().received)
}

/// An arrival whose particulars do not matter.
pub(super) fn arrival() -> Arrival {
    Arrival {
        event_id: event_id(),
        received: Timestamp(1_790_000_000_000),
        sent_at: None,
        remote_addr: None,
        client: None,
    }
}

fn event_id() -> EventId {
    EventId(uuid::Uuid::from_u128(1))
}

/// Changes what another build or run of the same code changes.
fn move_code(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let moved = match (key.as_str(), &*value) {
                    ("lineno" | "colno", Value::Number(number)) => number.as_u64().map(|at| json!(at + 7)),
                    ("instruction_addr" | "image_addr" | "symbol_addr", Value::String(address)) => {
                        moved_address(address)
                    }
                    ("release" | "dist", Value::String(_)) => Some(json!("9.9.9")),
                    _ => None,
                };
                match moved {
                    Some(moved) => *value = moved,
                    None => move_code(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(move_code),
        _ => {}
    }
}

fn moved_address(address: &str) -> Option<Value> {
    let address = u64::from_str_radix(address.strip_prefix("0x")?, 16).ok()?;
    Some(json!(format!("{:#x}", address.wrapping_add(0x1_2340))))
}
