//! One issue.

use mayday_catalog::{
    access::Principal, activities::Activity, issues::Issue, json::IssueCounts, projects::Project,
};
use mayday_event::IssueId;
use mayday_store::queries::{Condition, HashGroup, Window, tags::TagFacet};

use super::{
    Series,
    period::Period,
    stats::Of,
    tags::{self, Narrowed},
};
use crate::{Query, QueryError};

/// Most frequent values of each tag in [`IssueDetail`].
const FACET_VALUES: usize = 10;

/// The newest things that happened to it in [`IssueDetail`].
const ACTIVITIES: usize = 30;

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
    /// What happened to it, the newest first.
    pub(crate) activities: Vec<Activity>,
}

/// An issue of the principal's organisation, by decimal id or short id.
pub(crate) async fn find(query: &Query, principal: &Principal, id: &str) -> Result<Issue, QueryError> {
    Ok(query.catalog.issue(principal.organization_id, id).await?)
}

/// Which of these are issues of a project, in the order asked.
pub(crate) async fn of_project(
    query: &Query,
    project: &Project,
    ids: &[IssueId],
) -> Result<Vec<IssueId>, QueryError> {
    let issues = query.catalog.issues(project.organization_id, ids).await?;
    Ok(issues.iter().filter(|issue| issue.project_id == project.id).map(|issue| issue.id).collect())
}

/// An issue with its counts, series and tags.
pub(crate) async fn detail(query: &Query, issue: Issue) -> Result<IssueDetail, QueryError> {
    let everything = Narrowed::default();
    let (counts, last_day, last_month, mut facets, activities) = tokio::try_join!(
        counts(query, &issue),
        series(query, &issue, Period::Day),
        series(query, &issue, Period::Month),
        tags::facets(query, Of::Issue(&issue), &everything, FACET_VALUES),
        async { Ok(query.catalog.activities(issue.id, ACTIVITIES).await?) },
    )?;
    tags::agree_on_users(&mut facets, counts.users);
    Ok(IssueDetail { issue, counts, last_day, last_month, facets, activities })
}

/// Its events and users, of all that is kept.
pub(crate) async fn counts(query: &Query, issue: &Issue) -> Result<IssueCounts, QueryError> {
    let (group, everything) = (group(issue), Condition::default());
    let stats = query.store.group_stats(issue.project_id, &group, Window::ALL, &everything).await?;
    let stats = stats.get(&issue.id.0).copied().unwrap_or_default();
    Ok(IssueCounts { events: stats.events, users: stats.users })
}

/// Its events over a period that ends now.
async fn series(query: &Query, issue: &Issue, period: Period) -> Result<Series, QueryError> {
    let window: Window = period.window(query.clock.now());
    let mut series = query
        .store
        .group_series(issue.project_id, &group(issue), window, period.interval(), &Condition::default())
        .await?;
    Ok(series.remove(&issue.id.0).unwrap_or_default())
}

fn group(issue: &Issue) -> [HashGroup; 1] {
    [HashGroup { id: issue.id.0, hashes: issue.hashes.clone() }]
}
