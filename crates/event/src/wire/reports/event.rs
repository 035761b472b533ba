//! From a crash, error or ANR to an `event` item.

use serde_json::{Map, Value, json};

use super::{
    context::{Shared, said, texts, user},
    proto::{self, report::What},
    stack::{Stacks, exception_of_death, meta},
    wrong::Wrong,
};
use crate::{
    ids::EventId,
    limits,
    time::Timestamp,
    wire::{
        envelope::Item,
        translate::{Members, event_item},
    },
};

/// Deepest nesting of an app's own JSON; normalisation keeps less, and an event deeper than 128 is none.
const JSON_DEPTH: usize = 100;
/// Largest JSON of an event before some of it is left out: room for its id and a note.
const ROOM: usize = limits::EVENT_BYTES - 1024;

pub(super) fn item(
    id: EventId,
    at: Option<Timestamp>,
    what: What,
    details: proto::Details,
    shared: &Shared,
) -> Result<Item, Wrong> {
    let mut event = shared.event.clone();
    event.put("timestamp", at.map(|at| at.to_string()));
    let mut stacks = Stacks::new(&shared.images);
    let on = raised_on(&what, &details.threads);
    let flag = if matches!(what, What::Error(_)) { "current" } else { "crashed" };
    match what {
        What::Crash(crash) => {
            put_crash(&mut event, crash, &mut stacks).map_err(|wrong| wrong.within("crash"))
        }
        What::Error(error) => {
            put_error(&mut event, error, &mut stacks).map_err(|wrong| wrong.within("error"))
        }
        What::Anr(anr) => {
            put_anr(&mut event, anr);
            Ok(())
        }
        What::Session(_) | What::Attachment(_) => Err(Wrong::malformed("no event")),
    }?;
    put_thread_of_outermost(&mut event, on);
    put_details(&mut event, details, &mut stacks, flag).map_err(|wrong| wrong.within("details"))?;
    let images = stacks.images();
    event.put("debug_meta", (!images.is_empty()).then(|| json!({ "images": images })));
    let mut item = event_item(id, event);
    if item.payload.len() > ROOM {
        let mut event: Map<String, Value> = serde_json::from_slice(&item.payload).unwrap_or_default();
        leave_out_frames(&mut event);
        item = event_item(id, event);
    }
    match item.payload.len() {
        length if length > limits::EVENT_BYTES => Err(Wrong::too_large(format!(
            "as JSON, its {length} bytes exceed {}: send fewer frames or breadcrumbs",
            limits::EVENT_BYTES
        ))),
        _ => Ok(item),
    }
}

/// Of the threads that it did not happen on.
fn leave_out_frames(event: &mut Map<String, Value>) {
    let threads = event.get_mut("threads").and_then(|threads| threads.get_mut("values"));
    let mut count = 0;
    for thread in threads.and_then(Value::as_array_mut).into_iter().flatten() {
        let is_its = ["crashed", "current", "main"].iter().any(|flag| thread[flag] == true);
        if !is_its && thread.as_object_mut().is_some_and(|thread| thread.remove("stacktrace").is_some()) {
            count += 1;
        }
    }
    if count > 0 {
        let mut extra = event.take_object("extra");
        let note = format!("the frames of {count} threads, for the event was larger than {ROOM} bytes");
        extra.insert("left out".to_owned(), note.into());
        event.put_object("extra", extra);
    }
}

/// The thread that it happened on.
fn raised_on(what: &What, threads: &[proto::Thread]) -> Option<u64> {
    let crashed = threads.iter().find(|thread| thread.crashed);
    let main = || threads.iter().find(|thread| thread.main);
    let thread = if matches!(what, What::Anr(_)) { crashed.or_else(main) } else { crashed };
    thread.map(|thread| thread.id)
}

fn put_crash(
    event: &mut Map<String, Value>,
    crash: proto::Crash,
    stacks: &mut Stacks<'_>,
) -> Result<(), Wrong> {
    event.insert("level".to_owned(), "fatal".into());
    let mechanism = said(crash.mechanism.clone()).unwrap_or_else(|| {
        let ty = match (&crash.mach_exception, &crash.signal) {
            (Some(_), _) => "mach",
            (None, Some(_)) => "signal",
            (None, None) => "crash",
        };
        ty.to_owned()
    });
    let of_death = exception_of_death(&crash);
    let mut crash = crash;
    let mut exceptions = exceptions(std::mem::take(&mut crash.exceptions), stacks)?;
    let synthetic = exceptions.is_empty();
    if synthetic {
        exceptions.push(of_death.ok_or_else(|| {
            Wrong::malformed("it says nothing: give exceptions, signal, mach_exception or reason")
        })?);
    }
    let mut object = Map::new();
    object.insert("type".to_owned(), mechanism.into());
    object.insert("handled".to_owned(), false.into());
    object.put("synthetic", synthetic.then_some(true));
    object.put_object("meta", meta(crash));
    put_exceptions(event, exceptions, object);
    Ok(())
}

fn put_error(
    event: &mut Map<String, Value>,
    error: proto::HandledError,
    stacks: &mut Stacks<'_>,
) -> Result<(), Wrong> {
    let level = level(error.level()).unwrap_or("error");
    event.insert("level".to_owned(), level.into());
    let exceptions = exceptions(error.exceptions, stacks)?;
    if exceptions.is_empty() && error.message.is_empty() {
        return Err(Wrong::malformed("it says nothing: give exceptions or message"));
    }
    event.put("logentry", said(error.message).map(|message| json!({ "formatted": message })));
    let mut mechanism = Map::new();
    mechanism.insert("type".to_owned(), said(error.mechanism).unwrap_or_else(|| "generic".to_owned()).into());
    mechanism.insert("handled".to_owned(), true.into());
    put_exceptions(event, exceptions, mechanism);
    Ok(())
}

fn put_anr(event: &mut Map<String, Value>, anr: proto::Anr) {
    event.insert("level".to_owned(), "fatal".into());
    let mut mechanism = Map::new();
    mechanism.insert("type".to_owned(), "ANR".into());
    mechanism.insert("handled".to_owned(), false.into());
    let duration = (anr.duration_ms > 0).then(|| json!({ "duration_ms": anr.duration_ms }));
    mechanism.put("data", duration);
    let mut exception = Map::new();
    // As Android's own traces of one are called, and what Sentry's SDKs send.
    exception.insert("type".to_owned(), "ApplicationNotResponding".into());
    let reason = said(anr.reason).unwrap_or_else(|| "ANR".to_owned());
    exception.insert("value".to_owned(), reason.into());
    put_exceptions(event, vec![exception], mechanism);
}

/// The cause first, as events have it.
fn exceptions(
    exceptions: Vec<proto::Exception>,
    stacks: &mut Stacks<'_>,
) -> Result<Vec<Map<String, Value>>, Wrong> {
    let read = |(index, exception)| {
        let exception = stacks.exception(exception);
        exception.map_err(|wrong| wrong.within(format!("exceptions[{index}]")))
    };
    let mut list: Vec<_> = exceptions.into_iter().enumerate().map(read).collect::<Result<_, Wrong>>()?;
    list.reverse();
    Ok(list)
}

/// The mechanism is the outermost's.
fn put_exceptions(
    event: &mut Map<String, Value>,
    mut exceptions: Vec<Map<String, Value>>,
    mechanism: Map<String, Value>,
) {
    let Some(outermost) = exceptions.last_mut() else { return };
    outermost.insert("mechanism".to_owned(), mechanism.into());
    event.insert("exception".to_owned(), json!({ "values": exceptions }));
}

fn put_thread_of_outermost(event: &mut Map<String, Value>, on: Option<u64>) {
    let exceptions = event.get_mut("exception").and_then(|exception| exception.get_mut("values"));
    let outermost = exceptions.and_then(Value::as_array_mut).and_then(|list| list.last_mut());
    if let (Some(Value::Object(outermost)), Some(on)) = (outermost, on) {
        outermost.entry("thread_id").or_insert(on.into());
    }
}

fn put_details(
    event: &mut Map<String, Value>,
    details: proto::Details,
    stacks: &mut Stacks<'_>,
    flag: &str,
) -> Result<(), Wrong> {
    let mut threads = Vec::with_capacity(details.threads.len());
    for (index, thread) in details.threads.into_iter().enumerate() {
        let thread = stacks.thread(thread, flag);
        threads.push(thread.map_err(|wrong| wrong.within(format!("threads[{index}]")))?);
    }
    event.put("threads", (!threads.is_empty()).then(|| json!({ "values": threads })));
    let surplus = details.breadcrumbs.len().saturating_sub(limits::BREADCRUMBS);
    // One more than is kept: normalisation says then that there were more.
    let breadcrumbs = details.breadcrumbs.into_iter().skip(surplus.saturating_sub(1)).map(breadcrumb);
    let breadcrumbs: Vec<Value> = breadcrumbs.collect();
    event.put("breadcrumbs", (!breadcrumbs.is_empty()).then(|| json!({ "values": breadcrumbs })));
    let mut tags = event.take_object("tags");
    tags.extend(texts(details.tags));
    event.put_object("tags", tags);
    if let Some(given) = details.user {
        event.put_object("user", user(given));
    }
    event.put("transaction", said(details.transaction));
    event.put("fingerprint", (!details.fingerprint.is_empty()).then_some(details.fingerprint));
    event.put_object("extra", json_object(&details.extra_json, "extra_json")?);
    let mut contexts = event.take_object("contexts");
    merge(&mut contexts, "app", [("in_foreground", details.in_foreground.map(Value::from))]);
    let free_memory = details.free_memory_bytes.map(Value::from);
    let free_storage = details.free_storage_bytes.map(Value::from);
    merge(&mut contexts, "device", [("free_memory", free_memory), ("free_storage", free_storage)]);
    for (name, context) in json_object(&details.contexts_json, "contexts_json")? {
        let Value::Object(context) = context else {
            let problem = format!("{:?} in it is no object", name.chars().take(40).collect::<String>());
            return Err(Wrong::malformed(problem).within("contexts_json"));
        };
        let members = context.into_iter().map(|(key, value)| (key, Some(value)));
        merge(&mut contexts, &name, members);
    }
    event.put_object("contexts", contexts);
    Ok(())
}

/// Adds what is there to the context with this name.
fn merge<K: Into<String>>(
    contexts: &mut Map<String, Value>,
    name: &str,
    members: impl IntoIterator<Item = (K, Option<Value>)>,
) {
    let mut context = contexts.take_object(name);
    context.extend(members.into_iter().filter_map(|(key, value)| Some((key.into(), value?))));
    contexts.put_object(name, context);
}

fn breadcrumb(breadcrumb: proto::Breadcrumb) -> Value {
    let level = level(breadcrumb.level());
    let mut object = Map::new();
    let at = (breadcrumb.timestamp_ms > 0).then(|| Timestamp(breadcrumb.timestamp_ms).to_string());
    object.put("timestamp", at);
    object.put("category", said(breadcrumb.category));
    object.put("message", said(breadcrumb.message));
    object.put("type", said(breadcrumb.r#type));
    object.put("level", level);
    object.put_object("data", texts(breadcrumb.data));
    object.into()
}

fn level(level: proto::Level) -> Option<&'static str> {
    match level {
        proto::Level::Unspecified => None,
        proto::Level::Debug => Some("debug"),
        proto::Level::Info => Some("info"),
        proto::Level::Warning => Some("warning"),
        proto::Level::Error => Some("error"),
        proto::Level::Fatal => Some("fatal"),
    }
}

/// An app's own JSON; none where the text is empty.
fn json_object(text: &str, field: &str) -> Result<Map<String, Value>, Wrong> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    let object: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| Wrong::malformed(format!("not a JSON object: {error}")).within(field))?;
    if object.values().any(|value| is_deeper(value, JSON_DEPTH)) {
        return Err(Wrong::malformed(format!("nested deeper than {JSON_DEPTH} levels")).within(field));
    }
    Ok(object)
}

fn is_deeper(value: &Value, most: usize) -> bool {
    match (value, most.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None) => true,
        (Value::Array(list), Some(most)) => list.iter().any(|value| is_deeper(value, most)),
        (Value::Object(object), Some(most)) => object.values().any(|value| is_deeper(value, most)),
        _ => false,
    }
}
