//! What people and build servers say of a release: when it was made and given out, and for which projects.

use std::collections::BTreeMap;

use mayday_event::{OrganizationId, ProjectId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use super::{Commit, Ref};
use crate::{
    Catalog, CatalogError,
    connect::{Connection, Database},
    debug_files::push_texts,
    issues::{like_pattern, push_list},
};

/// Bytes of a version at most.
const MAX_VERSION: usize = 250;
/// Bytes of a URL at most.
const MAX_URL: usize = 2048;

/// A release: a version of one or more projects of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub version: String,
    /// When it was made known, or first seen in an event.
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub released: Option<Timestamp>,
    /// Empty if none is said.
    pub url: String,
    pub archived: bool,
    /// When the first and the last event of it were received, the last to the hour.
    pub events: Option<(Timestamp, Timestamp)>,
    pub projects: Vec<ReleaseProject>,
    pub commits: u64,
    /// SHA of the newest commit.
    pub last_commit: Option<String>,
    pub deploys: u64,
}

/// A project that a release is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseProject {
    pub id: ProjectId,
    pub slug: String,
    pub name: String,
    pub platform: String,
}

/// What is said of a release; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct ReleaseChange {
    /// More projects that it is of.
    pub projects: Vec<ProjectId>,
    pub started: Option<Timestamp>,
    pub released: Option<Timestamp>,
    pub url: Option<String>,
    pub archived: Option<bool>,
    /// All its commits, the newest first.
    pub commits: Option<Vec<Commit>>,
    /// All its repositories' heads.
    pub refs: Option<Vec<Ref>>,
}

/// Which releases.
#[derive(Debug, Clone, Default)]
pub struct ReleaseFilter {
    /// Only of these projects; none: of all.
    pub projects: Vec<ProjectId>,
    /// A part of the version.
    pub text: String,
    /// Exactly this version.
    pub version: Option<String>,
    /// Only those behind a release of the list: when that was created, and its version.
    pub after: Option<(Timestamp, String)>,
    /// Only with commits or refs, and not this version.
    pub with_commits_but: Option<String>,
}

impl Catalog {
    /// An organisation's releases, the newest first.
    pub async fn releases(
        &self,
        organization: OrganizationId,
        filter: &ReleaseFilter,
        limit: usize,
    ) -> Result<Vec<Release>, CatalogError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push_bind(organization.to_sql());
        filter.push(&mut query);
        query.push(GROUP);
        if let Some((created, version)) = &filter.after {
            query.push(" HAVING (COALESCE(d.created, MIN(r.first_seen)), r.version) < (");
            query.push_bind(created.0).push(", ").push_bind(version.clone()).push(")");
        }
        query.push(" ORDER BY created DESC, r.version DESC LIMIT ");
        query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.reader).await?;
        let mut releases: Vec<Release> = rows.into_iter().map(Release::from).collect();
        self.add_projects(organization, &mut releases).await?;
        Ok(releases)
    }

    /// A release by its version.
    pub async fn release(
        &self,
        organization: OrganizationId,
        version: &str,
    ) -> Result<Release, CatalogError> {
        let filter = ReleaseFilter { version: Some(version.to_owned()), ..ReleaseFilter::default() };
        let found = self.releases(organization, &filter, 1).await?.pop();
        found.ok_or(CatalogError::NotFound("release"))
    }

    /// The newest release with commits but this one; `None`: there is none.
    pub async fn previous_release_with_commits(
        &self,
        organization: OrganizationId,
        version: &str,
    ) -> Result<Option<Release>, CatalogError> {
        let filter = ReleaseFilter { with_commits_but: Some(version.to_owned()), ..ReleaseFilter::default() };
        Ok(self.releases(organization, &filter, 1).await?.pop())
    }

    /// Makes a release known, or says more of one that is; whether it is new.
    pub async fn create_release(
        &self,
        organization: OrganizationId,
        version: &str,
        change: &ReleaseChange,
    ) -> Result<bool, CatalogError> {
        check_version(version)?;
        let mut tx = self.write().await?;
        let known = is_known(&mut tx, organization, version).await?;
        if !known && change.projects.is_empty() {
            return Err(CatalogError::Invalid("projects: give at least one".into()));
        }
        apply(&mut tx, organization, version, change, self.clock.now()).await?;
        tx.commit().await?;
        Ok(!known)
    }

    /// Says more of a release.
    pub async fn change_release(
        &self,
        organization: OrganizationId,
        version: &str,
        change: &ReleaseChange,
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        if !is_known(&mut tx, organization, version).await? {
            return Err(CatalogError::NotFound("release"));
        }
        apply(&mut tx, organization, version, change, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets a release that no event is of, with its commits and deploys.
    pub async fn delete_release(
        &self,
        organization: OrganizationId,
        version: &str,
    ) -> Result<(), CatalogError> {
        let release = self.release(organization, version).await?;
        if release.events.is_some() {
            return Err(CatalogError::Invalid(format!(
                "release {version:?} has events and cannot be deleted; archive it instead"
            )));
        }
        let mut tx = self.write().await?;
        for delete in [
            "DELETE FROM deploys WHERE organization_id = $1 AND version = $2",
            "DELETE FROM release_commits WHERE organization_id = $1 AND version = $2",
            "DELETE FROM release_refs WHERE organization_id = $1 AND version = $2",
            "DELETE FROM release_details WHERE organization_id = $1 AND version = $2",
            "DELETE FROM releases WHERE last_seen IS NULL AND version = $2 AND project_id IN (
                 SELECT id FROM projects WHERE organization_id = $1)",
        ] {
            sqlx::query(delete).bind(organization.to_sql()).bind(version).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn add_projects(
        &self,
        organization: OrganizationId,
        releases: &mut [Release],
    ) -> Result<(), CatalogError> {
        if releases.is_empty() {
            return Ok(());
        }
        let mut query = QueryBuilder::new(
            "SELECT r.version, p.id, p.slug, p.name, p.platform FROM releases r
             JOIN projects p ON p.id = r.project_id WHERE p.organization_id = ",
        );
        query.push_bind(organization.to_sql()).push(" AND r.version IN ");
        push_texts(&mut query, releases.iter().map(|release| release.version.as_str()));
        query.push(" ORDER BY p.slug");
        let rows: Vec<(String, i64, String, String, String)> =
            query.build_query_as().fetch_all(&self.reader).await?;
        let mut projects: BTreeMap<String, Vec<ReleaseProject>> = BTreeMap::new();
        for (version, id, slug, name, platform) in rows {
            let project = ReleaseProject { id: ProjectId::from_sql(id), slug, name, platform };
            projects.entry(version).or_default().push(project);
        }
        for release in releases {
            release.projects = projects.remove(&release.version).unwrap_or_default();
        }
        Ok(())
    }
}

const SELECT: &str =
    "SELECT r.version, COALESCE(d.created, MIN(r.first_seen)) AS created, d.started, d.released,
     COALESCE(d.url, '') AS url, COALESCE(d.archived, FALSE) AS archived,
     MIN(CASE WHEN r.last_seen IS NULL THEN NULL ELSE r.first_seen END) AS first_event,
     MAX(r.last_seen) AS last_event,
     (SELECT COUNT(*) FROM release_commits c
      WHERE c.organization_id = p.organization_id AND c.version = r.version) AS commits,
     COALESCE((SELECT c.sha FROM release_commits c WHERE c.organization_id = p.organization_id
               AND c.version = r.version AND c.position = 0),
              (SELECT MAX(f.sha) FROM release_refs f
               WHERE f.organization_id = p.organization_id AND f.version = r.version)) AS last_commit,
     (SELECT COUNT(*) FROM deploys y
      WHERE y.organization_id = p.organization_id AND y.version = r.version) AS deploys
     FROM releases r JOIN projects p ON p.id = r.project_id
     LEFT JOIN release_details d ON d.organization_id = p.organization_id AND d.version = r.version
     WHERE p.organization_id = ";

const GROUP: &str =
    " GROUP BY p.organization_id, r.version, d.created, d.started, d.released, d.url, d.archived";

impl ReleaseFilter {
    fn push(&self, query: &mut QueryBuilder<Database>) {
        if !self.projects.is_empty() {
            query.push(" AND r.project_id IN ");
            push_list(query, self.projects.iter().map(|project| project.to_sql()));
        }
        if let Some(version) = &self.version {
            query.push(" AND r.version = ").push_bind(version.clone());
        }
        if !self.text.is_empty() {
            query.push(" AND LOWER(r.version) LIKE ").push_bind(like_pattern(&self.text)).push(" ESCAPE '!'");
        }
        if let Some(other) = &self.with_commits_but {
            query.push(" AND r.version <> ").push_bind(other.clone());
            query.push(
                " AND (EXISTS (SELECT 1 FROM release_commits c
                       WHERE c.organization_id = p.organization_id AND c.version = r.version)
                   OR EXISTS (SELECT 1 FROM release_refs f
                       WHERE f.organization_id = p.organization_id AND f.version = r.version))",
            );
        }
    }
}

/// Whether any project of the organisation has this release.
pub(super) async fn is_known(
    tx: &mut Connection,
    organization: OrganizationId,
    version: &str,
) -> Result<bool, CatalogError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT r.version FROM releases r JOIN projects p ON p.id = r.project_id
         WHERE p.organization_id = $1 AND r.version = $2 LIMIT 1",
    )
    .bind(organization.to_sql())
    .bind(version)
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

async fn apply(
    tx: &mut Connection,
    organization: OrganizationId,
    version: &str,
    change: &ReleaseChange,
    now: Timestamp,
) -> Result<(), CatalogError> {
    if change.url.as_ref().is_some_and(|url| url.len() > MAX_URL) {
        return Err(CatalogError::Invalid(format!("url: is longer than {MAX_URL} bytes")));
    }
    for project in &change.projects {
        sqlx::query(
            "INSERT INTO releases (project_id, version, first_seen) VALUES ($1, $2, $3)
             ON CONFLICT (project_id, version) DO NOTHING",
        )
        .bind(project.to_sql())
        .bind(version)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "INSERT INTO release_details (organization_id, version, created, started, released, url, archived)
         VALUES ($1, $2, $3, $4, $5, COALESCE($6, ''), COALESCE($7, FALSE))
         ON CONFLICT (organization_id, version) DO UPDATE SET
             started = COALESCE($4, release_details.started),
             released = COALESCE($5, release_details.released),
             url = COALESCE($6, release_details.url),
             archived = COALESCE($7, release_details.archived)",
    )
    .bind(organization.to_sql())
    .bind(version)
    .bind(now.0)
    .bind(change.started.map(|time| time.0))
    .bind(change.released.map(|time| time.0))
    .bind(change.url.clone())
    .bind(change.archived)
    .execute(&mut *tx)
    .await?;
    super::commits::set(tx, organization, version, change.commits.as_deref(), change.refs.as_deref()).await
}

/// Refuses what Sentry refuses too: it would not fit into addresses and file names.
fn check_version(version: &str) -> Result<(), CatalogError> {
    let is_bad = version.is_empty()
        || version.len() > MAX_VERSION
        || version != version.trim()
        || matches!(version, "." | ".." | "latest")
        || version.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'));
    match is_bad {
        true => Err(CatalogError::Invalid(format!(
            "version: give 1 to {MAX_VERSION} bytes without slashes, control characters or spaces at the ends"
        ))),
        false => Ok(()),
    }
}

#[derive(FromRow)]
struct Row {
    version: String,
    created: i64,
    started: Option<i64>,
    released: Option<i64>,
    url: String,
    archived: bool,
    first_event: Option<i64>,
    last_event: Option<i64>,
    commits: i64,
    last_commit: Option<String>,
    deploys: i64,
}

impl From<Row> for Release {
    fn from(row: Row) -> Self {
        let events = row.first_event.zip(row.last_event);
        Self {
            version: row.version,
            created: Timestamp(row.created),
            started: row.started.map(Timestamp),
            released: row.released.map(Timestamp),
            url: row.url,
            archived: row.archived,
            events: events.map(|(first, last)| (Timestamp(first), Timestamp(last))),
            projects: Vec::new(),
            commits: u64::try_from(row.commits).unwrap_or(0),
            last_commit: row.last_commit,
            deploys: u64::try_from(row.deploys).unwrap_or(0),
        }
    }
}
