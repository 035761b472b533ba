//! Releases of several projects, with how each does in each of them.

use std::collections::BTreeMap;

use mayday_catalog::{
    projects::Project,
    releases::{Release, ReleaseProject},
};
use mayday_event::{ProjectId, release_order::Rank};
use mayday_store::queries::{Window, sessions::SessionCounts};

use super::release_health::{self, ReleaseRow};
use crate::{Query, QueryError, health::Share};

/// A release with how it does in each of its projects that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct ListedRelease {
    /// Of one that only sessions tell of, no more than that.
    pub(crate) release: Release,
    pub(crate) health: Vec<(ProjectId, ReleaseRow)>,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The newest.
    #[default]
    Date,
    /// The highest version; what has none comes last, the newest first.
    Semver,
    Sessions,
    Users,
    /// The least crash-free; what has no sessions comes last.
    CrashFreeSessions,
    CrashFreeUsers,
}

/// Releases of these projects whose version has `text` in it.
pub(crate) async fn list(
    query: &Query,
    projects: &[Project],
    text: &str,
    window: Window,
    environment: Option<&str>,
) -> Result<Vec<ListedRelease>, QueryError> {
    let wanted = text.to_lowercase();
    let mut listed: BTreeMap<String, ListedRelease> = BTreeMap::new();
    for project in projects {
        let releases = release_health::list(query, project, window, environment).await?;
        for row in releases.0.into_iter().filter(|row| row.version.to_lowercase().contains(&wanted)) {
            let new = || {
                let release = row.known.clone().unwrap_or_else(|| of_sessions(&row));
                ListedRelease { release, health: Vec::new() }
            };
            listed.entry(row.version.clone()).or_insert_with(new).add(project, row);
        }
    }
    Ok(listed.into_values().collect())
}

impl ListedRelease {
    fn add(&mut self, project: &Project, row: ReleaseRow) {
        if !self.release.projects.iter().any(|of| of.id == project.id) {
            self.release.projects.push(ReleaseProject {
                id: project.id,
                slug: project.slug.clone(),
                name: project.name.clone(),
                platform: project.platform.clone(),
            });
        }
        self.release.created = self.release.created.min(row.created);
        self.health.push((project.id, row));
    }

    /// Of all its projects together.
    fn counts(&self) -> SessionCounts {
        let mut sum = SessionCounts::default();
        self.health.iter().for_each(|(_, row)| sum += row.counts());
        sum
    }
}

/// What only sessions tell of.
fn of_sessions(row: &ReleaseRow) -> Release {
    Release {
        version: row.version.clone(),
        created: row.created,
        started: None,
        released: None,
        url: String::new(),
        archived: false,
        events: None,
        projects: Vec::new(),
        commits: 0,
        last_commit: None,
        deploys: 0,
    }
}

/// Sorts releases; those that are alike by date, the newest first.
pub(crate) fn sort(releases: &mut [ListedRelease], by: Sort) {
    releases.sort_by(|ListedRelease { release: one, .. }, ListedRelease { release: other, .. }| {
        (other.created, &other.version).cmp(&(one.created, &one.version))
    });
    match by {
        Sort::Date => {}
        Sort::Semver => {
            releases.sort_by_cached_key(|listed| std::cmp::Reverse(Rank::of(&listed.release.version)))
        }
        Sort::Sessions => releases.sort_by_key(|listed| std::cmp::Reverse(listed.counts().sessions)),
        Sort::Users => releases.sort_by_key(|listed| std::cmp::Reverse(listed.counts().users)),
        Sort::CrashFreeSessions => releases.sort_by(|one, other| {
            let share = |counts: SessionCounts| Share::without(counts.crashed, counts.sessions);
            Share::least_first(share(one.counts()), share(other.counts()))
        }),
        Sort::CrashFreeUsers => releases.sort_by(|one, other| {
            let share = |counts: SessionCounts| Share::without(counts.crashed_users, counts.users);
            Share::least_first(share(one.counts()), share(other.counts()))
        }),
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::Timestamp;
    use mayday_store::queries::sessions::SessionGroup;

    use super::*;
    use crate::fixture::now;

    fn listed(version: &str, minute: i64, sessions: u64, crashed: u64) -> ListedRelease {
        let created = now().plus_ms(minute * 60_000);
        let counts = SessionCounts { sessions, crashed, ..SessionCounts::default() };
        let group = SessionGroup {
            release: version.into(),
            environment: String::new(),
            bucket: Timestamp(0),
            counts,
            first: created,
            last: created,
        };
        let row = ReleaseRow {
            sessions: Some(group).filter(|_| sessions > 0),
            ..ReleaseRow::empty(version.into(), created)
        };
        ListedRelease { release: of_sessions(&row), health: vec![(ProjectId(1), row)] }
    }

    #[test]
    fn releases_are_sorted_by_what_is_asked() {
        let releases = [
            listed("shop@1.9.0", 1, 10, 1),
            listed("nightly", 2, 30, 0),
            listed("shop@1.10.0+7", 3, 20, 5),
            // A fix of an old version, made last.
            listed("pay@1.9.1", 4, 0, 0),
        ];
        let sorted = |by| {
            let mut releases = releases.clone();
            sort(&mut releases, by);
            releases.map(|listed| listed.release.version).join(" ")
        };
        assert_eq!(sorted(Sort::Date), "pay@1.9.1 shop@1.10.0+7 nightly shop@1.9.0");
        assert_eq!(sorted(Sort::Semver), "shop@1.10.0+7 pay@1.9.1 shop@1.9.0 nightly");
        assert_eq!(sorted(Sort::Sessions), "nightly shop@1.10.0+7 shop@1.9.0 pay@1.9.1");
        assert_eq!(sorted(Sort::CrashFreeSessions), "shop@1.10.0+7 shop@1.9.0 nightly pay@1.9.1");
    }
}
