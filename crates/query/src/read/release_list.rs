//! Releases of several projects, with how each does in each of them.

use std::collections::BTreeMap;

use mayday_catalog::{
    projects::Project,
    releases::{Release, ReleaseFilter, ReleaseProject},
};
use mayday_event::{OrganizationId, ProjectId};
use mayday_store::queries::{Window, sessions::SessionCounts};

use super::{
    page,
    release_health::{self, ReleaseRow},
    release_order::{Measures, ReleaseKey},
};
use crate::{
    Query, QueryError,
    cursor::{Cursor, Pagination},
};

/// A release with how it does in each of its projects that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct ListedRelease {
    /// Of one that only sessions tell of, no more than that.
    pub(crate) release: Release,
    pub(crate) health: Vec<(ProjectId, ReleaseRow)>,
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

    /// Issues that it brought, in all its projects.
    pub(crate) fn new_issues(&self) -> u64 {
        self.health.iter().map(|(_, row)| row.issues.new).sum()
    }

    /// Of all its projects together.
    pub(crate) fn measures(&self) -> Measures<'_> {
        let mut counts = SessionCounts::default();
        self.health.iter().for_each(|(_, row)| counts += row.counts());
        Measures {
            version: &self.release.version,
            created: self.release.created,
            counts,
            adoption: None,
            new_issues: self.new_issues(),
        }
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

/// A page of an organisation's or a project's releases, the newest first, without how they do.
pub(crate) async fn known(
    query: &Query,
    organization: OrganizationId,
    filter: ReleaseFilter,
    cursor: Option<Cursor<ReleaseKey>>,
    limit: usize,
) -> Result<(Vec<Release>, Pagination), QueryError> {
    let after = cursor.as_ref().map(|cursor| (cursor.id.created, cursor.id.version.clone()));
    // One more than the page holds tells whether there is a page behind.
    let filter = ReleaseFilter { after, ..filter };
    let mut releases = query.catalog.releases(organization, &filter, limit + 1).await?;
    let more = releases.len() > limit;
    releases.truncate(limit);
    let place = |release: &Release| ReleaseKey::by_date(release.created, &release.version);
    let (first, last) = (releases.first().map(place), releases.last().map(place));
    let pagination = page::around(first.as_ref(), last.as_ref(), cursor, false, more);
    Ok((releases, pagination))
}
