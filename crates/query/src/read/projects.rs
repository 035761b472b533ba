//! Projects and their DSN keys.

use mayday_catalog::{
    access::{Member, Principal},
    projects::{DsnKey, Organization, Project},
};

use crate::{Query, QueryError};

/// The organisation that a principal belongs to.
pub(crate) async fn organization(query: &Query, principal: &Principal) -> Result<Organization, QueryError> {
    Ok(query.catalog.organization(principal.organization_id).await?)
}

/// Whom a principal may assign issues to.
pub(crate) async fn members(query: &Query, principal: &Principal) -> Result<Vec<Member>, QueryError> {
    Ok(query.catalog.members(principal.organization_id).await?)
}

/// The projects that a principal sees, by slug.
pub(crate) async fn list(query: &Query, principal: &Principal) -> Result<Vec<Project>, QueryError> {
    Ok(query.catalog.projects(principal.organization_id).await?)
}

/// A project by its organisation's and its own slug (or decimal id); other organisations do not exist for the
/// principal.
pub(crate) async fn find(
    query: &Query,
    principal: &Principal,
    organization: &str,
    project: &str,
) -> Result<Project, QueryError> {
    check_organization(principal, organization)?;
    Ok(query.catalog.project(principal.organization_id, project).await?)
}

/// Whether this is the principal's organisation, by slug or decimal id.
pub(crate) fn check_organization(principal: &Principal, organization: &str) -> Result<(), QueryError> {
    let own =
        organization == principal.organization_slug || organization == principal.organization_id.to_string();
    if own { Ok(()) } else { Err(QueryError::NotFound("organization")) }
}

/// A project's DSN keys, oldest first.
pub(crate) async fn keys(query: &Query, project: &Project) -> Result<Vec<DsnKey>, QueryError> {
    Ok(query.catalog.dsn_keys(project.id).await?)
}

/// What an SDK is given: `http://KEY@host:port/PROJECT`.
pub(crate) fn dsn(query: &Query, key: &DsnKey) -> String {
    let (scheme, rest) = query.base_url.split_once("://").unwrap_or(("http", &query.base_url));
    format!("{scheme}://{}@{rest}/{}", key.public_key, key.project_id)
}
