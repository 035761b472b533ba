//! What projects decide about their reports, and who decided it when.

use std::sync::Arc;

use mayday_event::{
    ProjectId,
    settings::{CompiledSettings, RuleError},
};
use mayday_grouping::Rules;
use serde_json::Value;

use crate::{Catalog, CatalogError, connect::Connection};

pub(crate) mod changes;
mod memory;
mod section;

pub use changes::{SettingsChange, Subject};
pub(crate) use memory::Settings;
pub use section::Section;

/// Longest section, bytes of JSON.
const MAX_SECTION: usize = 1 << 16;

impl Catalog {
    /// A project's settings, from memory; the defaults where it decided nothing.
    pub fn settings(&self, project: ProjectId) -> Arc<CompiledSettings> {
        self.settings.of(project)
    }

    /// Projects that decided how many days they keep what they received, from memory.
    pub fn retentions(&self) -> Vec<(ProjectId, u32)> {
        self.settings.retentions()
    }

    /// A project's rules for grouping, from memory; none where it wrote none.
    pub fn grouping_rules(&self, project: ProjectId) -> Arc<Rules> {
        self.settings.rules_of(project)
    }

    /// A project's settings as they would be with a section replaced, without changing them.
    pub async fn try_settings(
        &self,
        project: ProjectId,
        section: Section,
        value: &Value,
    ) -> Result<CompiledSettings, CatalogError> {
        let (settings, value) = (self.settings(project), value.clone());
        Ok(memory::off_thread(move || memory::with(&settings, section, &value)).await??)
    }

    /// Replaces a section; [`Catalog::settings`] shows it at once. What `value` leaves out takes its default.
    /// Refuses a field that it does not know, a value out of bounds, or a rule that cannot be used, each by its
    /// place ([`CatalogError::Rule`]). Gives back the section as it is stored.
    pub async fn put_settings(
        &self,
        project: ProjectId,
        section: Section,
        value: &Value,
        by: &str,
    ) -> Result<Value, CatalogError> {
        self.project_by_id(project).await?;
        let compiled = self.try_settings(project, section, value).await?;
        let value = section.of(&compiled.settings);
        let new = value.to_string();
        if new.len() > MAX_SECTION {
            let problem = format!("is longer than {MAX_SECTION} bytes of JSON");
            return Err(RuleError { place: section.name().to_owned(), problem }.into());
        }
        let mut tx = self.write().await?;
        let old = stored(&mut tx, project, section).await?;
        if old.as_ref() == Some(&new) {
            return Ok(value);
        }
        let (subject, now) = (Subject::Section(section), self.clock.now());
        let change = changes::insert(&mut tx, project, subject, old, &new, now, by).await?;
        store(&mut tx, project, section, &new, change).await?;
        tx.commit().await?;
        self.refresh_settings().await?;
        Ok(value)
    }
}

/// A section as it is stored.
async fn stored(
    tx: &mut Connection,
    project: ProjectId,
    section: Section,
) -> Result<Option<String>, CatalogError> {
    Ok(sqlx::query_scalar("SELECT value FROM project_settings WHERE project_id = $1 AND section = $2")
        .bind(project.to_sql())
        .bind(section.name())
        .fetch_optional(tx)
        .await?)
}

async fn store(
    tx: &mut Connection,
    project: ProjectId,
    section: Section,
    value: &str,
    change_id: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO project_settings (project_id, section, value, change_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, section) DO UPDATE SET value = excluded.value, change_id = excluded.change_id",
    )
    .bind(project.to_sql())
    .bind(section.name())
    .bind(value)
    .bind(change_id)
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
