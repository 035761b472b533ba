//! How a release does: its sessions, what it did to issues, and its verdict against another release.

use std::cmp::Ordering;

use mayday_catalog::{
    issues::Issue,
    projects::Project,
    releases::{Release, ReleaseFilter, ReleaseIssueCounts, ReleaseIssueKind},
};
use mayday_event::{Timestamp, release_order};
use mayday_store::queries::{
    EventFilter, HashGroup, Window,
    sessions::{SessionCounts, SessionFilter, SessionGroup, SessionGrouping},
};

use super::release_order::Measures;
use crate::{
    Query, QueryError,
    health::{Assessment, Evidence, NewIssue, Share, assess},
};

/// Most releases that are told apart, of each of catalog and store.
const RELEASES: usize = 1000;
/// Most new issues that a verdict looks at, the newest ones.
const NEW_ISSUES: usize = 100;

/// A release in a window, as a list has it.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseRow {
    pub(crate) version: String,
    /// When it was made known or first seen.
    pub(crate) created: Timestamp,
    /// `None`: only sessions tell of it.
    pub(crate) known: Option<Release>,
    pub(crate) sessions: Option<SessionGroup>,
    /// Of the last 24 hours.
    pub(crate) adoption: Adoption,
    pub(crate) issues: ReleaseIssueCounts,
}

/// What a release's share is of all sessions and users of the last 24 hours; `None` if there are none at all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Adoption {
    pub(crate) sessions: Option<f64>,
    pub(crate) users: Option<f64>,
}

/// All releases of a project that events, sessions or people told of.
#[derive(Debug, Clone)]
pub(crate) struct Releases(pub(crate) Vec<ReleaseRow>);

/// One release beside another.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseHealth {
    pub(crate) release: ReleaseRow,
    /// What it is compared with; `None`: there is none before it.
    pub(crate) baseline: Option<ReleaseRow>,
    /// `None`: it has no sessions in the window.
    pub(crate) assessment: Option<Assessment>,
    /// The newest issues that are new in it, with their events of it.
    pub(crate) new_issues: Vec<(Issue, u64)>,
}

impl ReleaseRow {
    /// Nothing is known of it.
    pub(crate) fn empty(version: String, created: Timestamp) -> Self {
        Self {
            version,
            created,
            known: None,
            sessions: None,
            adoption: Adoption::default(),
            issues: ReleaseIssueCounts::default(),
        }
    }

    pub(crate) fn counts(&self) -> SessionCounts {
        self.sessions.as_ref().map(|group| group.counts).unwrap_or_default()
    }

    /// What it is sorted by.
    pub(crate) fn measures(&self) -> Measures<'_> {
        Measures {
            version: &self.version,
            created: self.created,
            counts: self.counts(),
            adoption: self.adoption.sessions,
            new_issues: self.issues.new,
        }
    }

    pub(crate) fn crash_free_sessions(&self) -> Option<Share> {
        let counts = self.counts();
        Share::without(counts.crashed, counts.sessions)
    }

    pub(crate) fn crash_free_users(&self) -> Option<Share> {
        let counts = self.counts();
        Share::without(counts.crashed_users, counts.users)
    }

    /// Of sessions.
    pub(crate) fn anr_rate(&self) -> Option<Share> {
        let counts = self.counts();
        Share::of(counts.anr, counts.sessions)
    }

    fn evidence(&self) -> Evidence {
        Evidence { version: self.version.clone(), counts: self.counts() }
    }
}

impl Releases {
    /// The one before: by version where versions tell, else the one first seen before.
    pub(crate) fn before(&self, release: &ReleaseRow) -> Option<&ReleaseRow> {
        let others = || self.0.iter().filter(|other| other.version != release.version);
        let earlier = |other: &&ReleaseRow| {
            release_order::compare(&other.version, &release.version) == Some(Ordering::Less)
        };
        let newest = |one: &&ReleaseRow, other: &&ReleaseRow| {
            let by_version = release_order::compare(&one.version, &other.version);
            by_version.unwrap_or_else(|| one.created.cmp(&other.created))
        };
        let by_version = others().filter(earlier).max_by(newest);
        by_version.or_else(|| {
            let unordered =
                others().filter(|other| release_order::compare(&other.version, &release.version).is_none());
            unordered.filter(|other| other.created < release.created).max_by_key(|other| other.created)
        })
    }

    pub(crate) fn find(&self, version: &str) -> Option<&ReleaseRow> {
        self.0.iter().find(|row| row.version == version)
    }
}

/// A project's releases, the newest first: those that the catalog knows, and those that only sessions tell of.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    window: Window,
    environment: Option<&str>,
) -> Result<Releases, QueryError> {
    let filter = filter(environment);
    let by_release = SessionGrouping { release: true, ..SessionGrouping::default() };
    let now = query.clock.now();
    let day = Window { from: now.plus_ms(-Timestamp::DAY_MS), to: now };
    let (sessions, of_day, all_of_day) = tokio::try_join!(
        query.store.session_groups(project.id, window, &filter, by_release, RELEASES),
        query.store.session_groups(project.id, day, &filter, by_release, RELEASES),
        query.store.session_totals(project.id, day, &filter),
    )?;
    let Releases(mut rows) = of_catalog(query, project).await?;
    for group in sessions.into_iter().filter(|group| !group.release.is_empty()) {
        match rows.iter_mut().find(|row| row.version == group.release) {
            Some(row) => row.sessions = Some(group),
            None => rows.push(ReleaseRow {
                sessions: Some(group.clone()),
                ..ReleaseRow::empty(group.release, group.first)
            }),
        }
    }
    for row in &mut rows {
        let counts = of_day.iter().find(|group| group.release == row.version).map(|group| group.counts);
        row.adoption = adoption(&counts.unwrap_or_default(), &all_of_day);
    }
    rows.sort_by(|one, other| (other.created, &other.version).cmp(&(one.created, &one.version)));
    Ok(Releases(rows))
}

/// As [`list`], without sessions and without what only they tell of.
pub(crate) async fn of_catalog(query: &Query, project: &Project) -> Result<Releases, QueryError> {
    let filter = ReleaseFilter { projects: vec![project.id], ..ReleaseFilter::default() };
    let known = query.catalog.releases(project.organization_id, &filter, RELEASES).await?;
    let versions: Vec<String> = known.iter().map(|release| release.version.clone()).collect();
    let mut issues = query.catalog.release_issue_counts(project.id, &versions).await?;
    let row = |release: Release| ReleaseRow {
        issues: issues.remove(&release.version).unwrap_or_default(),
        known: Some(release.clone()),
        ..ReleaseRow::empty(release.version, release.created)
    };
    Ok(Releases(known.into_iter().map(row).collect()))
}

/// A release beside `baseline`, else beside the one before it.
pub(crate) async fn show(
    query: &Query,
    project: &Project,
    version: &str,
    baseline: Option<&str>,
    window: Window,
    environment: Option<&str>,
) -> Result<(ReleaseHealth, Releases), QueryError> {
    let releases = list(query, project, window, environment).await?;
    let release = match (releases.find(version), environment) {
        (Some(release), _) => release.clone(),
        // Only sessions tell of it, and those of other environments.
        (None, Some(_)) => {
            let elsewhere = list(query, project, window, None).await?;
            let found = elsewhere.find(version).ok_or(QueryError::NotFound("release"))?;
            ReleaseRow::empty(found.version.clone(), found.created)
        }
        (None, None) => return Err(QueryError::NotFound("release")),
    };
    let baseline = match baseline {
        Some(version) => Some(releases.find(version).ok_or(QueryError::NotFound("baseline release"))?),
        None => releases.before(&release),
    };
    let baseline = baseline.cloned();
    let new_issues = new_issues(query, project, version, window, environment).await?;
    let assessment = beside(&release, baseline.as_ref(), &new_issues);
    Ok((ReleaseHealth { release, baseline, assessment, new_issues }, releases))
}

/// What a list says of a release without asking for the events of its issues.
pub(crate) fn quick_assessment(releases: &Releases, release: &ReleaseRow) -> Option<Assessment> {
    beside(release, releases.before(release), &[])
}

/// As [`quick_assessment`], with the events of the release's new issues.
pub(crate) async fn assessment(
    query: &Query,
    project: &Project,
    releases: &Releases,
    release: &ReleaseRow,
    window: Window,
    environment: Option<&str>,
) -> Result<Option<Assessment>, QueryError> {
    let new_issues = new_issues(query, project, &release.version, window, environment).await?;
    Ok(beside(release, releases.before(release), &new_issues))
}

fn beside(
    release: &ReleaseRow,
    baseline: Option<&ReleaseRow>,
    new_issues: &[(Issue, u64)],
) -> Option<Assessment> {
    let judged: Vec<NewIssue> = new_issues.iter().map(|(issue, events)| judged(issue, *events)).collect();
    assess(&release.evidence(), baseline.map(ReleaseRow::evidence).as_ref(), &judged)
}

/// Sessions of a release in buckets of `width_ms`, those of each bucket that has any.
pub(crate) async fn series(
    query: &Query,
    project: &Project,
    version: &str,
    window: Window,
    width_ms: i64,
    environment: Option<&str>,
) -> Result<Vec<SessionGroup>, QueryError> {
    let filter = SessionFilter { releases: vec![version.to_owned()], ..filter(environment) };
    let grouping = SessionGrouping { width_ms, ..SessionGrouping::default() };
    Ok(query.store.session_groups(project.id, window, &filter, grouping, RELEASES).await?)
}

/// Issues of a kind of a release, the newest first.
pub(crate) async fn issues(
    query: &Query,
    project: &Project,
    version: &str,
    kind: ReleaseIssueKind,
    limit: usize,
) -> Result<Vec<Issue>, QueryError> {
    let ids = query.catalog.release_issues(project.id, version, kind, limit).await?;
    Ok(query.catalog.issues(project.organization_id, &ids).await?)
}

async fn new_issues(
    query: &Query,
    project: &Project,
    version: &str,
    window: Window,
    environment: Option<&str>,
) -> Result<Vec<(Issue, u64)>, QueryError> {
    let issues = issues(query, project, version, ReleaseIssueKind::New, NEW_ISSUES).await?;
    let groups: Vec<HashGroup> =
        issues.iter().map(|issue| HashGroup { id: issue.id.0, hashes: issue.hashes.clone() }).collect();
    let filter =
        EventFilter { release: Some(version.to_owned()), environment: environment.map(str::to_owned) };
    let stats = query.store.group_stats(project.id, &groups, window, &filter.into()).await?;
    let events = |issue: &Issue| stats.get(&issue.id.0).map(|stats| stats.events).unwrap_or_default();
    Ok(issues
        .into_iter()
        .map(|issue| (events(&issue), issue))
        .map(|(events, issue)| (issue, events))
        .collect())
}

fn judged(issue: &Issue, events: u64) -> NewIssue {
    let is_fatal = issue.level == mayday_event::model::Level::Fatal;
    NewIssue { short_id: issue.short_id.clone(), is_fatal, events }
}

pub(crate) fn filter(environment: Option<&str>) -> SessionFilter {
    SessionFilter {
        environments: environment.into_iter().map(str::to_owned).collect(),
        ..SessionFilter::default()
    }
}

fn adoption(of_release: &SessionCounts, all: &SessionCounts) -> Adoption {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part.min(whole) as f64 / whole as f64);
    Adoption { sessions: share(of_release.sessions, all.sessions), users: share(of_release.users, all.users) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_before_is_that_of_the_version_before() {
        let row = |version: &str, created| ReleaseRow::empty(version.into(), Timestamp(created));
        let releases = Releases(vec![
            row("shop@1.10.0", 5),
            row("shop@1.9.0", 4),
            // A fix of an old version, made last.
            row("shop@1.9.1", 9),
            row("a1b2c3d4e5", 6),
            row("nightly", 7),
        ]);
        let before = |version: &str| {
            let release = releases.find(version).unwrap();
            releases.before(release).map(|row| row.version.as_str())
        };
        assert_eq!(before("shop@1.10.0"), Some("shop@1.9.1"));
        assert_eq!(before("shop@1.9.1"), Some("shop@1.9.0"));
        assert_eq!(before("nightly"), Some("a1b2c3d4e5"));
        assert_eq!(Releases(vec![row("1.0", 1)]).before(&row("1.0", 1)).map(|row| row.created), None);
    }

    #[test]
    fn adoption_is_a_share_of_the_day() {
        let counts = |sessions, users| SessionCounts { sessions, users, ..SessionCounts::default() };
        assert_eq!(adoption(&counts(25, 3), &counts(100, 0)), Adoption { sessions: Some(0.25), users: None });
    }
}
