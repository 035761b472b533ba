//! Status and assignee of issues.

use mayday_catalog::{
    access::Principal,
    issues::{Issue, IssueChange, NewStatus},
};
use mayday_event::IssueId;

use crate::{Query, QueryError, read};

/// Changes an issue and gives it back as it is then.
pub(crate) async fn change(
    query: &Query,
    principal: &Principal,
    id: IssueId,
    change: &IssueChange,
) -> Result<Issue, QueryError> {
    Ok(query.catalog.change_issue(principal.organization_id, id, change).await?)
}

/// A status by the name that Sentry's API knows; `in_next_release` only goes with `resolved`.
pub(crate) fn status(name: &str, in_next_release: bool) -> Result<NewStatus, QueryError> {
    match (name, in_next_release) {
        ("resolved", true) | ("resolvedInNextRelease", _) => Ok(NewStatus::ResolvedInNextRelease),
        ("resolved", false) => Ok(NewStatus::Resolved),
        ("unresolved", false) => Ok(NewStatus::Unresolved),
        // What older clients call ignored: `sentry-cli issues mute`.
        ("ignored" | "muted", false) => Ok(NewStatus::Ignored),
        (_, true) => Err(QueryError::Invalid("statusDetails.inNextRelease: goes with resolved only".into())),
        _ => Err(QueryError::Invalid(format!(
            "status: {name:?} is not resolved, resolvedInNextRelease, unresolved or ignored"
        ))),
    }
}

/// The e-mail address of whom `text` means: `user:ID`, a bare id or an e-mail address; nobody if it is empty.
pub(crate) async fn assignee(
    query: &Query,
    principal: &Principal,
    text: &str,
) -> Result<Option<String>, QueryError> {
    if text.is_empty() {
        return Ok(None);
    }
    let id: Option<i64> = text.strip_prefix("user:").unwrap_or(text).parse().ok();
    let members = read::projects::members(query, principal).await?;
    let member = members
        .into_iter()
        .find(|member| id == Some(member.user_id) || member.email.eq_ignore_ascii_case(text));
    let nobody = || QueryError::Invalid(format!("assignedTo: {text:?} is no member of this organization"));
    Ok(Some(member.ok_or_else(nobody)?.email))
}
