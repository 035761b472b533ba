//! A project's DSN keys.

use mayday_catalog::{
    access::Principal,
    projects::{DsnKey, DsnKeyChange, Project},
};
use mayday_event::PublicKey;

use crate::{Query, QueryError};

/// Adds a key; reports with it are taken at once.
pub(crate) async fn create(
    query: &Query,
    principal: &Principal,
    project: &Project,
    label: &str,
) -> Result<DsnKey, QueryError> {
    Ok(query.catalog.create_dsn_key(project.id, label, &principal.email).await?)
}

/// Changes what is named of a key; it holds at once.
pub(crate) async fn change(
    query: &Query,
    principal: &Principal,
    project: &Project,
    key: PublicKey,
    change: &DsnKeyChange,
) -> Result<DsnKey, QueryError> {
    Ok(query.catalog.change_dsn_key(project.id, key, change, &principal.email).await?)
}

/// Deletes a key; reports with it are refused at once. What was counted under it stays.
pub(crate) async fn delete(
    query: &Query,
    principal: &Principal,
    project: &Project,
    key: PublicKey,
) -> Result<(), QueryError> {
    Ok(query.catalog.delete_dsn_key(project.id, key, &principal.email).await?)
}
