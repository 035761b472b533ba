//! The parts of an event that Sentry's API calls entries.

use mayday_event::{
    Event,
    model::{Breadcrumb, Exception, Frame, Level, Mechanism, Request, Stacktrace, Thread},
};
use serde_json::{Value, json};

use super::respond::date;

/// Those that an event has, in the order that people read them.
pub(super) fn entries(event: &Event) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut add = |kind: &str, data: Value| entries.push(json!({ "type": kind, "data": data }));
    if let Some(message) = &event.logentry {
        add("message", json!(message));
    }
    if !event.exception.is_empty() {
        add("exception", exceptions_json(&event.exception));
    }
    if !event.threads.is_empty() {
        add("threads", json!({ "values": all(&event.threads, thread_json) }));
    }
    if !event.breadcrumbs.is_empty() {
        add("breadcrumbs", json!({ "values": all(&event.breadcrumbs, breadcrumb_json) }));
    }
    if let Some(request) = &event.request {
        add("request", request_json(request));
    }
    if !event.debug_images.is_empty() {
        add("debugmeta", json!({ "images": event.debug_images }));
    }
    entries
}

fn all<T>(items: &[T], json: impl Fn(&T) -> Value) -> Vec<Value> {
    items.iter().map(json).collect()
}

fn exceptions_json(exceptions: &[Exception]) -> Value {
    let has_system_frames =
        exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref()).any(has_system_frames);
    json!({
        "values": all(exceptions, exception_json),
        "hasSystemFrames": has_system_frames,
        "excOmitted": null,
    })
}

fn exception_json(exception: &Exception) -> Value {
    json!({
        "type": exception.ty,
        "value": exception.value,
        "module": exception.module,
        "threadId": exception.thread_id,
        "mechanism": exception.mechanism.as_ref().map(mechanism_json),
        "stacktrace": exception.stacktrace.as_ref().map(stacktrace_json),
        "rawStacktrace": null,
    })
}

fn mechanism_json(mechanism: &Mechanism) -> Value {
    json!({
        "type": mechanism.ty,
        "handled": mechanism.handled,
        "synthetic": mechanism.synthetic,
        "description": mechanism.description,
        "help_link": mechanism.help_link,
        "exception_id": mechanism.exception_id,
        "parent_id": mechanism.parent_id,
        "is_exception_group": mechanism.is_exception_group,
        "data": mechanism.data,
        "meta": mechanism.meta,
    })
}

fn thread_json(thread: &Thread) -> Value {
    json!({
        "id": thread.id,
        "name": thread.name,
        "crashed": thread.crashed.unwrap_or(false),
        "current": thread.current.unwrap_or(false),
        "main": thread.main,
        "state": thread.state,
        "stacktrace": thread.stacktrace.as_ref().map(stacktrace_json),
        "rawStacktrace": null,
    })
}

fn stacktrace_json(stacktrace: &Stacktrace) -> Value {
    json!({
        "frames": all(&stacktrace.frames, frame_json),
        "framesOmitted": null,
        "registers": stacktrace.registers,
        "hasSystemFrames": has_system_frames(stacktrace),
    })
}

/// Some frames are the app's own and some are not, so that folding the others makes sense.
fn has_system_frames(stacktrace: &Stacktrace) -> bool {
    let mut frames = stacktrace.frames.iter();
    let mut others = frames.clone();
    frames.any(in_app) && others.any(|frame| !in_app(frame))
}

fn in_app(frame: &Frame) -> bool {
    frame.in_app == Some(true)
}

fn frame_json(frame: &Frame) -> Value {
    json!({
        "function": frame.function,
        "rawFunction": frame.raw_function,
        "module": frame.module,
        "package": frame.package,
        "filename": frame.filename,
        "absPath": frame.abs_path,
        "lineNo": frame.lineno,
        "colNo": frame.colno,
        "platform": frame.platform,
        "inApp": in_app(frame),
        "context": source_lines(frame),
        "vars": if frame.vars.is_empty() { Value::Null } else { json!(frame.vars) },
        "instructionAddr": frame.instruction_addr,
        "symbolAddr": frame.symbol_addr,
        "imageAddr": frame.image_addr,
        "addrMode": frame.addr_mode,
        "trust": frame.trust,
        "symbolication": frame.symbolication,
        "symbol": null,
        "lock": null,
        "errors": null,
    })
}

/// `[[line number, text], …]` around the frame's line; empty without source context.
fn source_lines(frame: &Frame) -> Vec<(u32, &str)> {
    let (Some(line), Some(text)) = (frame.lineno, &frame.context_line) else { return Vec::new() };
    let before =
        frame.pre_context.iter().rev().zip(1..).map(|(text, above)| (line.saturating_sub(above), text));
    let behind = frame.post_context.iter().zip(1..).map(|(text, below)| (line.saturating_add(below), text));
    let mut lines: Vec<_> = before.collect();
    lines.reverse();
    lines.push((line, text));
    lines.extend(behind);
    lines.into_iter().map(|(line, text)| (line, text.as_str())).collect()
}

fn breadcrumb_json(breadcrumb: &Breadcrumb) -> Value {
    json!({
        "type": breadcrumb.ty.as_deref().unwrap_or("default"),
        "timestamp": date(breadcrumb.timestamp),
        "level": breadcrumb.level.unwrap_or(Level::Info).name(),
        "category": breadcrumb.category,
        "message": breadcrumb.message,
        "data": if breadcrumb.data.is_empty() { Value::Null } else { json!(breadcrumb.data) },
        "event_id": null,
    })
}

fn request_json(request: &Request) -> Value {
    json!({
        "url": request.url,
        "method": request.method,
        "query": request.query_string.as_ref().map(query_pairs),
        "data": request.data,
        "headers": request.headers,
        "env": request.env,
    })
}

/// Text as `[[name, value], …]`; what an SDK sent in parts already, as it is.
fn query_pairs(query_string: &Value) -> Value {
    match query_string {
        Value::String(text) => {
            json!(url::form_urlencoded::parse(text.trim_start_matches('?').as_bytes()).collect::<Vec<_>>())
        }
        parts => parts.clone(),
    }
}
