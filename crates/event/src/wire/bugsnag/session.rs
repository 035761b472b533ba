//! Sessions: those that began, those that are only counted, and how one stands after a report.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::{
    envelope::Item,
    translate::{Members, derived_id, item, text_of},
};
use crate::items::session::COUNTED;

/// Most buckets that the reader of a `sessions` item takes.
const BUCKETS: usize = 100;

/// What all sessions of a body share.
pub(super) struct Source {
    attributes: Value,
    device_id: Option<String>,
}

impl Source {
    pub(super) fn new(app: Map<String, Value>, device: Map<String, Value>) -> Self {
        let device_id = device.get("id").and_then(text_of);
        Self { attributes: attributes(&app), device_id }
    }

    /// Sessions with an id each.
    pub(super) fn started(&self, sessions: Vec<Map<String, Value>>) -> Vec<Item> {
        let session = |mut found: Map<String, Value>| {
            let id = found.take_text("id")?;
            let mut session = Map::new();
            session.insert("sid".to_owned(), sid(&id).to_string().into());
            session.insert("seq".to_owned(), 0.into());
            session.insert("init".to_owned(), true.into());
            session.insert("status".to_owned(), "ok".into());
            session.insert("attrs".to_owned(), self.attributes.clone());
            session.put("did", found.take_object("user").take_text("id").or_else(|| self.device_id.clone()));
            let started = found.take("startedAt");
            session.put("timestamp", started.clone());
            session.put("started", started);
            Some(item("session", session))
        };
        sessions.into_iter().filter_map(session).collect()
    }

    /// Sessions counted by the minute. What becomes of them is not known: healthy until a report says otherwise.
    pub(super) fn counted(&self, counts: Vec<Map<String, Value>>) -> Vec<Item> {
        let bucket = |mut found: Map<String, Value>| {
            let sessions = found.take("sessionsStarted")?.as_u64()?;
            Some(json!({ "started": found.take("startedAt"), "exited": sessions }))
        };
        let buckets: Vec<Value> = counts.into_iter().filter_map(bucket).collect();
        let sessions = |buckets: &[Value]| {
            let payload = json!({ "aggregates": buckets, "attrs": self.attributes });
            Item::new("sessions", payload.to_string().into())
        };
        buckets.chunks(BUCKETS).map(sessions).collect()
    }
}

/// Whether the SDK of this name counts its sessions by the minute, and names them in reports only: those of servers.
fn counts_sessions(notifier: &Map<String, Value>) -> bool {
    // As the SDKs for Node.js, Python, Ruby, PHP, Go, the JVM and .NET call themselves.
    const SERVERS: [&str; 10] = [
        "Bugsnag Node",
        "Python Bugsnag Notifier",
        "Ruby Bugsnag Notifier",
        "Bugsnag PHP (Official)",
        "Bugsnag Laravel",
        "Bugsnag Symfony",
        "Bugsnag Go",
        "Bugsnag Java",
        "Bugsnag Spring",
        ".NET Bugsnag Notifier",
    ];
    notifier.get("name").and_then(Value::as_str).is_some_and(|name| SERVERS.contains(&name))
}

/// How the session that a report names stands with it. A session counts its reports, so their number tells which
/// update is the newer one.
pub(super) fn update(report: &Map<String, Value>, notifier: &Map<String, Value>) -> Option<Item> {
    let found = report.get("session")?.as_object()?;
    let id = found.get("id").and_then(text_of)?;
    let count = |name: &str| found.get("events").and_then(|events| events.get(name)?.as_u64()).unwrap_or(0);
    let (handled, unhandled) = (count("handled"), count("unhandled"));
    let reports = handled.saturating_add(unhandled).max(1);
    let app = report.get("app").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_unhandled = unhandled > 0 || report.get("unhandled") == Some(&Value::Bool(true));
    let is_anr =
        report.get("severityReason").and_then(|reason| reason.get("type")) == Some(&json!("anrError"));
    let status = match (is_unhandled, is_anr) {
        (false, _) => "ok",
        (true, true) => "abnormal",
        (true, false) => "crashed",
    };
    let mut session = Map::new();
    if status == "abnormal" {
        let in_foreground = app.get("inForeground") != Some(&Value::Bool(false));
        let mechanism = if in_foreground { "anr_foreground" } else { "anr_background" };
        session.insert("abnormal_mechanism".to_owned(), mechanism.into());
    }
    session.insert("sid".to_owned(), sid(&id).to_string().into());
    session.insert("seq".to_owned(), reports.into());
    session.insert("status".to_owned(), status.into());
    if counts_sessions(notifier) {
        session.insert(COUNTED.to_owned(), true.into());
    }
    session.insert("errors".to_owned(), reports.into());
    let id_of = |part: &str| report.get(part)?.get("id").and_then(text_of);
    session.put("did", id_of("user").or_else(|| id_of("device")));
    session.put("started", found.get("startedAt").cloned());
    session.put("timestamp", report.get("device").and_then(|device| device.get("time")).cloned());
    let mut app = app;
    if let Some(stage) = report.get("releaseStage") {
        app.entry("releaseStage").or_insert(stage.clone());
    }
    session.insert("attrs".to_owned(), attributes(&app));
    Some(item("session", session))
}

fn attributes(app: &Map<String, Value>) -> Value {
    let mut attributes = Map::new();
    attributes.put("release", app.get("version").and_then(text_of));
    attributes.put("environment", app.get("releaseStage").and_then(text_of));
    attributes.into()
}

/// JavaScript's SDKs have session ids of their own form; the same one is always the same UUID.
fn sid(id: &str) -> Uuid {
    Uuid::parse_str(id).unwrap_or_else(|_| derived_id(&[b"bugsnag session", id.as_bytes()]))
}
