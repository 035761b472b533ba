//! What people change of an issue: its status, and whom it is assigned to.

use mayday_event::{IssueId, OrganizationId, ProjectId, Timestamp, release_order::ReleaseVersion};
use serde_json::{Value, json};
use sqlx::QueryBuilder;

use crate::{
    Catalog, CatalogError, activities,
    connect::Connection,
    ignoring::{Conditions, IgnoreUntil, Ignored, IgnoredRow},
    issues::{Issue, SELECT_ISSUE, Status, select_issues},
    releases,
};

/// A change that a person makes; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct IssueChange {
    pub status: Option<NewStatus>,
    /// E-mail address of a member; `Some(None)` takes it from whom it was assigned to.
    pub assignee: Option<Option<String>>,
}

/// A status that a person sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewStatus {
    Unresolved,
    Resolved,
    /// `None`: the project's latest.
    ResolvedInRelease(Option<String>),
    ResolvedInNextRelease,
    Ignored(IgnoreUntil),
}

impl Catalog {
    /// Changes an issue and gives it back as it is then; `user`: who does it.
    pub async fn change_issue(
        &self,
        organization: OrganizationId,
        user: i64,
        id: IssueId,
        change: &IssueChange,
    ) -> Result<Issue, CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let mut issue = select_one(&mut tx, organization, id).await?;
        if let Some(status) = &change.status {
            set_status(&mut tx, &mut issue, status, now).await?;
            let (kind, data) = activity_of(&issue);
            activities::record(&mut tx, id, kind, Some(user), &data, now).await?;
        }
        if let Some(assignee) = &change.assignee {
            let before = issue.assignee.take();
            issue.assignee = assign(&mut tx, organization, id, assignee.as_deref()).await?;
            if issue.assignee != before {
                let (kind, data) = match &issue.assignee {
                    Some(email) => ("assigned", json!({ "assigneeType": "user", "assigneeEmail": email })),
                    None => ("unassigned", json!({})),
                };
                activities::record(&mut tx, id, kind, Some(user), &data, now).await?;
            }
        }
        tx.commit().await?;
        Ok(issue)
    }
}

/// The issue of an organisation.
pub(crate) async fn select_one(
    tx: &mut Connection,
    organization: OrganizationId,
    id: IssueId,
) -> Result<Issue, CatalogError> {
    let mut query = QueryBuilder::new(SELECT_ISSUE);
    query.push("i.redirect_to IS NULL AND p.organization_id = ").push_bind(organization.to_sql());
    query.push(" AND i.id = ").push_bind(id.to_sql());
    select_issues(tx, query).await?.pop().ok_or(CatalogError::NotFound("issue"))
}

/// What a person's choice of status means.
async fn set_status(
    tx: &mut Connection,
    issue: &mut Issue,
    status: &NewStatus,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let mut after_release = None;
    issue.resolved_in_release = None;
    match status {
        NewStatus::ResolvedInRelease(release) => {
            issue.resolved_in_release = Some(fix_release(tx, issue.project_id, release.as_deref()).await?);
        }
        NewStatus::ResolvedInNextRelease => after_release = releases::latest(tx, issue.project_id).await?,
        _ => {}
    }
    (issue.status, issue.resolved, issue.ignored) = match status {
        NewStatus::Unresolved => (Status::Unresolved, None, None),
        NewStatus::Ignored(until) => (Status::Ignored, None, Some(Ignored { since: now, until: *until })),
        _ => (Status::Resolved, Some(now), None),
    };
    issue.resolved_in_next_release = *status == NewStatus::ResolvedInNextRelease;
    // Unresolving what came back leaves it known as such.
    issue.regressed &= *status == NewStatus::Unresolved;
    issue.escalating &= *status == NewStatus::Unresolved;
    sqlx::query(
        "UPDATE issues SET status = $1, resolved = $2, resolved_in_next_release = $3, resolved_in_release = $4,
         resolved_after_release = $5, regressed = $6, escalating = $7 WHERE id = $8",
    )
    .bind(issue.status.name())
    .bind(issue.resolved.map(|resolved| resolved.0))
    .bind(issue.resolved_in_next_release)
    .bind(&issue.resolved_in_release)
    .bind(&after_release)
    .bind(issue.regressed)
    .bind(issue.escalating)
    .bind(issue.id.to_sql())
    .execute(&mut *tx)
    .await?;
    IgnoredRow::of(issue.ignored).store(tx, issue.id).await
}

/// The release that has the fix: one that is known, or whose order can be told by its text.
async fn fix_release(
    tx: &mut Connection,
    project: ProjectId,
    asked: Option<&str>,
) -> Result<String, CatalogError> {
    let Some(release) = asked else {
        let none = || CatalogError::Invalid("inRelease: no release of this project is known yet".into());
        return releases::latest(tx, project).await?.ok_or_else(none);
    };
    let known = releases::first_seen(tx, project, release).await?.is_some();
    if known || ReleaseVersion::parse(release).is_some() {
        return Ok(release.to_owned());
    }
    let release: String = release.chars().take(100).collect();
    Err(CatalogError::Invalid(format!(
        "inRelease: {release:?} is no known release of this project, and not a version such as app@1.2.3"
    )))
}

/// The activity that a status set by a person is, as Sentry names it.
fn activity_of(issue: &Issue) -> (&'static str, Value) {
    match (issue.status, &issue.resolved_in_release, issue.resolved_in_next_release) {
        (Status::Unresolved, ..) => ("set_unresolved", json!({})),
        (Status::Resolved, Some(release), _) => ("set_resolved_in_release", json!({ "version": release })),
        (Status::Resolved, None, true) => ("set_resolved_in_release", json!({ "inNextRelease": true })),
        (Status::Resolved, None, false) => ("set_resolved", json!({})),
        (Status::Ignored, ..) => match issue.ignored.map(|ignored| ignored.until) {
            Some(IgnoreUntil::Escalating) => ("set_ignored", json!({ "ignoreUntilEscalating": true })),
            _ => ("set_ignored", ignored_details(issue.ignored)),
        },
    }
}

/// Until when an issue is ignored, with Sentry's names; empty if no condition ends it.
pub(crate) fn ignored_details(ignored: Option<Ignored>) -> Value {
    match ignored.map(|ignored| ignored.until) {
        Some(IgnoreUntil::Condition(Conditions { time, events, users })) => json!({
            "ignoreUntil": time.map(|time| time.to_string()),
            "ignoreCount": events,
            "ignoreUserCount": users,
            "ignoreWindow": null,
            "ignoreUserWindow": null,
        }),
        Some(IgnoreUntil::Escalating | IgnoreUntil::Forever) | None => json!({}),
    }
}

async fn assign(
    tx: &mut Connection,
    organization: OrganizationId,
    issue: IssueId,
    email: Option<&str>,
) -> Result<Option<String>, CatalogError> {
    let member: Option<(i64, String)> = match email {
        None => None,
        Some(email) => Some(member(tx, organization, email).await?),
    };
    sqlx::query("UPDATE issues SET assignee_id = $1 WHERE id = $2")
        .bind(member.as_ref().map(|(id, _)| *id))
        .bind(issue.to_sql())
        .execute(tx)
        .await?;
    Ok(member.map(|(_, email)| email))
}

async fn member(
    tx: &mut Connection,
    organization: OrganizationId,
    email: &str,
) -> Result<(i64, String), CatalogError> {
    sqlx::query_as(
        "SELECT u.id, u.email FROM users u JOIN members m ON m.user_id = u.id
         WHERE m.organization_id = $1 AND u.email = $2",
    )
    .bind(organization.to_sql())
    .bind(email.trim().to_lowercase())
    .fetch_optional(tx)
    .await?
    .ok_or_else(|| {
        let email: String = email.chars().take(100).collect();
        CatalogError::Invalid(format!("assignee {email:?} is not the e-mail address of a member"))
    })
}
