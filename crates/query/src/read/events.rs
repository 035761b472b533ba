//! Stored events.

use std::collections::{BTreeSet, HashMap};

use mayday_catalog::{issues::Issue, projects::Project};
use mayday_event::{Event, EventId, GroupHash, IssueId, ProjectId, Timestamp};
use mayday_store::{
    StoreError,
    queries::{
        EventCursor, EventFilter, Window,
        events::{Edge, EventSummary, Neighbours, StoredEvent},
        feedback::{FeedbackOf, StoredFeedback},
    },
};
use serde_json::Value;

use super::{
    attachments::{self, StoredAttachment},
    bare_event,
    page::{self, Place},
};
use crate::{
    Query, QueryError,
    cursor::{Cursor, Pagination},
};

/// An event with all that is known about it.
#[derive(Debug, Clone)]
pub(crate) struct EventView {
    pub(crate) project_id: ProjectId,
    pub(crate) event: Event,
    pub(crate) summary: EventSummary,
    /// Why it is in its issue: `mayday_grouping::Grouping` as JSON
    /// (`{version, hash, strategy, components: [{kind, value, contributes, reason}]}`).
    pub(crate) grouping: Value,
    /// `None` in the moment between its storing and its issue's.
    pub(crate) issue_id: Option<IssueId>,
    /// The events of its issue around it.
    pub(crate) neighbours: Neighbours,
    /// Bytes of its stored JSON.
    pub(crate) size: usize,
    /// Otherwise the event is only what its row says: it came past its project's daily budget.
    pub(crate) payload_kept: bool,
}

/// What belongs to an event and is stored beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Enclosed {
    /// First received first.
    pub(crate) attachments: Vec<StoredAttachment>,
    /// What was on the screen, as the SDK sends it: `{"rendering_system", "windows": [{"type", "children", …}]}`.
    pub(crate) view_hierarchy: Option<Value>,
    /// What users said about it, newest first.
    pub(crate) feedback: Vec<StoredFeedback>,
}

/// Most of what users said about one event that is shown.
const FEEDBACK: usize = 20;

/// Which event of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Latest,
    Oldest,
    Id(EventId),
}

/// Which events, and where the page begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventListParams {
    pub(crate) filter: EventFilter,
    pub(crate) cursor: Option<Cursor<EventId>>,
    /// Rows in the page, at most [`super::MAX_LIMIT`].
    pub(crate) limit: usize,
    /// `None`: all that is kept.
    pub(crate) window: Option<Window>,
}

/// A page of events, newest first.
#[derive(Debug, Clone)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<EventSummary>,
    /// The issue of each of their hashes; a hash may lack in the moment before its issue is made.
    pub(crate) issues: HashMap<GroupHash, IssueId>,
    pub(crate) pagination: Pagination,
}

/// A page of an issue's events.
pub(crate) async fn list_of_issue(
    query: &Query,
    issue: &Issue,
    params: &EventListParams,
) -> Result<EventPage, QueryError> {
    list(query, issue.project_id, &issue.hashes, params).await
}

/// The latest event of one of an issue's fingerprints; `None` if none is kept.
pub(crate) async fn latest_of_hash(
    query: &Query,
    issue: &Issue,
    hash: GroupHash,
) -> Result<Option<EventSummary>, QueryError> {
    let params = EventListParams { limit: 1, ..EventListParams::default() };
    Ok(list(query, issue.project_id, &[hash], &params).await?.events.into_iter().next())
}

/// A page of a project's events.
pub(crate) async fn list_of_project(
    query: &Query,
    project: &Project,
    params: &EventListParams,
) -> Result<EventPage, QueryError> {
    list(query, project.id, &[], params).await
}

async fn list(
    query: &Query,
    project: ProjectId,
    hashes: &[GroupHash],
    params: &EventListParams,
) -> Result<EventPage, QueryError> {
    let window = params.window.unwrap_or(Window::ALL);
    let limit = params.limit.clamp(1, super::MAX_LIMIT);
    let after =
        params.cursor.map(|cursor| EventCursor { timestamp: Timestamp(cursor.value), event_id: cursor.id });
    // One more than the page holds tells whether there is a page behind.
    let mut events = query.store.events(project, hashes, window, &params.filter, after, limit + 1).await?;
    let more = events.len() > limit;
    events.truncate(limit);
    let place = |event: &EventSummary| Place { value: event.timestamp.0, id: event.event_id };
    let (first, last) = (events.first().map(place), events.last().map(place));
    let pagination = page::around(first.as_ref(), last.as_ref(), params.cursor, false, more);
    let issues = issues_of(query, project, &events).await?;
    Ok(EventPage { events, issues, pagination })
}

/// The issue of each hash among some events.
async fn issues_of(
    query: &Query,
    project: ProjectId,
    events: &[EventSummary],
) -> Result<HashMap<GroupHash, IssueId>, QueryError> {
    let mut issues = HashMap::new();
    for hash in BTreeSet::from_iter(events.iter().map(|event| event.hash)) {
        if let Some(issue) = query.catalog.issue_of_hash(project, hash).await? {
            issues.insert(hash, issue);
        }
    }
    Ok(issues)
}

/// An event of an issue.
pub(crate) async fn of_issue(query: &Query, issue: &Issue, which: Which) -> Result<EventView, QueryError> {
    match which {
        Which::Latest => edge(query, issue, Edge::Newest { near: Some(issue.last_seen) }).await,
        Which::Oldest => edge(query, issue, Edge::Oldest).await,
        Which::Id(id) => {
            let stored = stored_of_issue(query, issue, id).await?;
            let stored = stored.ok_or(QueryError::NotFound("event"))?;
            view(query, stored, Some(issue.id), &issue.hashes).await
        }
    }
}

/// What a list says of an event; `None` if it is not one of the issue, or no longer kept.
pub(crate) async fn summary_of_issue(
    query: &Query,
    issue: &Issue,
    id: EventId,
) -> Result<Option<EventSummary>, QueryError> {
    Ok(stored_of_issue(query, issue, id).await?.map(|stored| stored.summary))
}

async fn stored_of_issue(
    query: &Query,
    issue: &Issue,
    id: EventId,
) -> Result<Option<StoredEvent>, QueryError> {
    let stored = query.store.event(issue.project_id, id).await?;
    Ok(stored.filter(|stored| issue.hashes.contains(&stored.summary.hash)))
}

async fn edge(query: &Query, issue: &Issue, edge: Edge) -> Result<EventView, QueryError> {
    let found = query.store.edge_event(issue.project_id, &issue.hashes, edge).await?;
    let (stored, neighbours) = found.ok_or(QueryError::NotFound("event"))?;
    assembled(stored, Some(issue.id), neighbours)
}

/// An event of a project.
pub(crate) async fn by_id(query: &Query, project: &Project, id: EventId) -> Result<EventView, QueryError> {
    let stored = query.store.event(project.id, id).await?.ok_or(QueryError::NotFound("event"))?;
    let hash = stored.summary.hash;
    match query.catalog.issue_of_hash(project.id, hash).await? {
        Some(issue_id) => {
            let issues = query.catalog.issues(project.organization_id, &[issue_id]).await?;
            let hashes = issues.first().map_or_else(|| vec![hash], |issue| issue.hashes.clone());
            view(query, stored, Some(issue_id), &hashes).await
        }
        None => view(query, stored, None, &[hash]).await,
    }
}

async fn view(
    query: &Query,
    stored: StoredEvent,
    issue_id: Option<IssueId>,
    hashes: &[GroupHash],
) -> Result<EventView, QueryError> {
    let of = EventCursor { timestamp: stored.summary.timestamp, event_id: stored.summary.event_id };
    let neighbours = query.store.neighbours(stored.project_id, hashes, of).await?;
    assembled(stored, issue_id, neighbours)
}

fn assembled(
    stored: StoredEvent,
    issue_id: Option<IssueId>,
    neighbours: Neighbours,
) -> Result<EventView, QueryError> {
    let corrupt = |error: serde_json::Error| StoreError::Corrupt { what: "event", detail: error.to_string() };
    Ok(EventView {
        project_id: stored.project_id,
        event: match &stored.payload {
            Some(payload) => serde_json::from_str(payload).map_err(corrupt)?,
            None => bare_event::of_row(&stored),
        },
        grouping: match &stored.grouping {
            Some(grouping) => serde_json::from_str(grouping).map_err(corrupt)?,
            None => Value::Null,
        },
        payload_kept: stored.payload.is_some(),
        size: stored.payload.map_or(0, |payload| payload.len()),
        summary: stored.summary,
        issue_id,
        neighbours,
    })
}

/// What belongs to an event.
pub(crate) async fn enclosed(query: &Query, view: &EventView) -> Result<Enclosed, QueryError> {
    let (project, event) = (view.project_id, view.event.event_id);
    let (attachments, feedback) = tokio::try_join!(attachments::list(query, project, event), async {
        Ok(query.store.feedback(project, FeedbackOf::Event(event), None, FEEDBACK).await?)
    })?;
    let view_hierarchy = attachments::view_hierarchy(query, project, event, &attachments).await;
    Ok(Enclosed { attachments, view_hierarchy, feedback })
}
