//! A project's hooks and what was delivered to them.

use mayday_catalog::{
    alerts::{Delivery, Hook},
    projects::Project,
};

use crate::{Query, QueryError};

/// A project's hooks, oldest first.
pub(crate) async fn list(query: &Query, project: &Project) -> Result<Vec<Hook>, QueryError> {
    Ok(query.catalog.hooks(project.id).await?)
}

/// A project's deliveries, newest first.
pub(crate) async fn deliveries(
    query: &Query,
    project: &Project,
    limit: usize,
) -> Result<Vec<Delivery>, QueryError> {
    Ok(query.catalog.deliveries(project.id, limit).await?)
}
