//! What happened to an issue, in words, and the fingerprints that lead to it.

use mayday_catalog::activities::Activity;
use mayday_event::{GroupHash, Timestamp};
use serde_json::Value;

use super::moment::Moment;

/// One line of the history.
pub(super) struct Happened {
    /// A person's name or address; `mayday` where it happened by itself.
    pub(super) who: String,
    pub(super) what: String,
    /// A note's text; empty for anything else.
    pub(super) note: String,
    pub(super) when: Moment,
}

/// The newest first.
pub(super) fn history(activities: &[Activity], now: Timestamp) -> Vec<Happened> {
    activities.iter().map(|activity| Happened::new(activity, now)).collect()
}

impl Happened {
    fn new(activity: &Activity, now: Timestamp) -> Self {
        let who =
            activity.user.as_ref().map(|user| if user.name.is_empty() { &user.email } else { &user.name });
        let note = if activity.kind == "note" { text(&activity.data, "text") } else { "" };
        Self {
            who: who.cloned().unwrap_or_else(|| "mayday".into()),
            what: what(&activity.kind, &activity.data),
            note: note.to_owned(),
            when: Moment::ago(activity.created, now),
        }
    }
}

fn text<'a>(data: &'a Value, field: &str) -> &'a str {
    data.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn what(kind: &str, data: &Value) -> String {
    let reason = text(data, "reason");
    let because = |what: &str| if reason.is_empty() { what.to_owned() } else { format!("{what}: {reason}") };
    let version = text(data, "version");
    match kind {
        "first_seen" => "saw it first".into(),
        "set_resolved" => "resolved it".into(),
        "set_resolved_in_release" if version.is_empty() => "resolved it in the next release".into(),
        "set_resolved_in_release" => format!("resolved it in {version}"),
        "set_unresolved" => because("reopened it"),
        "set_regression" if version.is_empty() => "saw it again: it regressed".into(),
        "set_regression" => format!("saw it again in {version}: it regressed"),
        "set_ignored" => format!("ignored it{}", until(data)),
        "set_escalating" => because("saw it escalate"),
        "assigned" => format!("assigned it to {}", text(data, "assigneeEmail")),
        "unassigned" => "assigned it to nobody".into(),
        "merge" => format!("merged {} into it", short_ids(&data["issues"])),
        "unmerge_source" => format!("parted it from {}", text(&data["source"], "shortId")),
        "unmerge_destination" => format!("parted {} from it", text(&data["destination"], "shortId")),
        "note" => "wrote".into(),
        other => other.replace('_', " "),
    }
}

fn until(data: &Value) -> String {
    let number = |field: &str| data.get(field).and_then(Value::as_u64);
    if let Some(events) = number("ignoreCount") {
        return format!(" until {events} more events");
    }
    if let Some(users) = number("ignoreUserCount") {
        return format!(" until {users} more users");
    }
    match text(data, "ignoreUntil") {
        "" if data.get("ignoreUntilEscalating").is_some() => " until it escalates".into(),
        "" => String::new(),
        time => format!(" until {time}"),
    }
}

fn short_ids(issues: &Value) -> String {
    let ids = issues.as_array().into_iter().flatten().map(|issue| text(issue, "shortId"));
    ids.collect::<Vec<_>>().join(", ")
}

/// A fingerprint of an issue that has several.
pub(super) struct Fingerprint {
    pub(super) hash: String,
    /// Whether it is that of the event which is shown.
    pub(super) is_of_event: bool,
}

/// Empty where there is but one: nothing can be parted then.
pub(super) fn fingerprints(hashes: &[GroupHash], of_event: Option<GroupHash>) -> Vec<Fingerprint> {
    if hashes.len() < 2 {
        return Vec::new();
    }
    let shown =
        |hash: &GroupHash| Fingerprint { hash: hash.to_string(), is_of_event: of_event == Some(*hash) };
    hashes.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_happened_is_said_in_words() {
        let said = [
            ("first_seen", json!({})),
            ("set_resolved_in_release", json!({ "inNextRelease": true })),
            ("set_resolved_in_release", json!({ "version": "app@1.2" })),
            ("set_regression", json!({ "version": "app@1.3" })),
            ("set_ignored", json!({ "ignoreCount": 100 })),
            ("set_ignored", json!({ "ignoreUntilEscalating": true })),
            ("set_escalating", json!({ "reason": "1,240 events in the last hour" })),
            ("merge", json!({ "issues": [{ "shortId": "APP-2" }, { "shortId": "APP-3" }] })),
            ("unmerge_destination", json!({ "destination": { "shortId": "APP-4" } })),
            ("something_new", json!({})),
        ]
        .map(|(kind, data)| what(kind, &data));
        insta::assert_snapshot!(said.join("\n"));
    }
}
