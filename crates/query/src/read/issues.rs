//! One issue.

use mayday_catalog::{access::Principal, issues::Issue, json::IssueCounts};
use mayday_store::queries::{Condition, HashGroup, Window, feedback::StoredFeedback, tags::TagFacet};

use super::{
    Series,
    period::{Period, all_time},
};
use crate::{Query, QueryError};

/// Most frequent values of each tag in [`IssueDetail`].
const FACET_VALUES: usize = 10;

/// Most of what users said in [`IssueDetail`].
const FEEDBACK: usize = 5;

/// All of an issue but its events.
#[derive(Debug, Clone)]
pub(crate) struct IssueDetail {
    pub(crate) issue: Issue,
    /// Of all events that are kept.
    pub(crate) counts: IssueCounts,
    /// 24 hours.
    pub(crate) last_day: Series,
    /// 30 days; its last 14 are the fortnight that lists show.
    pub(crate) last_month: Series,
    /// Each tag with its most frequent values, over all that is kept; tags by name.
    pub(crate) facets: Vec<TagFacet>,
    /// What users said about its events, the newest first.
    pub(crate) feedback: Vec<StoredFeedback>,
}

/// An issue of the principal's organisation, by decimal id or short id.
pub(crate) async fn find(query: &Query, principal: &Principal, id: &str) -> Result<Issue, QueryError> {
    Ok(query.catalog.issue(principal.organization_id, id).await?)
}

/// An issue with its counts, series and tags.
pub(crate) async fn detail(query: &Query, issue: Issue) -> Result<IssueDetail, QueryError> {
    let (counts, last_day, last_month, mut facets, feedback) = tokio::try_join!(
        counts(query, &issue),
        series(query, &issue, Period::Day),
        series(query, &issue, Period::Month),
        facets(query, &issue, FACET_VALUES),
        super::feedback::of_issue(query, &issue, FEEDBACK),
    )?;
    // Distinct values are estimates; of users there is a better one already.
    if let Some(users) = facets.iter_mut().find(|facet| facet.key == "user") {
        users.distinct = counts.users;
    }
    Ok(IssueDetail { issue, counts, last_day, last_month, facets, feedback })
}

/// Its events and users, of all that is kept.
pub(crate) async fn counts(query: &Query, issue: &Issue) -> Result<IssueCounts, QueryError> {
    let window = all_time(query.clock.now());
    let stats =
        query.store.group_stats(issue.project_id, &group(issue), window, &Condition::default()).await?;
    let stats = stats.get(&issue.id.0).copied().unwrap_or_default();
    Ok(IssueCounts { events: stats.events, users: stats.users })
}

/// Its events over a period that ends now.
pub(crate) async fn series(query: &Query, issue: &Issue, period: Period) -> Result<Series, QueryError> {
    let window: Window = period.window(query.clock.now());
    let mut series = query
        .store
        .group_series(issue.project_id, &group(issue), window, period.interval(), &Condition::default())
        .await?;
    Ok(series.remove(&issue.id.0).unwrap_or_default())
}

/// Each of its tags with the `top` most frequent values, of all that is kept.
pub(crate) async fn facets(query: &Query, issue: &Issue, top: usize) -> Result<Vec<TagFacet>, QueryError> {
    let window = all_time(query.clock.now());
    Ok(query.store.tag_facets(issue.project_id, &issue.hashes, window, top).await?)
}

/// One of its tags with the `top` most frequent values, of all that is kept.
pub(crate) async fn facet(
    query: &Query,
    issue: &Issue,
    key: &str,
    top: usize,
) -> Result<TagFacet, QueryError> {
    let window = all_time(query.clock.now());
    query
        .store
        .tag_facet(issue.project_id, &issue.hashes, key, window, top)
        .await?
        .ok_or(QueryError::NotFound("tag"))
}

fn group(issue: &Issue) -> [HashGroup; 1] {
    [HashGroup { id: issue.id.0, hashes: issue.hashes.clone() }]
}
