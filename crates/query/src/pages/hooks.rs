//! A project's hooks and what was delivered to them.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use mayday_catalog::{
    alerts::{Delivery, DeliveryState, Hook, TransitionKind},
    projects::Project,
};
use mayday_event::Timestamp;
use serde::Deserialize;

use super::{
    answer,
    error::{PageError, sentence},
    moment::Moment,
    shell::{Section, Shell},
    visit::{Decided, Posted, ProjectPath, Visit},
};
use crate::{
    QueryError,
    change::{self, hooks::NewHook},
    read,
};

/// Most deliveries that are shown.
const DELIVERIES: usize = 50;

#[derive(Template)]
#[template(path = "hooks.html")]
pub(crate) struct HooksPage {
    pub(crate) shell: Shell,
    pub(crate) csrf: String,
    pub(crate) action: String,
    pub(crate) hooks: Vec<HookRow>,
    pub(crate) deliveries: Vec<DeliveryRow>,
    pub(crate) deliveries_limit: usize,
    /// The URL of a hook that was not accepted.
    pub(crate) url: String,
    pub(crate) error: Option<String>,
    /// Whether the visitor is an administrator.
    pub(crate) may_change: bool,
    /// Of a hook just added.
    pub(crate) secret: Option<String>,
}

pub(crate) struct HookRow {
    pub(crate) url: String,
    pub(crate) events: String,
    pub(crate) created: Moment,
    pub(crate) delete: String,
}

pub(crate) struct DeliveryRow {
    pub(crate) state: &'static str,
    pub(crate) action: &'static str,
    pub(crate) issue: String,
    pub(crate) reason: String,
    pub(crate) url: String,
    pub(crate) answer: String,
    pub(crate) attempts: u32,
    pub(crate) created: Moment,
    /// Set while it is to be tried again.
    pub(crate) next_attempt: Option<Moment>,
}

impl HooksPage {
    async fn of(visit: &Visit, project: &Project) -> Result<Self, PageError> {
        let hooks = read::hooks::list(&visit.query, project).await?;
        let deliveries = read::hooks::deliveries(&visit.query, project, DELIVERIES).await?;
        let action = Section::Hooks.path(project);
        Ok(Self {
            shell: visit.project_shell(format!("Hooks · {}", project.name), project, Section::Hooks).await?,
            csrf: visit.csrf.clone(),
            may_change: visit.principal.is_admin,
            hooks: hooks.iter().map(|hook| HookRow::new(hook, &action, visit.now)).collect(),
            deliveries: deliveries.iter().map(|delivery| DeliveryRow::new(delivery, visit.now)).collect(),
            deliveries_limit: DELIVERIES,
            action,
            url: String::new(),
            error: None,
            secret: None,
        })
    }
}

impl HookRow {
    fn new(hook: &Hook, action: &str, now: Timestamp) -> Self {
        let events: Vec<&str> = hook.events.iter().map(|kind| kind.action()).collect();
        Self {
            url: hook.url.clone(),
            events: events.join(", "),
            created: Moment::ago(hook.created, now),
            delete: format!("{action}{}/delete/", hook.id),
        }
    }
}

impl DeliveryRow {
    pub(crate) fn new(delivery: &Delivery, now: Timestamp) -> Self {
        let status = delivery.last_status.map(|status| status.to_string());
        let parts: Vec<String> = status.into_iter().chain(delivery.last_error.clone()).collect();
        let to_be_retried = delivery.state == DeliveryState::Pending && delivery.attempts > 0;
        Self {
            state: delivery.state.name(),
            action: delivery.transition.kind.action(),
            issue: format!("/issues/{}/", delivery.transition.issue_id),
            reason: delivery.transition.reason.clone(),
            url: delivery.url.clone(),
            answer: parts.join(": "),
            attempts: delivery.attempts,
            created: Moment::ago(delivery.created, now),
            next_attempt: to_be_retried.then(|| Moment::ago(delivery.next_attempt, now)),
        }
    }
}

/// `GET /projects/{organization}/{project}/hooks/`
pub(crate) async fn list(visit: Visit, path: web::Path<ProjectPath>) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    answer::page(&HooksPage::of(&visit, &project).await?)
}

#[derive(Deserialize)]
pub(crate) struct HookForm {
    url: String,
    #[serde(default)]
    secret: String,
    issue_new: Option<String>,
    issue_regressed: Option<String>,
    issue_escalating: Option<String>,
    issue_unignored: Option<String>,
}

impl HookForm {
    /// Names of what is ticked.
    fn events(&self) -> Vec<&'static str> {
        let boxes = [
            (TransitionKind::New, &self.issue_new),
            (TransitionKind::Regressed, &self.issue_regressed),
            (TransitionKind::Escalating, &self.issue_escalating),
            (TransitionKind::Unignored, &self.issue_unignored),
        ];
        boxes.into_iter().filter(|(_, ticked)| ticked.is_some()).map(|(kind, _)| kind.action()).collect()
    }
}

/// `POST /projects/{organization}/{project}/hooks/`
///
/// Answers with the page itself, for the secret is shown only now.
pub(crate) async fn add(
    decided: Decided<HookForm>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let Decided(Posted { visit, form }) = decided;
    let project = visit.project(&path).await?;
    let hook = NewHook {
        url: form.url.trim(),
        events: form.events(),
        secret: Some(form.secret.trim()).filter(|secret| !secret.is_empty()),
    };
    match change::hooks::create(&visit.query, &project, hook).await {
        Ok(hook) => {
            let page = HooksPage { secret: Some(hook.secret), ..HooksPage::of(&visit, &project).await? };
            answer::page(&page)
        }
        Err(QueryError::Invalid(why)) => {
            let page = HooksPage::of(&visit, &project).await?;
            let page = HooksPage { error: Some(sentence(&why)), url: form.url, ..page };
            answer::page_with(StatusCode::BAD_REQUEST, &page)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct HookPath {
    organization: String,
    project: String,
    hook: i64,
}

/// `POST /projects/{organization}/{project}/hooks/{hook}/delete/`
pub(crate) async fn delete(
    decided: Decided<super::NoFields>,
    path: web::Path<HookPath>,
) -> Result<HttpResponse, PageError> {
    let path = path.into_inner();
    let Decided(Posted { visit, .. }) = decided;
    let project =
        visit.project(&ProjectPath { organization: path.organization, project: path.project }).await?;
    change::hooks::delete(&visit.query, &project, path.hook).await?;
    Ok(answer::see(&Section::Hooks.path(&project)))
}
