//! OpenTelemetry's protocol: log records that tell of an exception or a crash become events.
//!
//! <https://opentelemetry.io/docs/specs/otlp/>. A record is a crash report if it has one of the attributes
//! `exception.type`, `exception.message` and `exception.stacktrace`, or if its event name (the field, or the attribute
//! `event.name`) is or ends in `exception`, `crash` or `anr` (`device.crash`, `app.crash` …). Other records are counted
//! and not kept.

mod event;
mod json;
mod protobuf;
mod record;
mod stack;

use prost::Message;
use serde_json::{Map, Value, json};

use self::record::Records;
use super::{WireError, envelope::Item};
use crate::ids::EventId;

const FORMAT: &str = "OTLP request";

/// The event that nothing but a stack in text tells of, as a runtime prints it: of Java and Kotlin, JavaScript, Python, obfuscated Dart.
/// `None` if it is in no format that is known here.
pub fn stack_event(text: &str) -> Option<Map<String, Value>> {
    let stack::Told { platform, chain, image } = stack::parse(text, None)?;
    let values: Vec<Value> = chain.into_iter().map(|raised| event::exception(raised, platform)).collect();
    let event = json!({ "platform": platform, "level": "error", "exception": { "values": values },
        "debug_meta": image.map(|image| json!({ "images": [image] })) });
    event.as_object().cloned()
}

/// The messages of `proto/opentelemetry/v1/logs.proto`.
mod proto {
    #![allow(missing_docs, reason = "generated from the .proto file, which has the comments")]
    #![allow(unreachable_pub, clippy::enum_variant_names, reason = "generated")]
    include!(concat!(env!("OUT_DIR"), "/mayday.opentelemetry.v1.rs"));
}

/// A kind of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Log records.
    Logs,
    /// Spans of traces.
    Traces,
    /// Metrics.
    Metrics,
}

impl Signal {
    /// The type of item that counts what is not kept of it.
    fn item_type(self) -> &'static str {
        match self {
            Self::Logs => "otel_log",
            Self::Traces => "otel_span",
            Self::Metrics => "trace_metric",
        }
    }
}

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

/// The items of an `ExportLogsServiceRequest`: an `event` item for each record that is a crash report, and items without
/// payload that count the others. Records have no ids: `new_id` makes them for records without a time; for others the
/// id is made from the request, so that one sent twice is one event.
pub fn log_items(
    body: &[u8],
    encoding: Encoding,
    new_id: impl FnMut() -> EventId,
) -> Result<Vec<Item>, WireError> {
    let mut records = Records::new(body, new_id);
    match encoding {
        Encoding::Protobuf => protobuf::read_logs(body, &mut records)?,
        Encoding::Json => json::read_logs(body, &mut records)?,
    }
    let (mut items, others) = records.into_items();
    items.extend(not_kept(Signal::Logs, others));
    Ok(items)
}

/// Items without payload that count the spans or metrics (or log records) of a request.
pub fn counted(body: &[u8], encoding: Encoding, signal: Signal) -> Result<Vec<Item>, WireError> {
    let count = match encoding {
        Encoding::Protobuf => protobuf::count(body)?,
        Encoding::Json => json::count(body)?,
    };
    Ok(not_kept(signal, count).collect())
}

fn not_kept(signal: Signal, count: u64) -> impl Iterator<Item = Item> {
    /// What an item's count goes up to.
    const MOST: u64 = 100_000;
    (0..count.div_ceil(MOST)).map(move |at| {
        let mut item = Item::new(signal.item_type(), bytes::Bytes::new());
        item.header.insert("item_count".to_owned(), (count - at * MOST).min(MOST).into());
        item
    })
}

/// The body that refuses a protobuf request: a `google.rpc.Status`, whose code clients do not look at.
pub fn status(message: String) -> Vec<u8> {
    proto::Status { code: 0, message }.encode_to_vec()
}

#[cfg(test)]
mod tests;
