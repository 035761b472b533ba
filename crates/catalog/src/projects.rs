//! Organisations and projects.

use mayday_event::{OrganizationId, ProjectId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
    dsn_keys::insert_key,
};

pub use crate::dsn_keys::{DsnKey, DsnKeyChange};

/// Characters of a slug at most.
const MAX_SLUG: usize = 50;
/// Characters of a project's name, or of a key's label, at most.
const MAX_NAME: usize = 100;

/// An organisation: owns projects, has members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub slug: String,
    pub name: String,
    pub created: Timestamp,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    pub organization_id: OrganizationId,
    pub organization_slug: String,
    pub slug: String,
    pub name: String,
    /// `android`, `apple`, `flutter` …; empty if not said.
    pub platform: String,
    pub created: Timestamp,
}

impl Project {
    /// Whether a client means it: by its slug, or its id in decimal.
    pub fn is_called(&self, name: &str) -> bool {
        self.slug == name || self.id.to_string() == name
    }
}

const SELECT_PROJECT: &str =
    "SELECT p.id, p.organization_id, o.slug AS organization_slug, p.slug, p.name, p.platform, p.created
     FROM projects p JOIN organizations o ON o.id = p.organization_id WHERE ";

impl Catalog {
    /// An organisation by id.
    pub async fn organization(&self, id: OrganizationId) -> Result<Organization, CatalogError> {
        let row: Option<(String, String, i64)> =
            sqlx::query_as("SELECT slug, name, created FROM organizations WHERE id = $1")
                .bind(id.to_sql())
                .fetch_optional(&self.reader)
                .await?;
        let (slug, name, created) = row.ok_or(CatalogError::NotFound("organization"))?;
        Ok(Organization { id, slug, name, created: Timestamp(created) })
    }

    /// Projects of an organisation, by slug.
    pub async fn projects(&self, organization: OrganizationId) -> Result<Vec<Project>, CatalogError> {
        let rows: Vec<ProjectRow> = QueryBuilder::new(SELECT_PROJECT)
            .push("p.organization_id = ")
            .push_bind(organization.to_sql())
            .push(" ORDER BY p.slug")
            .build_query_as()
            .fetch_all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(Project::from).collect())
    }

    /// A project by slug or by decimal id.
    pub async fn project(&self, organization: OrganizationId, slug: &str) -> Result<Project, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_PROJECT);
        query.push("p.organization_id = ").push_bind(organization.to_sql());
        // No slug is all digits, so the two cannot be confused.
        match slug.parse::<ProjectId>() {
            Ok(id) => query.push(" AND p.id = ").push_bind(id.to_sql()),
            Err(_) => query.push(" AND p.slug = ").push_bind(slug.to_owned()),
        };
        self.one_project(query).await
    }

    /// A project by id, wherever it is.
    pub async fn project_by_id(&self, id: ProjectId) -> Result<Project, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_PROJECT);
        query.push("p.id = ").push_bind(id.to_sql());
        self.one_project(query).await
    }

    async fn one_project(
        &self,
        mut query: QueryBuilder<crate::connect::Database>,
    ) -> Result<Project, CatalogError> {
        let row: Option<ProjectRow> = query.build_query_as().fetch_optional(&self.reader).await?;
        row.map(Project::from).ok_or(CatalogError::NotFound("project"))
    }

    /// Creates a project with a first DSN key. The slug is made from the name where none is given.
    pub async fn create_project(
        &self,
        organization: OrganizationId,
        name: &str,
        slug: Option<&str>,
        platform: &str,
    ) -> Result<Project, CatalogError> {
        let project = NewProject::new(organization, name, slug, platform)?;
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let id = insert_project(&mut tx, &project, now).await?;
        insert_key(&mut tx, id, "Default", now).await?;
        tx.commit().await?;
        self.refresh_keys().await?;
        self.project_by_id(id).await
    }
}

/// A project about to be created, checked.
pub(crate) struct NewProject<'a> {
    organization: OrganizationId,
    slug: String,
    name: &'a str,
    platform: &'a str,
}

impl<'a> NewProject<'a> {
    pub(crate) fn new(
        organization: OrganizationId,
        name: &'a str,
        slug: Option<&str>,
        platform: &'a str,
    ) -> Result<Self, CatalogError> {
        let name = name.trim();
        check_name("name", name)?;
        if platform.chars().count() > MAX_SLUG {
            return Err(CatalogError::Invalid(format!("platform is longer than {MAX_SLUG} characters")));
        }
        let slug = slug.map_or_else(|| slug_of(name), str::to_owned);
        check_slug(&slug)?;
        Ok(Self { organization, slug, name, platform })
    }
}

pub(crate) async fn insert_project(
    tx: &mut Connection,
    project: &NewProject<'_>,
    now: Timestamp,
) -> Result<ProjectId, CatalogError> {
    let id = Sequence::Project.next(tx).await?;
    sqlx::query(
        "INSERT INTO projects (id, organization_id, slug, name, platform, last_issue_number, created)
         VALUES ($1, $2, $3, $4, $5, 0, $6)",
    )
    .bind(id)
    .bind(project.organization.to_sql())
    .bind(&project.slug)
    .bind(project.name)
    .bind(project.platform)
    .bind(now.0)
    .execute(tx)
    .await
    .map_err(CatalogError::conflict("project"))?;
    Ok(ProjectId::from_sql(id))
}

/// Lower-case letters, digits, `-` and `_`; not all digits, since a path may give an id in a slug's place.
fn check_slug(slug: &str) -> Result<(), CatalogError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if slug.len() > MAX_SLUG
        || !slug.chars().all(allowed)
        || !edge(slug.chars().next())
        || !edge(slug.chars().last())
        || slug.chars().all(|c| c.is_ascii_digit())
    {
        return Err(CatalogError::Invalid(format!(
            "slug {:?}: use 1 to {MAX_SLUG} lower-case letters, digits, '-' or '_', beginning and ending with \
             a letter or digit, and not digits alone",
            slug.chars().take(MAX_SLUG).collect::<String>()
        )));
    }
    Ok(())
}

/// `My App!` gives `my-app`.
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == MAX_SLUG {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

pub(crate) fn check_name(what: &str, name: &str) -> Result<(), CatalogError> {
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME || name.chars().any(char::is_control) {
        return Err(CatalogError::Invalid(format!(
            "{what}: give 1 to {MAX_NAME} characters without control characters"
        )));
    }
    Ok(())
}

#[derive(FromRow)]
struct ProjectRow {
    id: i64,
    organization_id: i64,
    organization_slug: String,
    slug: String,
    name: String,
    platform: String,
    created: i64,
}

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: ProjectId::from_sql(row.id),
            organization_id: OrganizationId::from_sql(row.organization_id),
            organization_slug: row.organization_slug,
            slug: row.slug,
            name: row.name,
            platform: row.platform,
            created: Timestamp(row.created),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_from_a_name() {
        for (name, slug) in [("My App!", "my-app"), ("  Ünïcode  iOS ", "n-code-ios"), ("a", "a")] {
            assert_eq!(slug_of(name), slug);
            check_slug(slug).unwrap();
        }
        for refused in ["", "123", "-a", "a-", "A", "a b", "ä", &"a".repeat(51), &slug_of("日本")] {
            assert!(check_slug(refused).is_err(), "{refused:?}");
        }
    }
}
