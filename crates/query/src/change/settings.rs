//! What a project decides about its reports.

use mayday_catalog::{access::Principal, projects::Project, settings::Section};
use serde_json::Value;

use crate::{Query, QueryError};

/// Replaces a section and gives it back with every default written out; it holds at once.
pub(crate) async fn put(
    query: &Query,
    principal: &Principal,
    project: &Project,
    section: Section,
    value: &Value,
) -> Result<Value, QueryError> {
    let stored = query.catalog.put_settings(project.id, section, value, &principal.email).await?;
    tracing::info!(
        project = project.id.0,
        section = section.name(),
        by = principal.email,
        "settings changed"
    );
    Ok(stored)
}
