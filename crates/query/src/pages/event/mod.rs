//! One event, made ready to be shown.

pub(crate) mod stack;
pub(crate) mod tags;

pub(crate) mod said;

mod attachments;
mod binaries;
mod breadcrumbs;
mod contexts;
mod exceptions;
mod reasons;
mod threads;
mod values;
mod view_tree;

use mayday_event::{Event, EventId, IssueId, Timestamp, model::NoteKind};
use mayday_store::queries::events::Neighbours;

use self::{
    attachments::AttachmentView, binaries::BinaryView, breadcrumbs::BreadcrumbView, contexts::Table,
    exceptions::ExceptionView, reasons::Reasons, threads::ThreadView, values::Pair, view_tree::ViewTree,
};
use super::moment::{Moment, absolute, bytes};
use crate::read::events::{Enclosed, EventView};

/// Breadcrumbs that are shown at once; earlier ones are folded.
const BREADCRUMBS_SHOWN: usize = 15;

/// An event as the issue page shows it.
#[derive(Debug, Clone)]
pub(crate) struct EventSection {
    pub(crate) id: String,
    pub(crate) short_id: String,
    pub(crate) time: Moment,
    /// `2026-11-24 03:42:01 UTC`
    pub(crate) time_utc: String,
    pub(crate) size: String,
    pub(crate) json_href: String,
    pub(crate) payload_kept: bool,
    pub(crate) steps: [Step; 4],
    pub(crate) chips: Vec<Pair>,
    pub(crate) message: Option<Message>,
    pub(crate) exceptions: Vec<ExceptionView>,
    pub(crate) threads: Vec<ThreadView>,
    pub(crate) binaries: Vec<BinaryView>,
    pub(crate) breadcrumbs: Vec<BreadcrumbView>,
    pub(crate) attachments: Vec<AttachmentView>,
    pub(crate) view_tree: Option<ViewTree>,
    pub(crate) surroundings: Vec<Table>,
    pub(crate) details: Vec<Table>,
    pub(crate) notes: Vec<Pair>,
    pub(crate) reasons: Option<Reasons>,
}

/// A way to another event of the issue.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// `next` and `prev` are what the keys j and k follow; else empty.
    pub(crate) rel: &'static str,
    /// `None`: there is none.
    pub(crate) href: Option<String>,
}

/// A log message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    /// Where it differs from the text; else empty.
    pub(crate) template: String,
}

impl EventSection {
    pub(crate) fn new(view: &EventView, enclosed: &Enclosed, issue: IssueId, now: Timestamp) -> Self {
        let event = &view.event;
        let id = event.event_id.to_string();
        Self {
            short_id: id.chars().take(8).collect(),
            time: Moment::ago(event.timestamp, now),
            time_utc: absolute(event.timestamp),
            size: bytes(view.size as u64),
            json_href: format!("{}json/", event_path(issue, event.event_id)),
            payload_kept: view.payload_kept,
            steps: steps(view, issue),
            chips: chips(event),
            message: message(event),
            exceptions: exceptions::exceptions(event),
            threads: threads::threads(event),
            binaries: binaries::binaries(event),
            breadcrumbs: breadcrumbs::breadcrumbs(event),
            attachments: attachments::attachments(&enclosed.attachments, issue, event.event_id),
            view_tree: enclosed.view_hierarchy.as_ref().and_then(ViewTree::new),
            surroundings: surroundings(event),
            details: details(event),
            notes: notes(event),
            reasons: Reasons::new(&view.grouping, event),
            id,
        }
    }

    /// Whether its issue has other events.
    pub(crate) fn has_others(&self) -> bool {
        self.steps.iter().any(|step| step.href.is_some())
    }

    /// Whether symbols of a binary were not found.
    pub(crate) fn lacks_symbols(&self) -> bool {
        self.binaries.iter().any(|binary| !binary.found)
    }

    pub(crate) fn has_images(&self) -> bool {
        self.attachments.iter().any(|attachment| attachment.image.is_some())
    }

    pub(crate) fn latest_breadcrumbs(&self) -> &[BreadcrumbView] {
        self.breadcrumbs.get(..BREADCRUMBS_SHOWN).unwrap_or(&self.breadcrumbs)
    }

    pub(crate) fn older_breadcrumbs(&self) -> &[BreadcrumbView] {
        self.breadcrumbs.get(BREADCRUMBS_SHOWN..).unwrap_or_default()
    }
}

/// An event's page.
pub(crate) fn event_path(issue: IssueId, event: EventId) -> String {
    format!("/issues/{issue}/events/{event}/")
}

fn steps(view: &EventView, issue: IssueId) -> [Step; 4] {
    let Neighbours { previous, next } = view.neighbours;
    let step = |id, name, rel, href| Step { id, name, rel, href };
    let edge = |name: &str, has_more: bool| has_more.then(|| format!("/issues/{issue}/events/{name}/"));
    [
        step("oldest-event", "Oldest", "", edge("oldest", previous.is_some())),
        step("previous-event", "‹ Older", "prev", previous.map(|event| event_path(issue, event))),
        step("next-event", "Newer ›", "next", next.map(|event| event_path(issue, event))),
        step("newest-event", "Newest", "", edge("latest", next.is_some())),
    ]
}

/// What people want to know at a glance.
fn chips(event: &Event) -> Vec<Pair> {
    let context = |name: &str, field: &str| {
        event.contexts.get(name).and_then(|context| context.get(field)).and_then(|value| value.as_str())
    };
    let together = |first: Option<&str>, second: Option<&str>| {
        let parts: Vec<&str> = [first, second].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let user = event.user.as_ref().and_then(|user| {
        [&user.email, &user.username, &user.id, &user.ip_address].into_iter().flatten().next().cloned()
    });
    let release = event.release.as_ref().map(|release| match &event.dist {
        Some(dist) if !release.ends_with(&format!("+{dist}")) => format!("{release} ({dist})"),
        _ => release.clone(),
    });
    let known = [
        ("device", context("device", "model").or(context("device", "family")).map(str::to_owned)),
        ("os", together(context("os", "name"), context("os", "version"))),
        ("runtime", together(context("runtime", "name"), context("runtime", "version"))),
        ("release", release),
        ("environment", event.environment.clone()),
        ("user", user),
    ];
    known.into_iter().filter_map(|(name, value)| Some(Pair::new(name, value?))).collect()
}

fn message(event: &Event) -> Option<Message> {
    let entry = event.logentry.as_ref()?;
    let text = entry.formatted.clone().or_else(|| entry.message.clone())?;
    let template = entry.message.clone().filter(|template| *template != text).unwrap_or_default();
    Some(Message { text, template })
}

fn surroundings(event: &Event) -> Vec<Table> {
    let mut tables = contexts::contexts(event);
    tables.extend(contexts::user(event));
    tables.extend(contexts::client(event));
    tables
}

fn details(event: &Event) -> Vec<Table> {
    let tables =
        [contexts::request(event), contexts::extra(event), contexts::images(event), contexts::modules(event)];
    tables.into_iter().flatten().collect()
}

fn notes(event: &Event) -> Vec<Pair> {
    let kind = |kind| match kind {
        NoteKind::WrongType => "Wrong type",
        NoteKind::InvalidValue => "Not readable",
        NoteKind::Trimmed => "Shortened",
        NoteKind::Corrected => "Corrected",
        NoteKind::Scrubbed => "Scrubbed",
    };
    let pair = |note: &mayday_event::model::Note| {
        Pair::new(&note.path, format!("{}: {}", kind(note.kind), note.detail))
    };
    event.notes.iter().map(pair).collect()
}
