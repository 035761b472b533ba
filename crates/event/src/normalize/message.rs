//! The log message: `message` as text, `logentry` or `message` as an object, parameters filled in.

use std::fmt::Write;

use serde_json::Value;

use super::{
    fields::Fields,
    json::Json,
    place::Place,
    value::{bounded, text_or_json},
};
use crate::{limits, model::LogEntry};

pub(super) fn logentry(json: Json<'_>, place: &Place<'_>) -> Option<LogEntry> {
    // PHP cannot tell an empty object.
    if matches!(&json, Json::List(list) if list.is_empty()) {
        return None;
    }
    if !matches!(json, Json::Object(_)) {
        let formatted = text_or_json(json, place)?;
        return Some(LogEntry { formatted: Some(formatted), ..LogEntry::default() });
    }
    let mut fields = Fields::of(json, *place)?;
    let formatted = fields.read("formatted", text_or_json);
    let message = fields.read("message", text_or_json);
    let params = fields.read("params", |json, place| Some(bounded(json, place, limits::DATA_BYTES)));
    let params = params.filter(|params| !is_empty(params));
    let entry = match (formatted, message) {
        (None, None) => return None,
        // A template without holes is the text itself.
        (None, Some(message)) if params.is_none() => {
            LogEntry { formatted: Some(message), ..LogEntry::default() }
        }
        (None, Some(message)) => {
            let formatted = params.as_ref().map(|params| interpolate(&message, params));
            LogEntry { formatted, message: Some(message), params }
        }
        (Some(formatted), message) => LogEntry {
            message: message.filter(|message| *message != formatted || params.is_some()),
            formatted: Some(formatted),
            params,
        },
    };
    Some(entry)
}

fn is_empty(params: &Value) -> bool {
    match params {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Fills parameters into a template with the holes of the usual formatters: `%s`, `%d`, `%.2f`, `%(name)s`,
/// `{}`, `{0}`, `{name}`. A hole without a parameter stays as it is.
fn interpolate(template: &str, params: &Value) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut next = 0;
    let mut rest = template;
    while let Some(at) = rest.find(['%', '{']) {
        let (before, hole_on) = rest.split_at(at);
        filled.push_str(before);
        rest = match hole(hole_on) {
            Some((Hole::Percent, after)) => {
                filled.push('%');
                after
            }
            Some((hole, after)) => {
                match parameter(&hole, params, &mut next) {
                    Some(value) => push_value(&mut filled, value),
                    None => filled.extend(hole_on.strip_suffix(after)),
                }
                after
            }
            None => {
                let mut chars = hole_on.chars();
                filled.extend(chars.next());
                chars.as_str()
            }
        };
        if filled.len() > limits::MESSAGE_BYTES {
            break;
        }
    }
    filled.push_str(rest);
    filled.truncate(filled.floor_char_boundary(limits::MESSAGE_BYTES));
    filled
}

enum Hole<'t> {
    Percent,
    Next,
    Numbered(usize),
    Named(&'t str),
}

/// The hole that `text` starts with, and what comes after it.
fn hole(text: &str) -> Option<(Hole<'_>, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        let (inside, after) = braced.split_once('}')?;
        let name = inside.split([':', '!', ',']).next().unwrap_or_default().trim();
        if name.is_empty() {
            return inside.trim().is_empty().then_some((Hole::Next, after));
        }
        if let Ok(number) = name.parse() {
            return Some((Hole::Numbered(number), after));
        }
        return is_name(name).then_some((Hole::Named(name), after));
    }
    let spec = text.strip_prefix('%')?;
    if let Some(after) = spec.strip_prefix('%') {
        return Some((Hole::Percent, after));
    }
    let (name, spec) = match spec.strip_prefix('(').and_then(|named| named.split_once(')')) {
        Some((name, spec)) => (Some(name), spec),
        None => (None, spec),
    };
    let conversion = spec.trim_start_matches(|c: char| c.is_ascii_digit() || "-+#.*lhqzjtL$".contains(c));
    let after = conversion.strip_prefix(|c: char| "sdiufFeEgGxXoOcrapbB@".contains(c))?;
    Some((name.map_or(Hole::Next, Hole::Named), after))
}

fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

fn parameter<'v>(hole: &Hole<'_>, params: &'v Value, next: &mut usize) -> Option<&'v Value> {
    match (hole, params) {
        (Hole::Next, Value::Array(list)) => {
            *next += 1;
            list.get(*next - 1)
        }
        // One parameter, sent bare.
        (Hole::Next, Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
            *next += 1;
            (*next == 1).then_some(params)
        }
        (Hole::Numbered(number), Value::Array(list)) => list.get(*number),
        (Hole::Named(name), Value::Object(map)) => map.get(*name),
        _ => None,
    }
}

fn push_value(filled: &mut String, value: &Value) {
    match value {
        Value::String(text) => filled.push_str(text),
        other => {
            // Writing to a String cannot fail.
            _ = write!(filled, "{other}");
        }
    }
}
