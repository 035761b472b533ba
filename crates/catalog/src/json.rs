//! An issue as the API and the hooks give it, with the field names of Sentry's documented web API.

use mayday_event::Timestamp;
use serde::Serialize;

use crate::issues::Issue;

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
    /// A decimal number in a string, as Sentry has it.
    pub count: String,
    pub user_count: u64,
}

/// `base_url` without a slash at its end.
pub fn issue_json(issue: &Issue, counts: IssueCounts, base_url: &str, now: Timestamp) -> IssueJson {
    let _ = now;
    IssueJson {
        id: issue.id.to_string(),
        short_id: issue.short_id.clone(),
        title: issue.title.clone(),
        culprit: issue.culprit.clone(),
        permalink: format!("{base_url}/issues/{}/", issue.id),
        count: counts.events.to_string(),
        user_count: counts.users,
    }
}
