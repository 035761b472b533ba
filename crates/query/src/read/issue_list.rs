//! A project's issues: found, sorted, and only a page of them counted.
//!
//! The catalog says which issues there are and gives the little that they are sorted by; the store is asked for
//! every hash of the project only where the order (events, users) or a filter (release, environment, window)
//! needs it. Titles, counts and series are then fetched for the page's rows alone.

use std::collections::HashMap;

use mayday_catalog::{
    access::Principal,
    issues::{Issue, IssueFilter, IssueKey},
    json::IssueCounts,
    projects::Project,
};
use mayday_event::{GroupHash, IssueId};
use mayday_store::queries::{EventFilter, HashGroup, Window, issues::GroupStats};

use super::{
    Series,
    page::{self, Place},
    period::{Period, all_time},
};
use crate::{
    Query, QueryError,
    cursor::{Cursor, Pagination},
    search::{Assignee, Search},
};

/// Issues of a project that a list looks at, the last seen first; those beyond it are not listed.
pub(crate) const MAX_ISSUES: usize = 50_000;

/// What people sort by; always the largest or newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Last seen.
    #[default]
    Date,
    /// First seen.
    New,
    /// Events that match.
    Freq,
    /// Users that match; of an issue with several fingerprints, the sum over them.
    User,
}

/// Which issues, and how.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListParams {
    pub(crate) search: Search,
    pub(crate) sort: Sort,
    pub(crate) cursor: Option<Cursor<IssueId>>,
    /// Rows in the page, at most [`super::MAX_LIMIT`].
    pub(crate) limit: usize,
    /// Of each row's series.
    pub(crate) period: Period,
    /// Only issues with events in it; `None`: all, counted over all that is kept.
    pub(crate) window: Option<Window>,
}

/// A page of issues.
#[derive(Debug, Clone)]
pub(crate) struct IssuePage {
    pub(crate) rows: Vec<IssueRow>,
    pub(crate) pagination: Pagination,
    /// Issues in all pages together, up to [`MAX_ISSUES`].
    pub(crate) total: usize,
}

/// An issue in a list.
#[derive(Debug, Clone)]
pub(crate) struct IssueRow {
    pub(crate) issue: Issue,
    /// Of events that match: those in the list's window, release and environment.
    pub(crate) counts: IssueCounts,
    /// Of all events that are kept.
    pub(crate) lifetime: IssueCounts,
    /// Over the list's period, of its release and environment.
    pub(crate) series: Series,
}

impl ListParams {
    /// What narrows events: an issue is listed if one of its events passes.
    fn event_filter(&self) -> EventFilter {
        EventFilter { release: self.search.release.clone(), environment: self.search.environment.clone() }
    }

    /// Whether matching events are fewer than all events.
    pub(crate) fn narrows_events(&self) -> bool {
        self.window.is_some() || self.event_filter() != EventFilter::default()
    }
}

/// A page of a project's issues. `principal` is who `assigned:me` means.
pub(crate) async fn list(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &ListParams,
) -> Result<IssuePage, QueryError> {
    let places = sorted(query, principal, project, params).await?;
    let total = places.len();
    let limit = params.limit.clamp(1, super::MAX_LIMIT);
    let (places, pagination) = page::cut(places, params.cursor, limit);
    let ids: Vec<IssueId> = places.iter().map(|place| place.id).collect();
    let rows = hydrate(query, project, params, &ids).await?;
    Ok(IssuePage { rows, pagination, total })
}

/// The ids of a project's issues that match, first in the list's order first, at most `limit`.
pub(crate) async fn matching(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &ListParams,
    limit: usize,
) -> Result<Vec<IssueId>, QueryError> {
    let places = sorted(query, principal, project, params).await?;
    Ok(places.into_iter().take(limit).map(|place| place.id).collect())
}

/// Every matching issue with what it is sorted by, in order.
async fn sorted(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &ListParams,
) -> Result<Vec<Place<IssueId>>, QueryError> {
    let filter = issue_filter(principal, &params.search);
    let keys = query.catalog.issue_keys(project.id, &filter, MAX_ISSUES).await?;
    let by_events = matches!(params.sort, Sort::Freq | Sort::User);
    let mut places: Vec<_> = if by_events || params.narrows_events() {
        let stats = stats_by_hash(query, project, params).await?;
        let required = params.narrows_events();
        keys.iter().filter_map(|key| place(key, &stats, params.sort, required)).collect()
    } else {
        let none = HashMap::new();
        keys.iter().filter_map(|key| place(key, &none, params.sort, false)).collect()
    };
    places.sort_unstable_by(|a, b| b.cmp(a));
    Ok(places)
}

fn issue_filter(principal: &Principal, search: &Search) -> IssueFilter {
    IssueFilter {
        status: search.status,
        words: search.words.clone(),
        assignee: search.assignee.as_ref().map(|assignee| match assignee {
            Assignee::Me => Some(principal.email.clone()),
            Assignee::Nobody => None,
            Assignee::Member(email) => Some(email.clone()),
        }),
    }
}

/// Matching events and users of every hash that has any.
async fn stats_by_hash(
    query: &Query,
    project: &Project,
    params: &ListParams,
) -> Result<HashMap<GroupHash, GroupStats>, QueryError> {
    let window = params.window.unwrap_or_else(|| all_time(query.clock.now()));
    let with_users = params.sort == Sort::User;
    let stats = query.store.hash_stats(project.id, window, &params.event_filter(), with_users).await?;
    Ok(stats
        .into_iter()
        .map(|stats| (stats.hash, GroupStats { events: stats.events, users: stats.users }))
        .collect())
}

/// Where an issue stands in the list; `None` if it must have events (`required`) and has none.
fn place(
    key: &IssueKey,
    stats: &HashMap<GroupHash, GroupStats>,
    sort: Sort,
    required: bool,
) -> Option<Place<IssueId>> {
    let mut sum = GroupStats::default();
    for stats in key.hashes.iter().filter_map(|hash| stats.get(hash)) {
        sum.events += stats.events;
        sum.users += stats.users;
    }
    if required && sum.events == 0 {
        return None;
    }
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let value = match sort {
        Sort::Date => key.last_seen.0,
        Sort::New => key.first_seen.0,
        Sort::Freq => count(sum.events),
        Sort::User => count(sum.users),
    };
    Some(Place { value, id: key.id })
}

/// The page's rows; an issue that went away meanwhile is left out.
async fn hydrate(
    query: &Query,
    project: &Project,
    params: &ListParams,
    ids: &[IssueId],
) -> Result<Vec<IssueRow>, QueryError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let issues = query.catalog.issues(project.organization_id, ids).await?;
    let groups: Vec<_> =
        issues.iter().map(|issue| HashGroup { id: issue.id.0, hashes: issue.hashes.clone() }).collect();
    let now = query.clock.now();
    let (filter, everything) = (params.event_filter(), EventFilter::default());
    let (store, period) = (&query.store, params.period);
    let (lifetime, matching, mut series) = tokio::try_join!(
        store.group_stats(project.id, &groups, all_time(now), &everything),
        async {
            match params.narrows_events() {
                true => {
                    let window = params.window.unwrap_or_else(|| all_time(now));
                    store.group_stats(project.id, &groups, window, &filter).await.map(Some)
                }
                false => Ok(None),
            }
        },
        store.group_series(project.id, &groups, period.window(now), period.interval(), &filter),
    )?;
    let counts = |stats: &HashMap<u64, GroupStats>, id: IssueId| {
        let stats = stats.get(&id.0).copied().unwrap_or_default();
        IssueCounts { events: stats.events, users: stats.users }
    };
    let row = |issue: Issue| IssueRow {
        counts: counts(matching.as_ref().unwrap_or(&lifetime), issue.id),
        lifetime: counts(&lifetime, issue.id),
        series: series.remove(&issue.id.0).unwrap_or_default(),
        issue,
    };
    Ok(issues.into_iter().map(row).collect())
}
