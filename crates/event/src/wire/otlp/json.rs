//! Requests in JSON: names in camel case, ids in hexadecimal, 64-bit numbers as text.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    super::{
        WireError,
        translate::{Members, text_of},
    },
    FORMAT,
    record::{Origin, Record, Records, names_a_crash, tells_of_a_crash},
};
use crate::{ids::EventId, limits, normalize};

/// A request of any signal.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default, alias = "resourceLogs", alias = "resourceSpans", alias = "resourceMetrics")]
    of_resources: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct OfResource<'a> {
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "scopeLogs", alias = "scopeSpans", alias = "scopeMetrics")]
    of_scopes: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct OfScope<'a> {
    #[serde(borrow, default)]
    scope: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "logRecords", alias = "spans", alias = "metrics")]
    ones: Option<Vec<&'a RawValue>>,
}

pub(super) fn read_logs(
    body: &[u8],
    records: &mut Records<impl FnMut() -> EventId>,
) -> Result<(), WireError> {
    let text = normalize::foreign_text(body);
    let request: Request<'_> = parse(&text)?;
    for of_resource in request.of_resources.into_iter().flatten() {
        let of_resource: OfResource<'_> = parse(of_resource.get())?;
        let resource = attributes(shared(of_resource.resource)?.take_list("attributes"));
        let mut origin = Origin { resource, scope: String::new() };
        for of_scope in of_resource.of_scopes.into_iter().flatten() {
            let of_scope: OfScope<'_> = parse(of_scope.get())?;
            origin.scope = shared(of_scope.scope)?.take_text("name").unwrap_or_default();
            for record in of_scope.ones.into_iter().flatten() {
                read_record(record, &origin, records)?;
            }
        }
    }
    Ok(())
}

fn read_record(
    record: &RawValue,
    origin: &Origin,
    records: &mut Records<impl FnMut() -> EventId>,
) -> Result<(), WireError> {
    if record.get().len() > limits::EVENT_BYTES {
        records.pass_over();
        return Ok(());
    }
    let mut found = object(record)?;
    let attributes = attributes(found.take_list("attributes"));
    let event_name = found.take_text("eventName").unwrap_or_default();
    let tells = |(key, value): (&String, &Value)| tells_of_a_crash(key, value.as_str());
    if !names_a_crash(&event_name) && !attributes.iter().any(tells) {
        records.pass_over();
        return Ok(());
    }
    let time = |found: &mut Map<String, Value>, key| found.take(key).as_ref().and_then(integer).unwrap_or(0);
    let time_ns = match time(&mut found, "timeUnixNano") {
        0 => time(&mut found, "observedTimeUnixNano"),
        time => time,
    };
    let text = |found: &mut Map<String, Value>, key| found.take_text(key).unwrap_or_default();
    records.add(
        origin,
        Record {
            time_ns: time_ns.try_into().unwrap_or(0),
            severity: time(&mut found, "severityNumber"),
            severity_text: text(&mut found, "severityText"),
            body: found.take("body").map(value).unwrap_or_default(),
            attributes,
            trace_id: text(&mut found, "traceId"),
            span_id: text(&mut found, "spanId"),
            event_name,
        },
    )
}

/// The spans, metrics or log records of a request.
pub(super) fn count(body: &[u8]) -> Result<u64, WireError> {
    let text = normalize::foreign_text(body);
    let request: Request<'_> = parse(&text)?;
    let mut count = 0;
    for of_resource in request.of_resources.into_iter().flatten() {
        let of_resource: OfResource<'_> = parse(of_resource.get())?;
        for of_scope in of_resource.of_scopes.into_iter().flatten() {
            let of_scope: OfScope<'_> = parse(of_scope.get())?;
            count += of_scope.ones.map_or(0, |ones| ones.len() as u64);
        }
    }
    Ok(count)
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, WireError> {
    serde_json::from_str(text).map_err(|error| WireError::malformed(FORMAT, error))
}

fn shared(raw: Option<&RawValue>) -> Result<Map<String, Value>, WireError> {
    let Some(raw) = raw else { return Ok(Map::new()) };
    if raw.get().len() > limits::EVENT_BYTES {
        let problem =
            format!("resource or scope of {} bytes exceeds {}", raw.get().len(), limits::EVENT_BYTES);
        return Err(WireError::too_large(FORMAT, problem));
    }
    object(raw)
}

fn object(raw: &RawValue) -> Result<Map<String, Value>, WireError> {
    match normalize::foreign_value(raw.get()) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(WireError::malformed(FORMAT, "a resource, scope or record is not an object")),
        Err(problem) => Err(WireError::malformed(FORMAT, problem)),
    }
}

fn attributes(list: Vec<Value>) -> Map<String, Value> {
    let pair = |pair| {
        let Value::Object(mut pair) = pair else { return None };
        Some((pair.take_text("key")?, pair.take("value").map(value).unwrap_or_default()))
    };
    list.into_iter().filter_map(pair).collect()
}

/// An `AnyValue`: an object whose one member says its type.
fn value(any: Value) -> Value {
    let Value::Object(any) = any else { return Value::Null };
    let Some((ty, found)) = any.into_iter().next() else { return Value::Null };
    let list = |found: Value| match found {
        Value::Object(mut list) => list.take_list("values"),
        _ => Vec::new(),
    };
    match ty.as_str() {
        "intValue" => integer(&found).map_or(found, Value::from),
        "arrayValue" => list(found).into_iter().map(value).collect(),
        "kvlistValue" => attributes(list(found)).into(),
        _ => text_of(&found).map_or(Value::Null, |_| found),
    }
}

/// 64 bits do not fit into JavaScript's numbers, so they come as text.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
