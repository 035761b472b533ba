//! Requests in protobuf.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use prost::{DecodeError, Message};
use serde_json::{Map, Value};

use super::{
    super::{WireError, protobuf as walk},
    FORMAT,
    proto::{self, any_value},
    record::{Origin, Record, Records, names_a_crash, tells_of_a_crash},
};
use crate::{ids::EventId, limits};

pub(super) fn read_logs(
    body: &[u8],
    records: &mut Records<impl FnMut() -> EventId>,
) -> Result<(), WireError> {
    for resource_logs in children(body, 1) {
        let resource_logs = resource_logs?;
        let resource: proto::Resource = shared(resource_logs)?;
        let mut origin = Origin { resource: attributes(resource.attributes), scope: String::new() };
        for scope_logs in children(resource_logs, 2) {
            let scope_logs = scope_logs?;
            let scope: proto::InstrumentationScope = shared(scope_logs)?;
            origin.scope = text(&scope.name);
            for record in children(scope_logs, 2) {
                read_record(record?, &origin, records)?;
            }
        }
    }
    Ok(())
}

fn read_record(
    record: &[u8],
    origin: &Origin,
    records: &mut Records<impl FnMut() -> EventId>,
) -> Result<(), WireError> {
    if record.len() > limits::EVENT_BYTES {
        records.pass_over();
        return Ok(());
    }
    let record = proto::LogRecord::decode(record).map_err(malformed)?;
    if !is_crash(&record) {
        records.pass_over();
        return Ok(());
    }
    let time_ns = match record.time_unix_nano {
        0 => record.observed_time_unix_nano,
        time => time,
    };
    records.add(
        origin,
        Record {
            time_ns,
            severity: record.severity_number.into(),
            severity_text: text(&record.severity_text),
            body: record.body.map(value).unwrap_or_default(),
            attributes: attributes(record.attributes),
            trace_id: hex::encode(&record.trace_id),
            span_id: hex::encode(&record.span_id),
            event_name: text(&record.event_name),
        },
    )
}

/// Before anything of it is copied: most records are not.
fn is_crash(record: &proto::LogRecord) -> bool {
    let said = |bytes: &Bytes| str::from_utf8(bytes).is_ok_and(names_a_crash);
    said(&record.event_name)
        || record.attributes.iter().any(|attribute| {
            let text = match &attribute.value {
                Some(proto::AnyValue { value: Some(any_value::Value::StringValue(text)) }) => {
                    str::from_utf8(text).ok()
                }
                _ => None,
            };
            str::from_utf8(&attribute.key).is_ok_and(|key| tells_of_a_crash(key, text))
        })
}

/// The spans, metrics or log records of a request: the three signals number their fields alike.
pub(super) fn count(body: &[u8]) -> Result<u64, WireError> {
    let mut count = 0;
    for of_resource in children(body, 1) {
        for of_scope in children(of_resource?, 2) {
            for one in children(of_scope?, 2) {
                one?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// The resource or scope: field 1 of what holds its records, which must not be larger than an event.
fn shared<M: Message + Default>(parent: &[u8]) -> Result<M, WireError> {
    let Some(message) = children(parent, 1).next() else { return Ok(M::default()) };
    let message = message?;
    if message.len() > limits::EVENT_BYTES {
        let problem = format!("resource or scope of {} bytes exceeds {}", message.len(), limits::EVENT_BYTES);
        return Err(WireError::too_large(FORMAT, problem));
    }
    M::decode(message).map_err(malformed)
}

fn malformed(error: DecodeError) -> WireError {
    WireError::malformed(FORMAT, error)
}

/// The messages in the field with this number, one by one.
fn children(message: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], WireError>> {
    let children = walk::children(message, number);
    children.map(|child| child.map_err(|problem| WireError::malformed(FORMAT, problem)))
}

fn attributes(list: Vec<proto::KeyValue>) -> Map<String, Value> {
    list.into_iter().map(|pair| (text(&pair.key), pair.value.map(value).unwrap_or_default())).collect()
}

fn value(any: proto::AnyValue) -> Value {
    match any.value {
        None => Value::Null,
        Some(any_value::Value::StringValue(bytes)) => text(&bytes).into(),
        Some(any_value::Value::BoolValue(value)) => value.into(),
        Some(any_value::Value::IntValue(value)) => value.into(),
        Some(any_value::Value::DoubleValue(value)) => value.into(),
        Some(any_value::Value::ArrayValue(list)) => list.values.into_iter().map(value).collect(),
        Some(any_value::Value::KvlistValue(list)) => attributes(list.values).into(),
        Some(any_value::Value::BytesValue(bytes)) => STANDARD.encode(bytes).into(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
