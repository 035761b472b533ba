//! An issue with one of its events.

use actix_web::{HttpResponse, http::header, web};
use askama::Template;
use mayday_catalog::{access::Member, activities::Activity, issues::Issue, json::IssueCounts};
use mayday_event::{Event, IssueId, Timestamp};
use mayday_store::queries::{events::EventSummary, feedback::StoredFeedback, series::Buckets};
use serde::Deserialize;

use super::{
    answer,
    badge::{Badge, badges},
    environments::{Environment, environments},
    error::PageError,
    event::{
        EventSection, event_path,
        said::{Said, said},
        stack::Run,
        tags::TagSection,
    },
    issue_actions::{Actions, IssuePath},
    issue_history::{Fingerprint, Happened, fingerprints, history, latest_events},
    issue_parts::{Counting, Later, Name, Part, Parts},
    issue_suspects::SuspectSection,
    issue_time::{Chosen, ReleaseChart, TimeQuery, TimeSection, issue_path},
    moment::{Count, Moment},
    shell::{Account, Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::{
    Query, QueryError,
    read::{
        self,
        events::{Enclosed, EventView, Which},
    },
};

/// Most of what users said that is shown beside an event.
const FEEDBACK: usize = 5;
/// The newest things that happened to it.
const ACTIVITIES: usize = 30;

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
    history: Vec<Happened>,
    /// Empty if it has but one.
    fingerprints: Vec<Fingerprint>,
    time: TimeSection,
    releases: Part<ReleaseChart>,
    suspects: Part<SuspectSection>,
    tags: Part<TagSection>,
}

/// An issue with all that its page shows of it.
pub(super) struct Shown {
    pub(super) issue: Issue,
    /// Of all events that are kept.
    pub(super) counts: IssueCounts,
    pub(super) buckets: Buckets,
    pub(super) parts: Parts,
    pub(super) feedback: Vec<StoredFeedback>,
    /// What happened to it, the newest first.
    pub(super) activities: Vec<Activity>,
    /// Of each fingerprint, if it has several.
    pub(super) latest: Vec<EventSummary>,
}

/// What the page is shown among.
pub(crate) struct Around<'a> {
    issues_path: String,
    account: &'a Account,
    members: &'a [Member],
    /// To choose from.
    environments: Vec<Environment>,
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
    /// The app's own line that the event which is shown happened at: `Checkout.kt:42`; empty if not known.
    place: String,
    badges: Vec<Badge>,
}

struct Facts {
    events: Count,
    users: Count,
    first_seen: Moment,
    last_seen: Moment,
    first_release: String,
    last_release: String,
}

impl IssuePage {
    pub(crate) fn new(
        shell: Shell,
        around: Around<'_>,
        shown: &Shown,
        event: Option<&(EventView, Enclosed)>,
        chosen: &Chosen,
        now: Timestamp,
    ) -> Self {
        let Around { issues_path, account, members, environments } = around;
        let issue = &shown.issue;
        let about_event = event.map_or(&[][..], |(_, enclosed)| &enclosed.feedback);
        let shown_event = event.map(|(view, _)| view.event.event_id);
        let here = match shown_event {
            Some(id) if shell.here.contains("/events/") => event_path(issue.id, id),
            _ => issue_path(issue),
        };
        let summary = event.map(|(view, _)| &view.summary);
        let Parts { releases, facets, suspects } = &shown.parts;
        let chart = releases.as_ref().map(|found| ReleaseChart::new(chosen, &shown.buckets, found));
        let suspects = suspects.as_ref().map(|looked| SuspectSection::new(looked, now));
        let share_of = || chosen.share_of();
        let tags = facets.as_ref().map(|found| TagSection::new(found, summary, &issues_path, share_of()));
        let later = |name| Later::new(name, issue, shown_event, chosen, &here);
        Self {
            head: Head::new(issue, event.map(|(view, _)| &view.event), now),
            time: TimeSection::new(chosen, &here, environments),
            releases: Part::new(chart, || later(Name::Releases)),
            suspects: Part::new(suspects, || later(Name::Suspects)),
            tags: Part::new(tags, || later(Name::Tags)),
            actions: Actions::new(issue, account, members),
            facts: Facts::new(shown, now),
            history: history(&shown.activities, now),
            fingerprints: fingerprints(issue, &shown.latest, summary.map(|event| event.hash)),
            no_event: if shown.counts.events == 0 {
                "The events of this issue are older than events are kept."
            } else {
                "This event is not one of this issue, or it is older than events are kept."
            },
            said: said(about_event, &shown.feedback, shown_event, issue.id, now),
            event: event.map(|(view, enclosed)| {
                let mut section = EventSection::new(view, enclosed, issue.id, now);
                for href in section.steps.iter_mut().filter_map(|step| step.href.as_mut()) {
                    *href = chosen.at(href);
                }
                section
            }),
            issues_path,
            shell,
        }
    }
}

impl Head {
    fn new(issue: &Issue, event: Option<&Event>, now: Timestamp) -> Self {
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
            place: event.map(place).unwrap_or_default(),
            badges: badges(issue, now),
        }
    }
}

/// The innermost line of the app's own code.
fn place(event: &Event) -> String {
    let frames = event.main_stacktrace().map(|stacktrace| &stacktrace.frames[..]).unwrap_or_default();
    let innermost = frames.iter().rev().find(|frame| frame.in_app == Some(true) && frame.lineno.is_some());
    let file = innermost.and_then(|frame| Some((frame.filename.as_deref()?, frame.lineno?)));
    file.map(|(file, line)| format!("{file}:{line}")).unwrap_or_default()
}

impl Facts {
    fn new(shown: &Shown, now: Timestamp) -> Self {
        let issue = &shown.issue;
        Self {
            events: shown.counts.events.into(),
            users: shown.counts.users.into(),
            first_seen: Moment::ago(issue.first_seen, now),
            last_seen: Moment::ago(issue.last_seen, now),
            first_release: issue.first_release.clone().unwrap_or_default(),
            last_release: issue.last_release.clone().unwrap_or_default(),
        }
    }
}

/// `GET /issues/{issue}/`: with its newest event. By id or by short id.
pub(crate) async fn newest(
    visit: Visit,
    path: web::Path<IssuePath>,
    asked: web::Query<TimeQuery>,
) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    show(&visit, issue, Which::Latest, &asked).await
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
pub(crate) async fn with_event(
    visit: Visit,
    path: web::Path<EventPath>,
    asked: web::Query<TimeQuery>,
) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    show(&visit, issue, path.which()?, &asked).await
}

/// `GET /issues/{issue}/events/{event}/json/`: the event as it is stored.
pub(crate) async fn event_json(visit: Visit, path: web::Path<EventPath>) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    let view = read::events::of_issue(&visit.query, &issue, path.which()?).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(&view.event))
}

async fn show(
    visit: &Visit,
    issue: Issue,
    which: Which,
    asked: &TimeQuery,
) -> Result<HttpResponse, PageError> {
    let chosen = Chosen::new(asked);
    let project = visit.project(&ProjectPath::of(visit, &issue)).await?;
    let query = &visit.query;
    let (counts, event, environments, feedback, activities, latest) = tokio::try_join!(
        read::issues::counts(query, &issue),
        event_with_enclosed(query, &issue, which),
        async { Ok(environments(visit, &project, chosen.environment()).await) },
        read::feedback::of_issue(query, &issue, FEEDBACK),
        async { Ok(query.catalog.activities(issue.id, ACTIVITIES).await?) },
        latest_events(query, &issue),
    )?;
    // Only now: they would delay what is shown anyhow.
    let counting = Counting::new(query, &issue, &chosen, visit.now)?;
    let parts = counting.parts(counts).await?;
    let buckets = counting.buckets;
    let title = format!("{} · {}", issue.short_id, issue.title);
    let shell = visit.project_shell(title, &project, Section::Issues).await?;
    let members = read::projects::members(query, &visit.principal).await?;
    let (issues_path, account) = (Section::Issues.path(&project), visit.account());
    let around = Around { issues_path, account: &account, members: &members, environments };
    let shown = Shown { issue, counts, buckets, parts, feedback, activities, latest };
    answer::page(&IssuePage::new(shell, around, &shown, event.as_ref(), &chosen, visit.now))
}

/// `None`: it is not one of the issue, or no longer kept.
async fn event_with_enclosed(
    query: &Query,
    issue: &Issue,
    which: Which,
) -> Result<Option<(EventView, Enclosed)>, QueryError> {
    match read::events::of_issue(query, issue, which).await {
        Ok(view) => {
            let enclosed = read::events::enclosed(query, &view).await?;
            Ok(Some((view, enclosed)))
        }
        Err(QueryError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use mayday_catalog::issues::Status;

    use super::*;
    use crate::{
        fixture::{main_part, now},
        pages::sample,
    };

    fn rendered(shown: &Shown, event: Option<&(EventView, Enclosed)>) -> String {
        let account = Account { email: "me@example.com".into(), csrf: "CSRF".into() };
        let member =
            |email: &str| Member { user_id: 1, email: email.into(), name: String::new(), is_admin: true };
        let members = [member("ann@example.com"), member("me@example.com")];
        let list = "/projects/mayday/app/issues/".into();
        let chosen = Chosen::new(&TimeQuery::default());
        let environments =
            ["beta", "production"].map(|name| Environment { name: name.into(), current: false });
        let page = IssuePage::new(
            sample::shell(),
            Around {
                issues_path: list,
                account: &account,
                members: &members,
                environments: environments.into(),
            },
            shown,
            event,
            &chosen,
            now(),
        );
        main_part(&page.render().unwrap()).to_owned()
    }

    #[test]
    fn an_issue_with_all_there_is_to_show() {
        insta::assert_snapshot!(rendered(&sample::shown(), Some(&(sample::view(), sample::enclosed()))));
    }

    #[test]
    fn parts_that_take_long_come_later() {
        let mut shown = sample::shown();
        shown.parts = Parts { releases: None, facets: None, suspects: None };
        let page = rendered(&shown, Some(&(sample::view(), sample::enclosed())));
        let parts = page.split("<").filter(|tag| tag.contains("data-part") || tag.contains("data-later"));
        let links = page.split("<").filter(|tag| tag.contains("parts=wait"));
        insta::assert_snapshot!(parts.chain(links).map(str::trim_end).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn an_event_whose_payload_is_not_kept_says_so() {
        let mut event = (sample::view(), Enclosed::default());
        let page = rendered(&sample::shown(), Some(&event));
        assert!(!page.contains("payload-not-kept") && !page.contains("data-testid=\"attachments\""));
        event.0.payload_kept = false;
        assert!(rendered(&sample::shown(), Some(&event)).contains("payload-not-kept"));
    }

    #[test]
    fn what_can_be_done_follows_from_the_status() {
        let buttons = |status| {
            let mut shown = sample::shown();
            shown.issue.status = status;
            let page = rendered(&shown, None);
            let known = ["resolve", "resolve-next", "ignore", "reopen"];
            known.into_iter().filter(|id| page.contains(&format!("data-testid=\"{id}\""))).collect::<Vec<_>>()
        };
        assert_eq!(buttons(Status::Unresolved), ["resolve", "resolve-next", "ignore"]);
        assert_eq!(buttons(Status::Resolved), ["ignore", "reopen"]);
        assert_eq!(buttons(Status::Ignored), ["resolve", "reopen"]);
    }

    #[test]
    fn an_issue_whose_events_are_gone_says_so() {
        let mut shown = sample::shown();
        assert!(rendered(&shown, None).contains("This event is not one of this issue"));
        shown.counts.events = 0;
        assert!(rendered(&shown, None).contains("older than events are kept"));
    }
}
