//! A project's issues: found, sorted, and only a page of them counted.
//!
//! The catalog says which issues there are and gives the little that they are sorted by; the store is asked for
//! every hash of the project only where the order (events, users, trend) or the search needs it. Titles, counts and
//! series are then fetched for the page's rows alone.

use std::collections::HashMap;

use mayday_catalog::{
    access::Principal,
    issues::{Issue, IssueCondition, IssueKey, Part, TimeOrder},
    json::IssueCounts,
    projects::Project,
};
use mayday_event::{IssueId, ProjectId, Timestamp};
use mayday_store::{
    Store, StoreError,
    queries::{
        Condition, HashGroup, Window,
        issues::{GroupSeries, GroupStats},
    },
};

use super::{
    Series,
    issue_search::{self, Candidates, Counts},
    page::{self, Place},
    period::Period,
};
use crate::{
    Query, QueryError,
    cursor::{Cursor, Direction, Pagination},
    search::{Search, plan::Alternative},
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
    /// How much more events came in the later half of the window than in the earlier, by what chance would make of it:
    /// many more of a frequent issue come before a few more of a rare one. Without a window, of the last 14 days.
    Trend,
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
    /// Of events that match: those in the list's window that are as the search wants them.
    pub(crate) counts: IssueCounts,
    /// Of all events that are kept.
    pub(crate) lifetime: IssueCounts,
    /// Over the list's period, of events that are as the search wants them.
    pub(crate) series: Series,
}

impl ListParams {
    /// Whether matching events may be fewer than all events.
    pub(crate) fn narrows_events(&self) -> bool {
        self.window.is_some() || self.search.narrows_events()
    }

    /// The order and condition of a list that events have no say in.
    fn by_time(&self, alternatives: &[Alternative]) -> Option<(TimeOrder, IssueCondition)> {
        let order = match self.sort {
            Sort::Date => TimeOrder::LastSeen,
            Sort::New => TimeOrder::FirstSeen,
            Sort::Freq | Sort::User | Sort::Trend => return None,
        };
        let condition = issue_search::of_issues_alone(alternatives)?;
        self.window.is_none().then_some((order, condition))
    }
}

/// A page of a project's issues. `principal` is who `assigned:me` means.
pub(crate) async fn list(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &ListParams,
) -> Result<IssuePage, QueryError> {
    let alternatives = issue_search::plan(query, principal, project, &params.search).await?;
    let limit = params.limit.clamp(1, super::MAX_LIMIT);
    if let Some((order, condition)) = params.by_time(&alternatives) {
        let (places, pagination, total) =
            page_by_time(query, project, &condition, order, params.cursor, limit).await?;
        let rows = hydrate(query, project, params, &Condition::default(), &ids(&places)).await?;
        return Ok(IssuePage { rows, pagination, total });
    }
    let candidates = issue_search::candidates(query, project, alternatives, None).await?;
    let places = sorted(query, project, params, &candidates).await?;
    let total = places.len();
    let (places, pagination) = page::cut(places, params.cursor, limit);
    let ids = ids(&places);
    let rows = hydrate(query, project, params, &candidates.condition(&ids), &ids).await?;
    Ok(IssuePage { rows, pagination, total })
}

fn ids(places: &[Place<IssueId>]) -> Vec<IssueId> {
    places.iter().map(|place| place.id).collect()
}

/// A page that the catalog alone can tell.
async fn page_by_time(
    query: &Query,
    project: &Project,
    condition: &IssueCondition,
    order: TimeOrder,
    cursor: Option<Cursor<IssueId>>,
    limit: usize,
) -> Result<(Vec<Place<IssueId>>, Pagination, usize), QueryError> {
    let part = cursor.map_or(Part::Top, |cursor| match cursor.direction {
        Direction::Next => Part::Behind(Timestamp(cursor.value), cursor.id),
        Direction::Previous => Part::Before(Timestamp(cursor.value), cursor.id),
    });
    let found = query.catalog.issues_by_time(project.id, condition, order, part, limit).await?;
    let places: Vec<_> = found.issues.iter().map(|(id, time)| Place { value: time.0, id: *id }).collect();
    let has_next = found.before + places.len() < found.total;
    let pagination = page::around(places.first(), places.last(), cursor, found.before > 0, has_next);
    Ok((places, pagination, found.total.min(MAX_ISSUES)))
}

/// The ids of a project's issues that match, first in the list's order first, at most `limit`.
pub(crate) async fn matching(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &ListParams,
    limit: usize,
) -> Result<Vec<IssueId>, QueryError> {
    let alternatives = issue_search::plan(query, principal, project, &params.search).await?;
    let candidates = issue_search::candidates(query, project, alternatives, None).await?;
    let places = sorted(query, project, params, &candidates).await?;
    Ok(places.into_iter().take(limit).map(|place| place.id).collect())
}

/// How many issues match that were made after another; while there are none, ClickHouse is not asked.
pub(crate) async fn arrived(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &ListParams,
    after: IssueId,
) -> Result<usize, QueryError> {
    let alternatives = issue_search::plan(query, principal, project, &params.search).await?;
    let candidates = issue_search::candidates(query, project, alternatives, Some(after)).await?;
    Ok(sorted(query, project, params, &candidates).await?.len())
}

/// Every matching issue with what it is sorted by, in order.
async fn sorted(
    query: &Query,
    project: &Project,
    params: &ListParams,
    candidates: &Candidates,
) -> Result<Vec<Place<IssueId>>, QueryError> {
    if candidates.issues.is_empty() {
        return Ok(Vec::new());
    }
    let by_events = matches!(params.sort, Sort::Freq | Sort::User);
    let counts = match by_events || params.window.is_some() || candidates.ask_events() {
        true => {
            let window = params.window.unwrap_or(Window::ALL);
            candidates.count(query, project, window, params.sort == Sort::User).await?
        }
        false => Counts::default(),
    };
    let trend = match params.sort {
        Sort::Trend => Some(Trend::of(query, project, params, candidates).await?),
        _ => None,
    };
    let place = |(key, found_by): &(IssueKey, u32)| {
        let stats = candidates.stats(key, *found_by, &counts);
        let must_have_events = params.window.is_some() || !candidates.is_bare(*found_by);
        if must_have_events && stats.events == 0 {
            return None;
        }
        let value = match (&trend, params.sort) {
            (Some(trend), _) => trend.value(candidates, key, *found_by),
            (None, Sort::New) => key.first_seen.0,
            (None, Sort::Freq) => i64::try_from(stats.events).unwrap_or(i64::MAX),
            (None, Sort::User) => i64::try_from(stats.users).unwrap_or(i64::MAX),
            (None, Sort::Date | Sort::Trend) => key.last_seen.0,
        };
        Some(Place { value, id: key.id })
    };
    let mut places: Vec<_> = candidates.issues.iter().filter_map(place).collect();
    places.sort_unstable_by(|a, b| b.cmp(a));
    Ok(places)
}

/// Events of a window and of its later half.
struct Trend {
    whole: Counts,
    later: Counts,
}

impl Trend {
    async fn of(
        query: &Query,
        project: &Project,
        params: &ListParams,
        candidates: &Candidates,
    ) -> Result<Self, QueryError> {
        let whole = params.window.unwrap_or_else(|| Period::Fortnight.window(query.clock.now()));
        let later = Window { from: whole.from.plus_ms(whole.to.since_ms(whole.from) / 2), ..whole };
        let (whole, later) = tokio::try_join!(
            candidates.count(query, project, whole, false),
            candidates.count(query, project, later, false),
        )?;
        Ok(Self { whole, later })
    }

    fn value(&self, candidates: &Candidates, key: &IssueKey, found_by: u32) -> i64 {
        let events = |counts| candidates.stats(key, found_by, counts).events;
        rise(events(&self.later), events(&self.whole))
    }
}

/// How far the later half's events are above the earlier half's, in thousandths of what chance spreads them by.
fn rise(later: u64, whole: u64) -> i64 {
    let (later, whole) = (later as f64, whole as f64);
    let earlier = whole - later;
    ((later - earlier) / (whole + 1.0).sqrt() * 1000.0) as i64
}

/// The page's rows; an issue that went away meanwhile is left out.
async fn hydrate(
    query: &Query,
    project: &Project,
    params: &ListParams,
    condition: &Condition,
    ids: &[IssueId],
) -> Result<Vec<IssueRow>, QueryError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let issues = query.catalog.issues(project.organization_id, ids).await?;
    let groups: Vec<_> =
        issues.iter().map(|issue| HashGroup { id: issue.id.0, hashes: issue.hashes.clone() }).collect();
    let now = query.clock.now();
    let (store, everything) = (&query.store, Condition::default());
    let (lifetime, (matching, mut series)) = tokio::try_join!(
        store.group_stats(project.id, &groups, Window::ALL, &everything),
        matching_of(store, project.id, &groups, params, condition, now),
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

/// The groups' events that match, where that may be fewer than all, and their series.
async fn matching_of(
    store: &Store,
    project: ProjectId,
    groups: &[HashGroup],
    params: &ListParams,
    condition: &Condition,
    now: Timestamp,
) -> Result<(Option<HashMap<u64, GroupStats>>, GroupSeries), StoreError> {
    let (window, interval) = (params.period.window(now), params.period.interval());
    let series = store.group_series(project, groups, window, interval, condition);
    match params.window {
        None if condition.is_everything() => Ok((None, series.await?)),
        None => {
            let (matching, series) =
                store.group_matches(project, groups, window, interval, condition).await?;
            Ok((Some(matching), series))
        }
        Some(counted) => {
            let matching = store.group_stats(project, groups, counted, condition);
            let (matching, series) = tokio::try_join!(matching, series)?;
            Ok((Some(matching), series))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_more_events_rise_higher_than_a_few_more() {
        assert!(rise(2_000, 3_000) > rise(3, 3));
        assert!(rise(3, 3) > rise(1, 1));
        assert_eq!(rise(5, 10), 0);
        assert_eq!(rise(0, 0), 0);
        assert!(rise(1, 100) < 0);
    }
}
