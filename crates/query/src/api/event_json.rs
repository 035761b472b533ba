//! An event as Sentry's API shows it.

use mayday_event::{
    Event, IssueId, ProjectId,
    model::{Note, NoteKind, User},
};
use mayday_store::queries::events::EventSummary;
use serde_json::{Map, Value, json};

use super::{
    entries::entries,
    respond::{date, known},
};
use crate::read::events::EventView;

/// An event in a list.
pub(super) fn summary_json(event: &EventSummary, project: ProjectId, issue: Option<IssueId>) -> Value {
    let id = event.event_id.to_string();
    json!({
        "id": id,
        "eventID": id,
        "projectID": project.to_string(),
        "groupID": issue.map(|issue| issue.to_string()),
        "event.type": "error",
        "title": event.title,
        "message": event.title,
        "culprit": known(&event.culprit),
        "level": event.level,
        "platform": event.platform,
        "user": user_of_key(&event.user),
        "tags": tags_json(&event.tags),
        "dateCreated": date(Some(event.timestamp)),
        "dateReceived": date(Some(event.received)),
    })
}

/// An event with all its parts.
pub(super) fn event_json(view: &EventView) -> Value {
    let EventView { event, summary, .. } = view;
    let id = event.event_id.to_string();
    let location = location(event);
    json!({
        "id": id,
        "eventID": id,
        "projectID": view.project_id.to_string(),
        "groupID": view.issue_id.map(|issue| issue.to_string()),
        "type": if event.exception.is_empty() { "default" } else { "error" },
        "title": summary.title,
        "message": message(event),
        "metadata": metadata(event, summary, location),
        "culprit": known(&summary.culprit),
        "location": location,
        "level": event.level.name(),
        "platform": event.platform,
        "dateCreated": date(Some(event.timestamp)),
        "dateReceived": date(Some(event.received)),
        "tags": tags_json(&summary.tags),
        "user": event.user.as_ref().map(user_json),
        "contexts": event.contexts,
        "context": event.extra,
        "packages": event.modules,
        "sdk": event.sdk,
        "release": event.release.as_ref().map(|version| json!({ "version": version })),
        "dist": event.dist,
        "entries": entries(event),
        "errors": event.notes.iter().map(note_json).collect::<Vec<_>>(),
        "fingerprints": [summary.hash.to_string()],
        "grouping": view.grouping,
        "size": view.size,
        "payloadKept": view.payload_kept,
        "nextEventID": view.neighbours.next.map(|id| id.to_string()),
        "previousEventID": view.neighbours.previous.map(|id| id.to_string()),
    })
}

fn message(event: &Event) -> &str {
    let entry = event.logentry.as_ref();
    entry.and_then(|entry| entry.formatted.as_deref().or(entry.message.as_deref())).unwrap_or_default()
}

/// The file of the innermost in-app frame, else of the innermost frame.
fn location(event: &Event) -> Option<&str> {
    let frames = &event.main_stacktrace()?.frames;
    let in_app = frames.iter().rev().find(|frame| frame.in_app == Some(true));
    in_app.or(frames.last())?.filename.as_deref()
}

fn metadata(event: &Event, summary: &EventSummary, location: Option<&str>) -> Value {
    match event.exception.last() {
        Some(exception) => json!({
            "type": exception.ty,
            "value": exception.value,
            "filename": location,
        }),
        None => json!({ "title": summary.title }),
    }
}

fn tags_json(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "ip_address": user.ip_address,
        "data": user.data,
    })
}

/// Who a stored row's `kind:value` means: all that a list knows of a user.
fn user_of_key(key: &str) -> Value {
    let Some((kind, value)) = key.split_once(':') else { return Value::Null };
    let name = match kind {
        "ip" => "ip_address",
        kind => kind,
    };
    let mut user: Map<String, Value> = ["id", "email", "username", "ip_address"]
        .map(|name| (name.to_owned(), Value::Null))
        .into_iter()
        .collect();
    user.insert(name.to_owned(), value.into());
    Value::Object(user)
}

/// Under `errors`, where Sentry tells of what it could not use.
fn note_json(note: &Note) -> Value {
    let kind = match note.kind {
        NoteKind::WrongType | NoteKind::InvalidValue => "invalid_data",
        NoteKind::Trimmed => "value_too_long",
        NoteKind::Corrected => "corrected",
        NoteKind::Scrubbed => "scrubbed",
    };
    json!({ "type": kind, "message": note.detail, "data": { "name": note.path } })
}
