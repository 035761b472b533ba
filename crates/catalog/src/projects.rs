//! Organisations, projects and the management of their DSN keys.

use mayday_event::{OrganizationId, ProjectId, PublicKey, Timestamp};

use crate::{Catalog, CatalogError, keys::RateLimit};

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

/// A DSN key as people manage it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DsnKey {
    pub id: i64,
    pub project_id: ProjectId,
    pub public_key: PublicKey,
    pub label: String,
    pub active: bool,
    pub rate_limit: Option<RateLimit>,
    pub created: Timestamp,
}

/// What to change of a DSN key; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct DsnKeyChange {
    pub label: Option<String>,
    pub active: Option<bool>,
    /// `Some(None)` lifts the limit.
    pub rate_limit: Option<Option<RateLimit>>,
}

impl Catalog {
    /// Projects of an organisation, by slug.
    pub async fn projects(&self, organization: OrganizationId) -> Result<Vec<Project>, CatalogError> {
        let _ = organization;
        Ok(Vec::new())
    }

    /// A project by slug or by decimal id.
    pub async fn project(&self, organization: OrganizationId, slug: &str) -> Result<Project, CatalogError> {
        let _ = (organization, slug);
        Err(CatalogError::NotFound("project"))
    }

    /// A project by id, wherever it is.
    pub async fn project_by_id(&self, id: ProjectId) -> Result<Project, CatalogError> {
        let _ = id;
        Err(CatalogError::NotFound("project"))
    }

    /// Creates a project with a first DSN key. The slug is made from the name where none is given.
    pub async fn create_project(
        &self,
        organization: OrganizationId,
        name: &str,
        slug: Option<&str>,
        platform: &str,
    ) -> Result<Project, CatalogError> {
        let _ = (organization, name, slug, platform);
        Err(CatalogError::Invalid("not yet".into()))
    }

    /// A project's DSN keys, oldest first.
    pub async fn dsn_keys(&self, project: ProjectId) -> Result<Vec<DsnKey>, CatalogError> {
        let _ = project;
        Ok(Vec::new())
    }

    /// Adds a DSN key.
    pub async fn create_dsn_key(&self, project: ProjectId, label: &str) -> Result<DsnKey, CatalogError> {
        let _ = (project, label);
        Err(CatalogError::NotFound("project"))
    }

    /// Changes a DSN key; [`Catalog::keys`] shows it at once.
    pub async fn change_dsn_key(
        &self,
        project: ProjectId,
        public_key: PublicKey,
        change: &DsnKeyChange,
    ) -> Result<DsnKey, CatalogError> {
        let _ = (project, public_key, change);
        Err(CatalogError::NotFound("key"))
    }
}
