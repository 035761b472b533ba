//! Issues: status and assignee, merging and parting, deletion.

use std::collections::BTreeMap;

use mayday_catalog::{
    access::Principal,
    healing::Remaining,
    issue_changes::IssueChange,
    issues::Issue,
    merging::{Described, Part},
};
use mayday_event::{GroupHash, IssueId};
use mayday_store::queries::{Condition, HashGroup, Window, events::Edge};

use crate::{Query, QueryError, read};

/// Changes an issue and gives it back as it is then.
pub(crate) async fn change(
    query: &Query,
    principal: &Principal,
    id: IssueId,
    change: &IssueChange,
) -> Result<Issue, QueryError> {
    Ok(query.catalog.change_issue(principal.organization_id, principal.user_id, id, change).await?)
}

/// Changes several issues alike, one after the other.
pub(crate) async fn change_all(
    query: &Query,
    principal: &Principal,
    ids: &[IssueId],
    wanted: &IssueChange,
) -> Result<(), QueryError> {
    for id in ids {
        change(query, principal, *id, wanted).await?;
    }
    Ok(())
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

/// Makes issues of one project one: that with the most events, the oldest of several. Gives its id, and those of the others.
pub(crate) async fn merge(
    query: &Query,
    principal: &Principal,
    ids: &[IssueId],
) -> Result<(IssueId, Vec<IssueId>), QueryError> {
    let issues = query.catalog.issues(principal.organization_id, ids).await?;
    let few = || QueryError::Invalid("merge: takes at least two issues, each given by id".into());
    let Some(project) = issues.first().filter(|_| issues.len() > 1).map(|issue| issue.project_id) else {
        return Err(few());
    };
    let group = |issue: &Issue| HashGroup { id: issue.id.0, hashes: issue.hashes.clone() };
    let groups: Vec<HashGroup> = issues.iter().map(group).collect();
    let stats = query.store.group_stats(project, &groups, Window::ALL, &Condition::default()).await?;
    let events = |issue: &Issue| stats.get(&issue.id.0).map_or(0, |stats| stats.events);
    let target = issues
        .iter()
        .max_by_key(|issue| (events(issue), std::cmp::Reverse(issue.id)))
        .map(|issue| issue.id)
        .ok_or_else(few)?;
    let others: Vec<IssueId> = issues.iter().map(|issue| issue.id).filter(|id| *id != target).collect();
    let (organization, user) = (principal.organization_id, principal.user_id);
    query.catalog.merge_issues(organization, user, target, &others).await?;
    Ok((target, others))
}

/// Gives fingerprints of an issue to issues of their own: those that it was merged from, else new ones.
pub(crate) async fn unmerge(
    query: &Query,
    principal: &Principal,
    issue: &Issue,
    hashes: &[GroupHash],
) -> Result<Vec<IssueId>, QueryError> {
    let mut parts: BTreeMap<Option<IssueId>, Vec<GroupHash>> = BTreeMap::new();
    let mut kept = Vec::new();
    for (hash, merged_from) in query.catalog.merged_from(issue.id).await? {
        if hashes.contains(&hash) {
            parts.entry(merged_from).or_default().push(hash);
        } else {
            kept.push(hash);
        }
    }
    if parts.values().map(Vec::len).sum::<usize>() != hashes.len() {
        return Err(QueryError::Invalid("id: has one that is no fingerprint of this issue".into()));
    }
    if kept.is_empty() {
        return Err(QueryError::Invalid("id: an issue keeps at least one fingerprint; leave one out".into()));
    }
    let mut described = Vec::with_capacity(parts.len());
    for (merged_from, hashes) in parts {
        described.push(part(query, issue, merged_from, hashes).await?);
    }
    let left = seen(query, issue, &kept).await?;
    let (organization, user) = (principal.organization_id, principal.user_id);
    Ok(query.catalog.unmerge_issue(organization, user, issue.id, &described, left).await?)
}

async fn part(
    query: &Query,
    issue: &Issue,
    merged_from: Option<IssueId>,
    hashes: Vec<GroupHash>,
) -> Result<Part, QueryError> {
    let newest = query.store.edge_event(issue.project_id, &hashes, Edge::Newest { near: None }).await?;
    let described = newest.map(|(event, _)| Described {
        title: event.summary.title,
        culprit: event.summary.culprit,
        error_type: event.columns.error_type,
        error_value: event.columns.error_value,
        release: Some(event.summary.release).filter(|release| !release.is_empty()),
    });
    Ok(Part { merged_from, seen: seen(query, issue, &hashes).await?, hashes, described })
}

async fn seen(query: &Query, issue: &Issue, hashes: &[GroupHash]) -> Result<Option<Remaining>, QueryError> {
    let span = query.store.span_of(issue.project_id, hashes).await?;
    Ok(span.map(|(first_seen, last_seen)| Remaining { first_seen, last_seen }))
}

/// Deletes an issue; its events follow within minutes.
pub(crate) async fn delete(query: &Query, principal: &Principal, id: IssueId) -> Result<(), QueryError> {
    query.catalog.delete_issue(principal.organization_id, id).await?;
    tracing::info!(issue = id.0, user = principal.user_id, "an issue was deleted");
    Ok(())
}

/// Deletes an issue, and has further events of it filtered.
pub(crate) async fn discard(query: &Query, principal: &Principal, id: IssueId) -> Result<(), QueryError> {
    query.catalog.discard_issue(principal.organization_id, principal.user_id, id).await?;
    tracing::info!(issue = id.0, user = principal.user_id, "an issue was discarded");
    Ok(())
}
