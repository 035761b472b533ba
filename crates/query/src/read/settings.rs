//! What a project decided about its reports, and who decided it.

use std::time::Duration;

use mayday_catalog::{
    projects::Project,
    settings::{Section, SettingsChange, Subject},
};
use serde_json::Value;

use crate::{Query, QueryError};

/// How long a page of settings waits for what is only told beside them.
const PATIENCE: Duration = Duration::from_secs(1);

/// A section as it holds now, every default written out.
pub(crate) fn section(query: &Query, project: &Project, section: Section) -> Value {
    section.of(&query.catalog.settings(project.id).settings)
}

/// What was decided about these subjects, or about all if there are none, newest first.
pub(crate) async fn changes(
    query: &Query,
    project: &Project,
    subjects: &[Subject],
    limit: usize,
) -> Result<Vec<SettingsChange>, QueryError> {
    Ok(query.catalog.settings_changes(project.id, subjects, limit).await?)
}

/// Bytes of payload kept of what was received today (UTC); `None` while ClickHouse does not say.
pub(crate) async fn payload_bytes_today(query: &Query, project: &Project) -> Option<u64> {
    let since = query.clock.now().day();
    let used = tokio::time::timeout(PATIENCE, query.store.payload_bytes_since(since)).await.ok()?.ok()?;
    Some(used.into_iter().find(|(id, _)| *id == project.id).map_or(0, |(_, bytes)| bytes))
}
