//! Sessions of an organisation's projects, in groups and over time.

use std::collections::BTreeMap;

use mayday_catalog::projects::Project;
use mayday_event::ProjectId;
use mayday_store::queries::sessions::{SessionCounts, SessionFilter, SessionGroup, SessionGrouping};

use super::outcomes::Buckets;
use crate::{Query, QueryError};

/// Most rows that ClickHouse gives of one project's series: groups times points.
const MAX_ROWS: usize = 100_000;

/// Which sessions, and what they are told apart by.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) projects: Vec<Project>,
    pub(crate) buckets: Buckets,
    pub(crate) filter: SessionFilter,
    pub(crate) by_project: bool,
    pub(crate) by_release: bool,
    pub(crate) by_environment: bool,
    pub(crate) with_series: bool,
    /// Most groups; those with most sessions are kept.
    pub(crate) limit: usize,
}

/// What a group's sessions have in common; what was not asked for is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub(crate) project: Option<ProjectId>,
    pub(crate) release: String,
    pub(crate) environment: String,
}

/// Sessions that are alike. Of groups that hold several projects, a user of two of them counts in each.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) key: GroupKey,
    pub(crate) totals: SessionCounts,
    /// Of each bucket; empty if it was not asked for.
    pub(crate) series: Vec<SessionCounts>,
}

/// Groups, those with most sessions first.
pub(crate) async fn list(query: &Query, asked: &Asked) -> Result<Vec<Group>, QueryError> {
    if asked.with_series {
        asked.buckets.check()?;
    }
    let mut totals: BTreeMap<GroupKey, SessionCounts> = BTreeMap::new();
    for project in &asked.projects {
        for group in groups(query, asked, project, 0, asked.limit).await? {
            *totals.entry(asked.key(project, &group)).or_default() += group.counts;
        }
    }
    let group = |(key, totals)| Group { key, totals, series: Vec::new() };
    let mut found: Vec<Group> = totals.into_iter().map(group).collect();
    found.sort_by_key(|group| std::cmp::Reverse(group.totals.sessions));
    found.truncate(asked.limit);
    if asked.with_series {
        add_series(query, asked, &mut found).await?;
    }
    Ok(found)
}

async fn add_series(query: &Query, asked: &Asked, found: &mut [Group]) -> Result<(), QueryError> {
    let points = usize::try_from(asked.buckets.count()).unwrap_or_default();
    let mut series: BTreeMap<GroupKey, Vec<SessionCounts>> =
        found.iter().map(|group| (group.key.clone(), vec![SessionCounts::default(); points])).collect();
    for project in &asked.projects {
        for group in groups(query, asked, project, asked.buckets.width_ms, MAX_ROWS).await? {
            let place = asked.buckets.place(group.bucket);
            let of_group = series.get_mut(&asked.key(project, &group));
            if let Some(counts) = of_group.zip(place).and_then(|(series, place)| series.get_mut(place)) {
                *counts += group.counts;
            }
        }
    }
    for group in found {
        group.series = series.remove(&group.key).unwrap_or_default();
    }
    Ok(())
}

async fn groups(
    query: &Query,
    asked: &Asked,
    project: &Project,
    width_ms: i64,
    limit: usize,
) -> Result<Vec<SessionGroup>, QueryError> {
    let grouping = SessionGrouping { release: asked.by_release, environment: asked.by_environment, width_ms };
    let window = asked.buckets.window;
    Ok(query.store.session_groups(project.id, window, &asked.filter, grouping, limit).await?)
}

impl Asked {
    fn key(&self, project: &Project, group: &SessionGroup) -> GroupKey {
        GroupKey {
            project: self.by_project.then_some(project.id),
            release: group.release.clone(),
            environment: group.environment.clone(),
        }
    }
}
