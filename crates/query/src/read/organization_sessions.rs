//! Sessions of an organisation's projects, in groups and over time.

use std::{collections::BTreeMap, ops::AddAssign};

use mayday_catalog::projects::Project;
use mayday_event::{ProjectId, Timestamp};
use mayday_store::queries::{
    session_durations::{DurationGroup, Durations},
    sessions::{SessionCounts, SessionFilter, SessionGroup, SessionGrouping},
};

use super::outcomes::Buckets;
use crate::{Query, QueryError};

/// Most rows that ClickHouse gives of one project's series: groups times points.
const MAX_ROWS: usize = 100_000;
/// Most points in time, of all groups together, whose durations are told: each is a scale of its own.
const MAX_DURATIONS: usize = 20_000;

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
    /// How many users they are of, too.
    pub(crate) with_users: bool,
    /// How long they last, too.
    pub(crate) with_durations: bool,
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
    pub(crate) totals: Numbers,
    /// Of each bucket; empty if it was not asked for.
    pub(crate) series: Vec<Numbers>,
}

/// How many sessions there are, how they end, and, if that was asked for, how long they last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers {
    pub(crate) counts: SessionCounts,
    pub(crate) durations: Durations,
}

impl AddAssign<&Self> for Numbers {
    fn add_assign(&mut self, other: &Self) {
        self.counts += other.counts;
        self.durations += &other.durations;
    }
}

/// Numbers of a group, in one bucket or in all.
struct Part {
    key: GroupKey,
    bucket: Timestamp,
    numbers: Numbers,
}

/// Groups, those with most sessions first.
pub(crate) async fn list(query: &Query, asked: &Asked) -> Result<Vec<Group>, QueryError> {
    if asked.with_series {
        asked.buckets.check()?;
    }
    let mut totals: BTreeMap<GroupKey, Numbers> = BTreeMap::new();
    for project in &asked.projects {
        for part in counts(query, asked, project, 0, asked.limit).await? {
            *totals.entry(part.key).or_default() += &part.numbers;
        }
    }
    let group = |(key, totals)| Group { key, totals, series: Vec::new() };
    let mut found: Vec<Group> = totals.into_iter().map(group).collect();
    found.sort_by_key(|group| std::cmp::Reverse(group.totals.counts.sessions));
    found.truncate(asked.limit);
    if asked.with_durations {
        add_durations(query, asked, &mut found).await?;
    }
    if asked.with_series {
        add_series(query, asked, &mut found).await?;
    }
    Ok(found)
}

async fn add_durations(query: &Query, asked: &Asked, found: &mut [Group]) -> Result<(), QueryError> {
    for project in &asked.projects {
        for part in durations(query, asked, project, 0).await? {
            if let Some(group) = found.iter_mut().find(|group| group.key == part.key) {
                group.totals += &part.numbers;
            }
        }
    }
    Ok(())
}

async fn add_series(query: &Query, asked: &Asked, found: &mut [Group]) -> Result<(), QueryError> {
    let points = usize::try_from(asked.buckets.count()).unwrap_or_default();
    let all = found.len().saturating_mul(points);
    if asked.with_durations && all > MAX_DURATIONS {
        return Err(QueryError::Invalid(format!(
            "field: durations of {all} points are asked for, more than {MAX_DURATIONS}; choose a longer interval, or \
             includeSeries=0"
        )));
    }
    let mut series: BTreeMap<GroupKey, Vec<Numbers>> =
        found.iter().map(|group| (group.key.clone(), vec![Numbers::default(); points])).collect();
    let width_ms = asked.buckets.width_ms;
    for project in &asked.projects {
        let mut parts = counts(query, asked, project, width_ms, MAX_ROWS).await?;
        if asked.with_durations {
            parts.extend(durations(query, asked, project, width_ms).await?);
        }
        for part in parts {
            let place = asked.buckets.place(part.bucket);
            let of_group = series.get_mut(&part.key);
            if let Some(sum) = of_group.zip(place).and_then(|(series, place)| series.get_mut(place)) {
                *sum += &part.numbers;
            }
        }
    }
    for group in found {
        group.series = series.remove(&group.key).unwrap_or_default();
    }
    Ok(())
}

async fn counts(
    query: &Query,
    asked: &Asked,
    project: &Project,
    width_ms: i64,
    limit: usize,
) -> Result<Vec<Part>, QueryError> {
    let (window, grouping) = (asked.buckets.window, asked.grouping(width_ms));
    let found = query.store.session_groups(project.id, window, &asked.filter, grouping, limit).await?;
    let part = |group: SessionGroup| Part {
        key: asked.key(project, group.release, group.environment),
        bucket: group.bucket,
        numbers: Numbers { counts: group.counts, ..Numbers::default() },
    };
    Ok(found.into_iter().map(part).collect())
}

async fn durations(
    query: &Query,
    asked: &Asked,
    project: &Project,
    width_ms: i64,
) -> Result<Vec<Part>, QueryError> {
    let (window, grouping) = (asked.buckets.window, asked.grouping(width_ms));
    let found =
        query.store.session_durations(project.id, window, &asked.filter, grouping, MAX_DURATIONS).await?;
    let part = |group: DurationGroup| Part {
        key: asked.key(project, group.release, group.environment),
        bucket: group.bucket,
        numbers: Numbers { durations: group.durations, ..Numbers::default() },
    };
    Ok(found.into_iter().map(part).collect())
}

impl Asked {
    fn grouping(&self, width_ms: i64) -> SessionGrouping {
        SessionGrouping {
            release: self.by_release,
            environment: self.by_environment,
            width_ms,
            without_users: !self.with_users,
        }
    }

    fn key(&self, project: &Project, release: String, environment: String) -> GroupKey {
        GroupKey { project: self.by_project.then_some(project.id), release, environment }
    }
}
