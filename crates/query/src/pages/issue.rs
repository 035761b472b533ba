//! An issue with one of its events.

use actix_web::{HttpResponse, http::header, web};
use askama::Template;
use mayday_catalog::{
    access::Member,
    issues::{Issue, IssueChange, Status},
};
use mayday_event::{IssueId, Timestamp};
use serde::Deserialize;

use super::{
    answer,
    badge::{Badge, badges},
    chart::Chart,
    error::PageError,
    event::{
        EventSection,
        said::{Said, said},
        stack::Run,
        tags::{TagView, tags},
    },
    moment::{Count, Moment, counted},
    path::LocalPath,
    shell::{Account, Section, Shell},
    visit::{Posted, ProjectPath, Visit},
};
use crate::{
    QueryError, change,
    read::{
        self,
        events::{Enclosed, EventView, Which},
        issues::IssueDetail,
    },
};

/// Days in the longer chart.
const FORTNIGHT: usize = 14;

#[derive(Template)]
#[template(path = "issue.html")]
pub(crate) struct IssuePage {
    shell: Shell,
    issues_path: String,
    head: Head,
    actions: Actions,
    facts: Facts,
    event: Option<EventSection>,
    /// Why there is none.
    no_event: &'static str,
    said: Vec<Said>,
    tags: Vec<TagView>,
}

struct Head {
    id: IssueId,
    short_id: String,
    level: &'static str,
    status: &'static str,
    /// The exception's type, else the title.
    heading: String,
    message: String,
    culprit: String,
    badges: Vec<Badge>,
}

struct Actions {
    csrf: String,
    status_path: String,
    assignee_path: String,
    buttons: Vec<Button>,
    assignees: Vec<AssigneeOption>,
}

struct Button {
    /// For tests.
    id: &'static str,
    value: &'static str,
    name: &'static str,
    primary: bool,
}

struct AssigneeOption {
    value: String,
    name: String,
    current: bool,
}

struct Facts {
    events: Count,
    users: Count,
    first_seen: Moment,
    last_seen: Moment,
    first_release: String,
    last_release: String,
    day: Chart,
    day_total: String,
    fortnight: Chart,
    fortnight_total: String,
}

impl IssuePage {
    pub(crate) fn new(
        shell: Shell,
        issues_path: String,
        account: &Account,
        members: &[Member],
        detail: &IssueDetail,
        event: Option<&(EventView, Enclosed)>,
        now: Timestamp,
    ) -> Self {
        let issue = &detail.issue;
        let about_event = event.map_or(&[][..], |(_, enclosed)| &enclosed.feedback);
        let shown = event.map(|(view, _)| view.event.event_id);
        Self {
            head: Head::new(issue, now),
            actions: Actions::new(issue, account, members),
            facts: Facts::new(detail, now),
            no_event: if detail.counts.events == 0 {
                "The events of this issue are older than events are kept."
            } else {
                "This event is not one of this issue, or it is older than events are kept."
            },
            tags: tags(&detail.facets, event.map(|(view, _)| &view.summary), &issues_path),
            said: said(about_event, &detail.feedback, shown, issue.id, now),
            event: event.map(|(view, enclosed)| EventSection::new(view, enclosed, issue.id, now)),
            issues_path,
            shell,
        }
    }
}

impl Head {
    fn new(issue: &Issue, now: Timestamp) -> Self {
        let (heading, message) = match issue.error_type.as_str() {
            "" => (issue.title.clone(), String::new()),
            name => (name.to_owned(), issue.error_value.clone()),
        };
        Self {
            id: issue.id,
            short_id: issue.short_id.clone(),
            level: issue.level.name(),
            status: issue.status.name(),
            heading,
            message,
            culprit: issue.culprit.clone(),
            badges: badges(issue, now),
        }
    }
}

impl Actions {
    fn new(issue: &Issue, account: &Account, members: &[Member]) -> Self {
        let resolve = Button { id: "resolve", value: "resolved", name: "Resolve", primary: true };
        let next = Button {
            id: "resolve-next",
            value: "resolvedInNextRelease",
            name: "Resolve in next release",
            primary: false,
        };
        let ignore = Button { id: "ignore", value: "ignored", name: "Ignore", primary: false };
        let reopen = Button { id: "reopen", value: "unresolved", name: "Reopen", primary: false };
        let buttons = match issue.status {
            Status::Unresolved => vec![resolve, next, ignore],
            Status::Resolved => vec![reopen, ignore],
            Status::Ignored => vec![resolve, reopen],
        };
        Self {
            csrf: account.csrf.clone(),
            status_path: format!("/issues/{}/status", issue.id),
            assignee_path: format!("/issues/{}/assignee", issue.id),
            buttons,
            assignees: assignees(issue.assignee.as_deref(), members, &account.email),
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

impl Facts {
    fn new(detail: &IssueDetail, now: Timestamp) -> Self {
        let issue = &detail.issue;
        let month = &detail.last_month;
        let fortnight = month.get(month.len().saturating_sub(FORTNIGHT)..).unwrap_or_default();
        Self {
            events: detail.counts.events.into(),
            users: detail.counts.users.into(),
            first_seen: Moment::ago(issue.first_seen, now),
            last_seen: Moment::ago(issue.last_seen, now),
            first_release: issue.first_release.clone().unwrap_or_default(),
            last_release: issue.last_release.clone().unwrap_or_default(),
            day: Chart::new(&detail.last_day, "24 hours"),
            day_total: total(&detail.last_day),
            fortnight: Chart::new(fortnight, "14 days"),
            fortnight_total: total(fortnight),
        }
    }
}

fn total(series: &[(Timestamp, u64)]) -> String {
    counted(series.iter().map(|(_, count)| count).sum(), "event", "events")
}

#[derive(Deserialize)]
pub(crate) struct IssuePath {
    issue: String,
}

/// `GET /issues/{issue}/`: with its newest event. By id or by short id.
pub(crate) async fn newest(visit: Visit, path: web::Path<IssuePath>) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    show(&visit, issue, Which::Latest).await
}

#[derive(Deserialize)]
pub(crate) struct EventPath {
    issue: String,
    event: String,
}

impl EventPath {
    /// `latest`, `oldest`, or an id.
    fn which(&self) -> Result<Which, PageError> {
        match self.event.as_str() {
            "latest" => Ok(Which::Latest),
            "oldest" => Ok(Which::Oldest),
            id => Ok(Which::Id(id.parse().map_err(|_| QueryError::NotFound("event"))?)),
        }
    }
}

/// `GET /issues/{issue}/events/{event}/`
pub(crate) async fn with_event(visit: Visit, path: web::Path<EventPath>) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    show(&visit, issue, path.which()?).await
}

/// `GET /issues/{issue}/events/{event}/json/`: the event as it is stored.
pub(crate) async fn event_json(visit: Visit, path: web::Path<EventPath>) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    let view = read::events::of_issue(&visit.query, &issue, path.which()?).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(&view.event))
}

async fn show(visit: &Visit, issue: Issue, which: Which) -> Result<HttpResponse, PageError> {
    let path = ProjectPath {
        organization: visit.principal.organization_slug.clone(),
        project: issue.project_slug.clone(),
    };
    let project = visit.project(&path).await?;
    let event = async {
        match read::events::of_issue(&visit.query, &issue, which).await {
            Ok(view) => {
                let enclosed = read::events::enclosed(&visit.query, &view).await?;
                Ok(Some((view, enclosed)))
            }
            Err(QueryError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let (event, detail) = tokio::try_join!(event, read::issues::detail(&visit.query, issue.clone()))?;
    let title = format!("{} · {}", issue.short_id, issue.title);
    let shell = visit.project_shell(title, &project, Section::Issues).await?;
    let list = Section::Issues.path(&project);
    let members = read::projects::members(&visit.query, &visit.principal).await?;
    answer::page(&IssuePage::new(shell, list, &visit.account(), &members, &detail, event.as_ref(), visit.now))
}

#[derive(Deserialize)]
pub(crate) struct StatusForm {
    /// As the API names it.
    status: String,
    #[serde(default)]
    next: LocalPath,
}

/// `POST /issues/{issue}/status`
pub(crate) async fn set_status(
    posted: Posted<StatusForm>,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse, PageError> {
    let status = change::issues::status(&posted.form.status, false)?;
    let change = IssueChange { status: Some(status), ..IssueChange::default() };
    apply(&posted.visit, &path.issue, &change, &posted.form.next).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{main_part, now},
        pages::sample,
    };

    fn rendered(detail: &IssueDetail, event: Option<&(EventView, Enclosed)>) -> String {
        let account = Account { email: "me@example.com".into(), csrf: "CSRF".into() };
        let member =
            |email: &str| Member { user_id: 1, email: email.into(), name: String::new(), is_admin: true };
        let members = [member("ann@example.com"), member("me@example.com")];
        let list = "/projects/mayday/app/issues/".into();
        let page = IssuePage::new(sample::shell(), list, &account, &members, detail, event, now());
        main_part(&page.render().unwrap()).to_owned()
    }

    #[test]
    fn an_issue_with_all_there_is_to_show() {
        insta::assert_snapshot!(rendered(&sample::detail(), Some(&(sample::view(), sample::enclosed()))));
    }

    #[test]
    fn an_event_whose_payload_is_not_kept_says_so() {
        let mut event = (sample::view(), Enclosed::default());
        let page = rendered(&sample::detail(), Some(&event));
        assert!(!page.contains("payload-not-kept") && !page.contains("data-testid=\"attachments\""));
        event.0.payload_kept = false;
        assert!(rendered(&sample::detail(), Some(&event)).contains("payload-not-kept"));
    }

    #[test]
    fn what_can_be_done_follows_from_the_status() {
        let buttons = |status| {
            let mut detail = sample::detail();
            detail.issue.status = status;
            let page = rendered(&detail, None);
            let known = ["resolve", "resolve-next", "ignore", "reopen"];
            known.into_iter().filter(|id| page.contains(&format!("data-testid=\"{id}\""))).collect::<Vec<_>>()
        };
        assert_eq!(buttons(Status::Unresolved), ["resolve", "resolve-next", "ignore"]);
        assert_eq!(buttons(Status::Resolved), ["ignore", "reopen"]);
        assert_eq!(buttons(Status::Ignored), ["resolve", "reopen"]);
    }

    #[test]
    fn an_issue_whose_events_are_gone_says_so() {
        let mut detail = sample::detail();
        assert!(rendered(&detail, None).contains("This event is not one of this issue"));
        detail.counts.events = 0;
        assert!(rendered(&detail, None).contains("older than events are kept"));
    }
}
