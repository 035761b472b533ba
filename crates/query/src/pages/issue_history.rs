//! What happened to an issue, in words, and the fingerprints that lead to it.

use futures_util::future::try_join_all;
use mayday_catalog::{activities::Activity, issues::Issue};
use mayday_event::{GroupHash, Timestamp};
use mayday_store::queries::events::EventSummary;
use serde_json::Value;

use super::{event::event_path, moment::Moment};
use crate::{Query, QueryError, read};

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

/// Fingerprints whose events are looked at.
const LOOKED_AT: usize = 20;

/// A fingerprint of an issue that has several.
pub(super) struct Fingerprint {
    pub(super) hash: String,
    /// What its latest event says, and where that is; `None` if none is kept or it is one of too many.
    pub(super) latest: Option<(String, String)>,
    /// Whether it is that of the event which is shown.
    pub(super) is_of_event: bool,
}

/// The latest event of each fingerprint of an issue; none where there is but one: nothing can be parted then.
pub(super) async fn latest_events(query: &Query, issue: &Issue) -> Result<Vec<EventSummary>, QueryError> {
    if issue.hashes.len() < 2 {
        return Ok(Vec::new());
    }
    let hashes = issue.hashes.iter().take(LOOKED_AT);
    let latest = hashes.map(|hash| read::events::latest_of_hash(query, issue, *hash));
    Ok(try_join_all(latest).await?.into_iter().flatten().collect())
}

/// Empty where there is but one.
pub(super) fn fingerprints(
    issue: &Issue,
    latest: &[EventSummary],
    of_event: Option<GroupHash>,
) -> Vec<Fingerprint> {
    if issue.hashes.len() < 2 {
        return Vec::new();
    }
    let shown = |hash: &GroupHash| Fingerprint {
        hash: hash.to_string(),
        latest: latest
            .iter()
            .find(|event| event.hash == *hash)
            .map(|event| (event.title.clone(), event_path(issue.id, event.event_id))),
        is_of_event: of_event == Some(*hash),
    };
    issue.hashes.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pages::sample;

    #[test]
    fn each_fingerprint_says_what_its_latest_event_says() {
        let issue = Issue { hashes: vec![GroupHash(7), GroupHash(8)], ..sample::issue() };
        let latest = [sample::view().summary];
        let shown = fingerprints(&issue, &latest, Some(GroupHash(8)));
        let [with_event, without] = shown.as_slice() else { panic!("{}", shown.len()) };
        let (title, href) = with_event.latest.clone().unwrap();
        assert_eq!(title, "CheckoutFailed: no <view> for order 7");
        assert_eq!(href, event_path(issue.id, latest[0].event_id));
        assert!(without.latest.is_none() && without.is_of_event && !with_event.is_of_event);
        assert!(fingerprints(&Issue { hashes: vec![GroupHash(7)], ..issue }, &latest, None).is_empty());
    }

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
