//! An issue as the API and the hooks give it, with the field names of Sentry's documented web API.

use mayday_event::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    ignoring::IgnoreUntil,
    issue_changes::ignored_details,
    issues::{Issue, Status, Substatus},
};

/// How long an unresolved issue is called new.
pub const NEW_MS: i64 = 7 * Timestamp::DAY_MS;

/// What ClickHouse knows of an issue, all time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IssueCounts {
    pub events: u64,
    pub users: u64,
}

/// The JSON form.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueJson {
    pub id: String,
    pub short_id: String,
    pub title: String,
    pub culprit: String,
    pub permalink: String,
    pub level: &'static str,
    pub status: &'static str,
    pub status_details: Value,
    pub substatus: Option<Substatus>,
    pub platform: String,
    pub project: ProjectJson,
    /// `error` with an exception, else `default`.
    #[serde(rename = "type")]
    pub ty: &'static str,
    /// `type`, `value`, `filename`, `function` of an error; `title` of a message.
    pub metadata: Map<String, Value>,
    pub assigned_to: Option<AssigneeJson>,
    /// A decimal number in a string, as Sentry has it.
    pub count: String,
    pub user_count: u64,
    /// RFC 3339, UTC.
    pub first_seen: String,
    pub last_seen: String,
    pub first_release: Option<ReleaseJson>,
    pub last_release: Option<ReleaseJson>,
}

/// The project in an issue.
#[derive(Debug, Clone, Serialize)]
pub struct ProjectJson {
    pub id: String,
    pub name: String,
    pub slug: String,
    pub platform: String,
}

/// Whom an issue is assigned to.
#[derive(Debug, Clone, Serialize)]
pub struct AssigneeJson {
    #[serde(rename = "type")]
    pub ty: &'static str,
    pub email: String,
    pub name: String,
}

/// A release in an issue.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseJson {
    pub version: String,
}

impl Issue {
    /// The finer state that a status has at `now`; a resolved issue has none.
    pub fn substatus(&self, now: Timestamp) -> Option<Substatus> {
        match self.status {
            Status::Resolved => None,
            Status::Ignored => Some(match self.ignored.map(|ignored| ignored.until) {
                Some(IgnoreUntil::Condition(_)) => Substatus::ArchivedUntilConditionMet,
                Some(IgnoreUntil::Forever) => Substatus::ArchivedForever,
                Some(IgnoreUntil::Escalating) | None => Substatus::ArchivedUntilEscalating,
            }),
            Status::Unresolved if self.escalating => Some(Substatus::Escalating),
            Status::Unresolved if self.regressed => Some(Substatus::Regressed),
            Status::Unresolved if now.since_ms(self.first_seen) < NEW_MS => Some(Substatus::New),
            Status::Unresolved => Some(Substatus::Ongoing),
        }
    }
}

/// `base_url` without a slash at its end.
pub fn issue_json(issue: &Issue, counts: IssueCounts, base_url: &str, now: Timestamp) -> IssueJson {
    let release = |version: &Option<String>| version.clone().map(|version| ReleaseJson { version });
    IssueJson {
        id: issue.id.to_string(),
        short_id: issue.short_id.clone(),
        title: issue.title.clone(),
        culprit: issue.culprit.clone(),
        permalink: format!("{base_url}/issues/{}/", issue.id),
        level: issue.level.name(),
        status: issue.status.name(),
        status_details: status_details(issue),
        substatus: issue.substatus(now),
        platform: issue.platform.clone(),
        project: ProjectJson {
            id: issue.project_id.to_string(),
            name: issue.project_name.clone(),
            slug: issue.project_slug.clone(),
            platform: issue.project_platform.clone(),
        },
        ty: if issue.error_type.is_empty() { "default" } else { "error" },
        metadata: metadata(issue),
        assigned_to: issue.assignee.clone().map(|email| AssigneeJson {
            ty: "user",
            name: email.clone(),
            email,
        }),
        count: counts.events.to_string(),
        user_count: counts.users,
        first_seen: issue.first_seen.to_string(),
        last_seen: issue.last_seen.to_string(),
        first_release: release(&issue.first_release),
        last_release: release(&issue.last_release),
    }
}

fn status_details(issue: &Issue) -> Value {
    match (&issue.resolved_in_release, issue.resolved_in_next_release) {
        _ if issue.status == Status::Ignored => ignored_details(issue.ignored),
        (Some(release), _) => json!({ "inRelease": release }),
        (None, true) => json!({ "inNextRelease": true }),
        (None, false) => json!({}),
    }
}

fn metadata(issue: &Issue) -> Map<String, Value> {
    let fields = match issue.error_type.is_empty() {
        true => vec![("title", &issue.title)],
        false => vec![
            ("type", &issue.error_type),
            ("value", &issue.error_value),
            ("filename", &issue.filename),
            ("function", &issue.function),
        ],
    };
    let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_owned(), Value::from(value.clone()))).collect()
}
