//! Which commits a release is made of, and of which repositories.

use mayday_event::{OrganizationId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
    issues::IN_LIST,
};

/// Commits of a release that are kept, the newest.
const MAX_COMMITS: usize = 1000;
/// Repositories of a release, and of an organisation, at most.
const MAX_REPOSITORIES: usize = 100;
/// Characters of a commit's texts that are kept.
const MAX_TEXT: usize = 500;

/// A commit of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub sha: String,
    /// Texts are empty if they are not said.
    pub repository: String,
    pub author_name: String,
    pub author_email: String,
    pub message: String,
    /// By the commit.
    pub created: Option<Timestamp>,
}

/// The head of a repository in a release.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Ref {
    pub repository: String,
    pub sha: String,
    /// The head in the release before.
    pub previous_sha: Option<String>,
}

/// A repository that releases may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub id: i64,
    pub name: String,
    /// Empty if none is said.
    pub url: String,
    pub created: Timestamp,
}

impl Catalog {
    /// A release's commits, the newest first.
    pub async fn release_commits(
        &self,
        organization: OrganizationId,
        version: &str,
    ) -> Result<Vec<Commit>, CatalogError> {
        let rows: Vec<(String, String, String, String, String, Option<i64>)> = sqlx::query_as(
            "SELECT sha, repository, author_name, author_email, message, created FROM release_commits
             WHERE organization_id = $1 AND version = $2 ORDER BY position",
        )
        .bind(organization.to_sql())
        .bind(version)
        .fetch_all(&self.reader)
        .await?;
        let commit = |(sha, repository, author_name, author_email, message, created): (_, _, _, _, _, _)| {
            let created = Option::map(created, Timestamp);
            Commit { sha, repository, author_name, author_email, message, created }
        };
        Ok(rows.into_iter().map(commit).collect())
    }

    /// The heads of a release's repositories.
    pub async fn release_refs(
        &self,
        organization: OrganizationId,
        version: &str,
    ) -> Result<Vec<Ref>, CatalogError> {
        Ok(sqlx::query_as(
            "SELECT repository, sha, previous_sha FROM release_refs
             WHERE organization_id = $1 AND version = $2 ORDER BY repository",
        )
        .bind(organization.to_sql())
        .bind(version)
        .fetch_all(&self.reader)
        .await?)
    }

    /// An organisation's repositories, by name.
    pub async fn repositories(&self, organization: OrganizationId) -> Result<Vec<Repository>, CatalogError> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
            "SELECT id, name, url, created FROM repositories WHERE organization_id = $1 ORDER BY name",
        )
        .bind(organization.to_sql())
        .fetch_all(&self.reader)
        .await?;
        let repository = |(id, name, url, created)| Repository { id, name, url, created: Timestamp(created) };
        Ok(rows.into_iter().map(repository).collect())
    }

    /// Adds a repository.
    pub async fn create_repository(
        &self,
        organization: OrganizationId,
        name: &str,
        url: &str,
    ) -> Result<Repository, CatalogError> {
        let name = name.trim();
        check_text("name", name, 1)?;
        check_text("url", url, 0)?;
        let mut tx = self.write().await?;
        let there: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM repositories WHERE organization_id = $1")
            .bind(organization.to_sql())
            .fetch_one(&mut *tx)
            .await?;
        if usize::try_from(there).unwrap_or(usize::MAX) >= MAX_REPOSITORIES {
            return Err(CatalogError::Invalid(format!(
                "there are {MAX_REPOSITORIES} repositories, the most"
            )));
        }
        let id = Sequence::Repository.next(&mut tx).await?;
        let created = self.clock.now();
        sqlx::query(
            "INSERT INTO repositories (id, organization_id, name, url, created) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(organization.to_sql())
        .bind(name)
        .bind(url)
        .bind(created.0)
        .execute(&mut *tx)
        .await
        .map_err(CatalogError::conflict("repository"))?;
        tx.commit().await?;
        Ok(Repository { id, name: name.to_owned(), url: url.to_owned(), created })
    }
}

/// Replaces a release's commits, its refs, or both.
pub(super) async fn set(
    tx: &mut Connection,
    organization: OrganizationId,
    version: &str,
    commits: Option<&[Commit]>,
    refs: Option<&[Ref]>,
) -> Result<(), CatalogError> {
    // Heads that are taken away take the commits that led to them along.
    if commits.is_some() || refs.is_some_and(<[Ref]>::is_empty) {
        delete(
            tx,
            "DELETE FROM release_commits WHERE organization_id = $1 AND version = $2",
            organization,
            version,
        )
        .await?;
    }
    let kept = commits.unwrap_or_default();
    let numbered = Vec::from_iter((0_i64..).zip(kept.iter().take(MAX_COMMITS)));
    for commits in numbered.chunks(IN_LIST) {
        insert_commits(tx, organization, version, commits).await?;
    }
    let Some(refs) = refs else { return Ok(()) };
    if refs.len() > MAX_REPOSITORIES {
        return Err(CatalogError::Invalid(format!("refs: give at most {MAX_REPOSITORIES}")));
    }
    delete(tx, "DELETE FROM release_refs WHERE organization_id = $1 AND version = $2", organization, version)
        .await?;
    for head in refs {
        check_text("refs: repository", &head.repository, 1)?;
        check_text("refs: commit", &head.sha, 1)?;
        sqlx::query(
            "INSERT INTO release_refs (organization_id, version, repository, sha, previous_sha)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization_id, version, repository) DO UPDATE
             SET sha = excluded.sha, previous_sha = excluded.previous_sha",
        )
        .bind(organization.to_sql())
        .bind(version)
        .bind(&head.repository)
        .bind(&head.sha)
        .bind(head.previous_sha.as_deref().map(shortened))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn delete(
    tx: &mut Connection,
    statement: &'static str,
    organization: OrganizationId,
    version: &str,
) -> Result<(), CatalogError> {
    sqlx::query(statement).bind(organization.to_sql()).bind(version).execute(tx).await?;
    Ok(())
}

async fn insert_commits(
    tx: &mut Connection,
    organization: OrganizationId,
    version: &str,
    commits: &[(i64, &Commit)],
) -> Result<(), CatalogError> {
    QueryBuilder::new(
        "INSERT INTO release_commits (organization_id, version, position, sha, repository, author_name,
         author_email, message, created) ",
    )
    .push_values(commits, |mut row, (position, commit)| {
        row.push_bind(organization.to_sql()).push_bind(version.to_owned()).push_bind(*position);
        row.push_bind(shortened(&commit.sha)).push_bind(shortened(&commit.repository));
        row.push_bind(shortened(&commit.author_name)).push_bind(shortened(&commit.author_email));
        row.push_bind(shortened(&commit.message)).push_bind(commit.created.map(|time| time.0));
    })
    .build()
    .execute(tx)
    .await?;
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

fn check_text(what: &str, text: &str, least: usize) -> Result<(), CatalogError> {
    match (least..=MAX_TEXT).contains(&text.chars().count()) {
        true => Ok(()),
        false => Err(CatalogError::Invalid(format!("{what}: give {least} to {MAX_TEXT} characters"))),
    }
}
