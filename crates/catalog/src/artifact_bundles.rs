//! Artifact bundles: minified files, their source maps and sources, as web and React Native builds upload them.
//!
//! A bundle belongs to projects, and may to releases. Its files are found by debug id, else by release, distribution
//! and URL.

use std::collections::BTreeSet;

use mayday_event::{OrganizationId, ProjectId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
    debug_files::push_texts,
    issues::IN_LIST,
};

/// Files that one lookup gives.
const MAX_PER_LOOKUP: i64 = 1000;
/// A bundle's last use is written down at most this often.
const LAST_USED_MS: i64 = Timestamp::DAY_MS;

/// What a file of a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtifactFileKind {
    MinifiedSource,
    SourceMap,
    Source,
    IndexedRamBundle,
}

impl ArtifactFileKind {
    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::MinifiedSource => "minified_source",
            Self::SourceMap => "source_map",
            Self::Source => "source",
            Self::IndexedRamBundle => "indexed_ram_bundle",
        }
    }

    /// By its name in manifests.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::MinifiedSource, Self::SourceMap, Self::Source, Self::IndexedRamBundle]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A file in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactFile {
    /// Of the bundle.
    pub bundle_id: i64,
    /// SHA-256 of the bundle, hexadecimal: what its blob is called by.
    pub digest: String,
    /// Of the bundle.
    pub bundle_bytes: u64,
    /// In the bundle's zip.
    pub path: String,
    /// As the manifest has it: `~/static/app.js`; empty if it says none.
    pub url: String,
    pub kind: ArtifactFileKind,
    /// Lower case, with hyphens.
    pub debug_id: Option<String>,
    /// What a minified file says of where its map is: relative to its own URL; empty if nothing.
    pub source_map: String,
}

/// A file of a bundle, before the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifactFile {
    pub path: String,
    pub url: String,
    pub kind: ArtifactFileKind,
    pub debug_id: Option<String>,
    pub source_map: String,
}

/// A bundle whose blob is written.
#[derive(Debug, Clone, Copy)]
pub struct NewArtifactBundle<'a> {
    pub organization_id: OrganizationId,
    pub sha1: &'a str,
    pub digest: &'a str,
    pub bytes: u64,
    pub uploaded_by: &'a str,
    pub files: &'a [NewArtifactFile],
}

/// What a bundle is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleUse {
    pub projects: Vec<ProjectId>,
    /// Version and distribution (empty: none).
    pub release: Option<(String, String)>,
}

/// A bundle, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ArtifactBundle {
    pub id: i64,
    /// Hexadecimal: what clients call it by.
    pub sha1: String,
    pub bytes: i64,
    /// Files in it, of every kind.
    pub files: i64,
    /// E-mail address.
    pub uploaded_by: String,
    /// Milliseconds since 1970.
    pub uploaded: i64,
}

const SELECT_FILE: &str =
    "SELECT b.id AS bundle_id, b.digest, b.bytes AS bundle_bytes, f.path, f.url, f.kind,
     f.debug_id, f.source_map
     FROM artifact_files f JOIN artifact_bundles b ON b.id = f.bundle_id
     JOIN artifact_bundle_projects p ON p.bundle_id = b.id";

impl Catalog {
    /// The files of a project's bundles with this debug id: a minified file and its map share one. Of the newest
    /// bundle first.
    ///
    /// This is how symbolication finds uploaded source maps: the blob of the bundle is `BlobKey::ArtifactBundle` of
    /// `digest`, a zip (behind the 8 bytes `SYSB`) in which the file is at `path`.
    pub async fn artifacts_by_debug_id(
        &self,
        project: ProjectId,
        debug_id: &str,
    ) -> Result<Vec<ArtifactFile>, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_FILE);
        query.push(" WHERE p.project_id = ").push_bind(project.to_sql());
        query.push(" AND f.debug_id = ").push_bind(debug_id.to_owned());
        query.push(" ORDER BY b.id DESC, f.path LIMIT ").push_bind(MAX_PER_LOOKUP);
        let rows: Vec<FileRow> = query.build_query_as().fetch_all(&self.reader).await?;
        rows.into_iter().map(ArtifactFile::try_from).collect()
    }

    /// The files of a release's bundles with one of these URLs, as [`artifact_urls`] gives them for a frame's. Those of
    /// the distribution come before those of none, and of the newest bundle first.
    pub async fn artifacts_by_url(
        &self,
        project: ProjectId,
        release: &str,
        dist: Option<&str>,
        urls: &[&str],
    ) -> Result<Vec<ArtifactFile>, CatalogError> {
        if urls.is_empty() {
            return Ok(Vec::new());
        }
        let dist = dist.unwrap_or_default();
        let mut query = QueryBuilder::new(SELECT_FILE);
        query.push(" JOIN artifact_bundle_releases r ON r.bundle_id = b.id");
        query.push(" WHERE p.project_id = ").push_bind(project.to_sql());
        query.push(" AND r.version = ").push_bind(release.to_owned());
        query.push(" AND (r.dist = ").push_bind(dist.to_owned()).push(" OR r.dist = '') AND f.url IN ");
        push_texts(&mut query, urls.iter().take(IN_LIST).copied());
        // The empty text is before every other.
        query.push(" ORDER BY r.dist DESC, b.id DESC, f.path LIMIT ").push_bind(MAX_PER_LOOKUP);
        let rows: Vec<FileRow> = query.build_query_as().fetch_all(&self.reader).await?;
        rows.into_iter().map(ArtifactFile::try_from).collect()
    }

    /// A bundle of an organisation by its SHA-1, used for these too from now on; `None`: it is not there.
    pub async fn use_artifact_bundle(
        &self,
        organization: OrganizationId,
        sha1: &str,
        used: &BundleUse,
    ) -> Result<Option<i64>, CatalogError> {
        let mut tx = self.write().await?;
        let bundle: Option<i64> =
            sqlx::query_scalar("SELECT id FROM artifact_bundles WHERE organization_id = $1 AND sha1 = $2")
                .bind(organization.to_sql())
                .bind(sha1)
                .fetch_optional(&mut *tx)
                .await?;
        if let Some(bundle) = bundle {
            insert_use(&mut tx, bundle, used).await?;
            tx.commit().await?;
        }
        Ok(bundle)
    }

    /// Adds a bundle, once.
    pub async fn add_artifact_bundle(
        &self,
        bundle: &NewArtifactBundle<'_>,
        used: &BundleUse,
    ) -> Result<(), CatalogError> {
        if self.use_artifact_bundle(bundle.organization_id, bundle.sha1, used).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        let id = insert_bundle(&mut tx, bundle, self.clock.now()).await?;
        for files in bundle.files.chunks(IN_LIST) {
            insert_files(&mut tx, id, files).await?;
        }
        insert_use(&mut tx, id, used).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A project's bundles, the newest first.
    pub async fn artifact_bundles(
        &self,
        project: ProjectId,
        limit: usize,
    ) -> Result<Vec<ArtifactBundle>, CatalogError> {
        Ok(sqlx::query_as(
            "SELECT b.id, b.sha1, b.bytes, b.files, b.uploaded_by, b.uploaded FROM artifact_bundles b
             JOIN artifact_bundle_projects p ON p.bundle_id = b.id
             WHERE p.project_id = $1 ORDER BY b.id DESC LIMIT $2",
        )
        .bind(project.to_sql())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?)
    }

    /// Versions and distributions (empty: none) that a bundle is for.
    pub async fn releases_of_bundle(&self, bundle: i64) -> Result<Vec<(String, String)>, CatalogError> {
        Ok(sqlx::query_as(
            "SELECT version, dist FROM artifact_bundle_releases WHERE bundle_id = $1 ORDER BY version, dist",
        )
        .bind(bundle)
        .fetch_all(&self.reader)
        .await?)
    }

    /// Takes a bundle from a project; the last project's takes the bundle with it.
    pub async fn delete_artifact_bundle(&self, project: ProjectId, id: i64) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let taken =
            sqlx::query("DELETE FROM artifact_bundle_projects WHERE project_id = $1 AND bundle_id = $2")
                .bind(project.to_sql())
                .bind(id)
                .execute(&mut *tx)
                .await?;
        if taken.rows_affected() == 0 {
            return Err(CatalogError::NotFound("artifact bundle"));
        }
        let left: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM artifact_bundle_projects WHERE bundle_id = $1")
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
        if left == 0 {
            delete_bundle(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Notes that events needed these bundles now.
    pub async fn note_artifact_bundles_used(&self, ids: &[i64]) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        for id in BTreeSet::from_iter(ids) {
            sqlx::query("UPDATE artifact_bundles SET last_used = $1 WHERE id = $2 AND last_used < $3")
                .bind(now.0)
                .bind(id)
                .bind(now.0 - LAST_USED_MS)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Removes bundles that came before this time, that no event has needed since, and none of whose releases has sent
    /// one since; how many. Their blobs are orphans then.
    pub async fn delete_artifact_bundles_unused_since(&self, time: Timestamp) -> Result<u64, CatalogError> {
        let mut tx = self.write().await?;
        let old: Vec<i64> = sqlx::query_scalar(
            "SELECT b.id FROM artifact_bundles b WHERE b.uploaded < $1 AND b.last_used < $1 AND NOT EXISTS (
                 SELECT 1 FROM artifact_bundle_releases r
                 JOIN artifact_bundle_projects p ON p.bundle_id = r.bundle_id
                 JOIN releases e ON e.project_id = p.project_id AND e.version = r.version
                 WHERE r.bundle_id = b.id AND (e.last_seen >= $1 OR e.first_seen >= $1))
             ORDER BY b.id LIMIT $2",
        )
        .bind(time.0)
        .bind(MAX_PER_LOOKUP)
        .fetch_all(&mut *tx)
        .await?;
        for id in &old {
            delete_bundle(&mut tx, *id).await?;
        }
        tx.commit().await?;
        Ok(old.len() as u64)
    }
}

/// How a file may be called in bundles that a frame calls by this URL: whole, without its query, and with `~` in
/// place of scheme and host; the best first.
pub fn artifact_urls(url: &str) -> Vec<String> {
    let bare = url.split(['?', '#']).next().unwrap_or(url);
    let mut urls = vec![url.to_owned()];
    let mut add = |candidate: String| {
        if !urls.contains(&candidate) {
            urls.push(candidate);
        }
    };
    add(bare.to_owned());
    for form in [url, bare] {
        let path = match form.split_once("://") {
            // `app:///index.bundle` has no host.
            Some((_, rest)) => rest.split_once('/').map(|(_, path)| path),
            None => Some(form.trim_start_matches('/')),
        };
        if let Some(path) = path {
            add(format!("~/{path}"));
        }
    }
    urls
}

async fn insert_bundle(
    tx: &mut Connection,
    bundle: &NewArtifactBundle<'_>,
    now: Timestamp,
) -> Result<i64, CatalogError> {
    let id = Sequence::ArtifactBundle.next(tx).await?;
    sqlx::query(
        "INSERT INTO artifact_bundles (id, organization_id, sha1, digest, bytes, files, uploaded_by, uploaded,
         last_used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(id)
    .bind(bundle.organization_id.to_sql())
    .bind(bundle.sha1)
    .bind(bundle.digest)
    .bind(i64::try_from(bundle.bytes).unwrap_or(i64::MAX))
    .bind(i64::try_from(bundle.files.len()).unwrap_or(i64::MAX))
    .bind(bundle.uploaded_by)
    .bind(now.0)
    .execute(tx)
    .await
    .map_err(CatalogError::conflict("artifact bundle"))?;
    Ok(id)
}

async fn insert_files(
    tx: &mut Connection,
    bundle: i64,
    files: &[NewArtifactFile],
) -> Result<(), CatalogError> {
    QueryBuilder::new("INSERT INTO artifact_files (bundle_id, path, url, kind, debug_id, source_map) ")
        .push_values(files, |mut row, file| {
            row.push_bind(bundle).push_bind(file.path.clone()).push_bind(file.url.clone());
            row.push_bind(file.kind.name())
                .push_bind(file.debug_id.clone())
                .push_bind(file.source_map.clone());
        })
        .push(" ON CONFLICT (bundle_id, path) DO NOTHING")
        .build()
        .execute(tx)
        .await?;
    Ok(())
}

async fn insert_use(tx: &mut Connection, bundle: i64, used: &BundleUse) -> Result<(), CatalogError> {
    for project in &used.projects {
        sqlx::query(
            "INSERT INTO artifact_bundle_projects (bundle_id, project_id) VALUES ($1, $2)
             ON CONFLICT (bundle_id, project_id) DO NOTHING",
        )
        .bind(bundle)
        .bind(project.to_sql())
        .execute(&mut *tx)
        .await?;
    }
    if let Some((version, dist)) = &used.release {
        sqlx::query(
            "INSERT INTO artifact_bundle_releases (bundle_id, version, dist) VALUES ($1, $2, $3)
             ON CONFLICT (bundle_id, version, dist) DO NOTHING",
        )
        .bind(bundle)
        .bind(version)
        .bind(dist)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn delete_bundle(tx: &mut Connection, id: i64) -> Result<(), CatalogError> {
    for delete in [
        "DELETE FROM artifact_files WHERE bundle_id = $1",
        "DELETE FROM artifact_bundle_releases WHERE bundle_id = $1",
        "DELETE FROM artifact_bundle_projects WHERE bundle_id = $1",
        "DELETE FROM artifact_bundles WHERE id = $1",
    ] {
        sqlx::query(delete).bind(id).execute(&mut *tx).await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct FileRow {
    bundle_id: i64,
    digest: String,
    bundle_bytes: i64,
    path: String,
    url: String,
    kind: String,
    debug_id: Option<String>,
    source_map: String,
}

impl TryFrom<FileRow> for ArtifactFile {
    type Error = CatalogError;

    fn try_from(row: FileRow) -> Result<Self, CatalogError> {
        let kind = ArtifactFileKind::from_name(&row.kind)
            .ok_or_else(|| CatalogError::corrupt("kind of artifact", &row.kind))?;
        Ok(Self {
            bundle_id: row.bundle_id,
            digest: row.digest,
            bundle_bytes: u64::try_from(row.bundle_bytes).unwrap_or(0),
            path: row.path,
            url: row.url,
            kind,
            debug_id: row.debug_id,
            source_map: row.source_map,
        })
    }
}

#[cfg(test)]
mod tests;
