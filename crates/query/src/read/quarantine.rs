//! Reports that were set aside because a step failed on them.

use mayday_catalog::{projects::Project, quarantine::Quarantined};

use crate::{Query, QueryError};

/// A project's, newest first.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    limit: usize,
) -> Result<Vec<Quarantined>, QueryError> {
    Ok(query.catalog.quarantined(project.id, limit).await?)
}
