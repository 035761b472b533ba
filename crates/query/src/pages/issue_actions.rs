//! What people do with an issue from its page: resolve, ignore, assign, note, part and delete.

use actix_web::{HttpResponse, web};
use mayday_catalog::{
    access::Member,
    issue_changes::IssueChange,
    issues::{Issue, Status},
};
use mayday_event::GroupHash;
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    path::LocalPath,
    shell::{Account, Section},
    visit::{Decided, Posted, Visit},
};
use crate::{
    QueryError,
    change::{
        self,
        issue_status::{StatusDetails, status},
    },
    read,
};

/// The forms in an issue's head.
pub(super) struct Actions {
    pub(super) csrf: String,
    /// What the forms' addresses begin with.
    pub(super) base: String,
    pub(super) buttons: Vec<Button>,
    /// Those that are chosen seldom.
    pub(super) choices: Vec<Button>,
    pub(super) assignees: Vec<AssigneeOption>,
    /// Whether the visitor may delete.
    pub(super) may_delete: bool,
}

/// A status to set.
pub(super) struct Button {
    /// For tests.
    pub(super) id: &'static str,
    pub(super) value: &'static str,
    pub(super) name: &'static str,
    pub(super) primary: bool,
}

pub(super) struct AssigneeOption {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) current: bool,
}

const fn choice(id: &'static str, value: &'static str, name: &'static str) -> Button {
    Button { id, value, name, primary: false }
}

impl Actions {
    pub(super) fn new(issue: &Issue, account: &Account, members: &[Member]) -> Self {
        let resolve = Button { primary: true, ..choice("resolve", "resolved", "Resolve") };
        let next = choice("resolve-next", "resolvedInNextRelease", "Resolve in next release");
        let ignore = choice("ignore", "ignored", "Ignore");
        let reopen = choice("reopen", "unresolved", "Reopen");
        let buttons = match issue.status {
            Status::Unresolved => vec![resolve, next, ignore],
            Status::Resolved => vec![reopen, ignore],
            Status::Ignored => vec![resolve, reopen],
        };
        let me = members.iter().find(|member| member.email == account.email);
        Self {
            csrf: account.csrf.clone(),
            base: format!("/issues/{}", issue.id),
            buttons,
            choices: vec![
                choice("resolve-latest", "resolved latest", "Resolve in the latest release"),
                choice("ignore-day", "ignored 1440m", "Ignore for a day"),
                choice("ignore-week", "ignored 10080m", "Ignore for a week"),
                choice("ignore-100", "ignored 100", "Ignore until 100 more events"),
                choice("ignore-1000", "ignored 1000", "Ignore until 1,000 more events"),
                choice("ignore-users", "ignored 100u", "Ignore until 100 more users"),
                choice("ignore-forever", "ignored forever", "Ignore for ever"),
            ],
            assignees: assignees(issue.assignee.as_deref(), members, &account.email),
            may_delete: me.is_some_and(|me| me.is_admin),
        }
    }
}

/// Nobody, the visitor, the other members; and whoever it is assigned to, should they have left.
fn assignees(current: Option<&str>, members: &[Member], me: &str) -> Vec<AssigneeOption> {
    let option = |value: &str, name: String| AssigneeOption {
        value: value.into(),
        name,
        current: value == current.unwrap_or_default(),
    };
    let mut options = vec![option("", "Assigned to nobody".into()), option(me, "Assigned to me".into())];
    let others = members.iter().map(|member| member.email.as_str()).filter(|email| *email != me);
    options.extend(others.map(|email| option(email, email.into())));
    if let Some(left) = current.filter(|_| !options.iter().any(|option| option.current)) {
        options.push(option(left, left.into()));
    }
    options
}

#[derive(Deserialize)]
pub(crate) struct IssuePath {
    pub(super) issue: String,
}

#[derive(Deserialize)]
pub(crate) struct StatusForm {
    /// As the API names it, and what goes with it: `resolved latest`, `ignored 60m`, `ignored 100`, `ignored 100u`.
    status: String,
    #[serde(default)]
    next: LocalPath,
}

/// `POST /issues/{issue}/status`
pub(crate) async fn set_status(
    posted: Posted<StatusForm>,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse, PageError> {
    let change = status_change(&posted.visit, &posted.form.status)?;
    apply(&posted.visit, &path.issue, &change, &posted.form.next).await
}

/// A button's value.
pub(super) fn status_change(visit: &Visit, value: &str) -> Result<IssueChange, PageError> {
    let (name, detail) = value.split_once(' ').unwrap_or((value, ""));
    let mut details = StatusDetails::default();
    let mut substatus = None;
    let number = |text: &str| text.parse().map_err(|_| QueryError::Invalid(format!("status: {value:?}")));
    match (name, detail) {
        (_, "") => {}
        ("resolved", "latest") => details.in_release = Some("latest".into()),
        (_, "forever") => substatus = Some("archived_forever"),
        (_, detail) => match (detail.strip_suffix('m'), detail.strip_suffix('u')) {
            (Some(minutes), _) => details.ignore_duration = Some(number(minutes)?),
            (_, Some(users)) => details.ignore_user_count = Some(number(users)?),
            _ => details.ignore_count = Some(number(detail)?),
        },
    }
    let status = status(name, substatus, details, visit.now)?;
    Ok(IssueChange { status: Some(status), ..IssueChange::default() })
}

#[derive(Deserialize)]
pub(crate) struct AssigneeForm {
    assignee: String,
    #[serde(default)]
    next: LocalPath,
}

/// `POST /issues/{issue}/assignee`
pub(crate) async fn set_assignee(
    posted: Posted<AssigneeForm>,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse, PageError> {
    let assignee =
        change::issues::assignee(&posted.visit.query, &posted.visit.principal, &posted.form.assignee).await?;
    let change = IssueChange { assignee: Some(assignee), ..IssueChange::default() };
    apply(&posted.visit, &path.issue, &change, &posted.form.next).await
}

async fn apply(
    visit: &Visit,
    issue: &str,
    change: &IssueChange,
    next: &LocalPath,
) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, issue).await?;
    change::issues::change(&visit.query, &visit.principal, issue.id, change).await?;
    Ok(answer::see(next.as_str()))
}

#[derive(Deserialize)]
pub(crate) struct NoteForm {
    text: String,
    #[serde(default)]
    next: LocalPath,
}

/// `POST /issues/{issue}/notes`
pub(crate) async fn add_note(
    posted: Posted<NoteForm>,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse, PageError> {
    let visit = &posted.visit;
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    let added = visit.query.catalog.add_note(issue.id, visit.principal.user_id, &posted.form.text).await;
    added.map_err(QueryError::from)?;
    Ok(answer::see(posted.form.next.as_str()))
}

#[derive(Deserialize)]
pub(crate) struct PartForm {
    /// 16 hexadecimal digits.
    hash: String,
    #[serde(default)]
    next: LocalPath,
}

/// `POST /issues/{issue}/part`: gives a fingerprint to an issue of its own.
pub(crate) async fn part(
    posted: Posted<PartForm>,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse, PageError> {
    let visit = &posted.visit;
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    let unreadable = |_| QueryError::Invalid("hash: is no fingerprint".into());
    let hash: GroupHash = posted.form.hash.parse().map_err(unreadable)?;
    change::issues::unmerge(&visit.query, &visit.principal, &issue, &[hash]).await?;
    Ok(answer::see(posted.form.next.as_str()))
}

#[derive(Deserialize)]
pub(crate) struct DeleteForm {
    /// `delete` or `discard`.
    what: String,
}

/// `POST /issues/{issue}/delete`
pub(crate) async fn delete(
    decided: Decided<DeleteForm>,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse, PageError> {
    let Decided(posted) = decided;
    let visit = &posted.visit;
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    let project = visit.project(&super::visit::ProjectPath::of(visit, &issue)).await?;
    match posted.form.what.as_str() {
        "discard" => change::issues::discard(&visit.query, &visit.principal, issue.id).await?,
        _ => change::issues::delete(&visit.query, &visit.principal, issue.id).await?,
    }
    Ok(answer::see(&Section::Issues.path(&project)))
}
