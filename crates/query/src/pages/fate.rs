//! What became of an event id.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::Project;
use mayday_event::{EventId, Timestamp};
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    event::event_path,
    moment::Moment,
    shell::{Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::{
    QueryError,
    read::{
        self,
        fate::{FateView, Happening, What},
    },
};

#[derive(Template)]
#[template(path = "fate.html")]
struct FatePage {
    shell: Shell,
    issues_path: String,
    /// The event id, as it was searched for.
    searched: String,
    /// The name in the API of the first happening; `unknown` without one.
    fate: String,
    /// Set where there is none.
    unknown: Option<String>,
    happenings: Vec<HappeningView>,
}

/// One time that the event was received.
struct HappeningView {
    name: String,
    title: &'static str,
    badge: &'static str,
    received: Moment,
    reason: String,
    detail: String,
    link: Option<(String, &'static str)>,
}

/// Where the fate of an event of a project is told.
pub(super) fn path(project: &Project, event: EventId) -> String {
    format!("/projects/{}/{}/events/{event}/", project.organization_slug, project.slug)
}

/// The event id that somebody typed as a search, and nothing but that.
pub(super) fn event_id(text: &str) -> Option<EventId> {
    text.trim().parse().ok()
}

#[derive(Deserialize)]
pub(crate) struct FatePath {
    organization: String,
    project: String,
    event: String,
}

/// `GET /projects/{organization}/{project}/events/{event}/`
pub(crate) async fn show(visit: Visit, path: web::Path<FatePath>) -> Result<HttpResponse, PageError> {
    let FatePath { organization, project, event } = path.into_inner();
    let project = visit.project(&ProjectPath { organization, project }).await?;
    let id = event_id(&event).ok_or(QueryError::NotFound("event"))?;
    let fate = read::fate::of_event(&visit.query, &project, id).await?;
    let shell = visit.project_shell(format!("Event {id}"), &project, Section::Issues).await?;
    answer::page(&FatePage::new(shell, &project, &fate, visit.now))
}

impl FatePage {
    fn new(shell: Shell, project: &Project, fate: &FateView, now: Timestamp) -> Self {
        let view = |happening| HappeningView::new(happening, project, fate.event_id, now);
        let first = fate.happenings.first();
        Self {
            shell,
            issues_path: Section::Issues.path(project),
            searched: fate.event_id.to_string(),
            fate: first.map_or("unknown", |first| first.what.name()).to_owned(),
            unknown: first.is_none().then(|| fate.unknown()),
            happenings: fate.happenings.iter().map(view).collect(),
        }
    }
}

impl HappeningView {
    fn new(happening: &Happening, project: &Project, event: EventId, now: Timestamp) -> Self {
        let (title, badge) = match happening.what.name() {
            "stored" => ("Stored", "on"),
            "duplicate" => ("Duplicate", ""),
            "filtered" => ("Filtered", ""),
            "rate_limited" => ("Rate-limited", "pending"),
            "set_aside" => ("Set aside", "failed"),
            "unavailable" => ("Sent back", "failed"),
            _ => ("Invalid", "failed"),
        };
        let link = match &happening.what {
            What::Stored { issue: Some(issue), .. } => Some((event_path(issue.id, event), "Open the event")),
            What::SetAside => Some((Section::Quarantine.path(project), "Set-aside reports")),
            _ => None,
        };
        Self {
            name: happening.what.name().to_owned(),
            title,
            badge,
            received: Moment::ago(happening.received, now),
            reason: happening.reason.clone(),
            detail: happening.detail.clone(),
            link,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        fixture::{main_part, now},
        pages::sample,
    };

    fn rendered(happenings: Vec<Happening>) -> String {
        let fate = FateView { event_id: EventId(Uuid::from_u128(0xab)), happenings, waiting: 3 };
        let page = FatePage::new(sample::shell(), &sample::project(), &fate, now());
        main_part(&page.render().unwrap()).to_owned()
    }

    #[test]
    fn a_stored_event_leads_to_its_page_and_its_repetitions_are_told() {
        let happening = |minutes: i64, what, reason: &str| Happening {
            what,
            received: now().plus_ms(-minutes * 60_000),
            reason: reason.into(),
            detail: "In plain <words>.".into(),
        };
        let stored = What::Stored { issue: Some(Box::new(sample::issue())), payload_kept: true };
        insta::assert_snapshot!(rendered(vec![
            happening(9, stored, ""),
            happening(1, What::Duplicate, "duplicate"),
            happening(5, What::SetAside, "parse"),
        ]));
    }

    #[test]
    fn an_unknown_event_says_what_is_known() {
        let page = rendered(Vec::new());
        assert!(page.contains("data-fate=\"unknown\""), "{page}");
        assert!(page.contains("3 reports wait in the journal"), "{page}");
    }

    #[test]
    fn only_an_event_id_alone_is_taken_for_one() {
        assert!(event_id(" 0190B1C6-1111-7111-8111-000000000000 ").is_some());
        assert!(event_id("0190b1c6111171118111000000000000").is_some());
        assert!(event_id("is:unresolved 0190b1c6111171118111000000000000").is_none());
        assert!(event_id("0190b1c6").is_none());
    }
}
