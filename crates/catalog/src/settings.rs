//! What projects decide about their reports, and who decided it when.

use std::sync::Arc;

use mayday_event::{
    ProjectId, Timestamp,
    settings::{CompiledSettings, RuleError},
};
use serde_json::Value;
use sqlx::FromRow;

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
};

mod memory;
mod section;

pub(crate) use memory::Settings;
pub use section::Section;

/// Longest section, bytes of JSON.
const MAX_SECTION: usize = 1 << 16;

/// A section was decided anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsChange {
    pub id: i64,
    pub section: Section,
    /// JSON; `None` where the defaults held before.
    pub old: Option<String>,
    /// JSON.
    pub new: String,
    pub changed: Timestamp,
    /// E-mail address of who did it.
    pub by: String,
}

impl Catalog {
    /// A project's settings, from memory; the defaults where it decided nothing.
    pub fn settings(&self, project: ProjectId) -> Arc<CompiledSettings> {
        self.settings.of(project)
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
        let (id, changed) = (Sequence::SettingsChange.next(&mut tx).await?, self.clock.now());
        let change = SettingsChange { id, section, old, new, changed, by: by.to_owned() };
        insert_change(&mut tx, project, change).await?;
        tx.commit().await?;
        self.refresh_settings().await?;
        Ok(value)
    }

    /// A project's changes of its settings, or of one section, newest first.
    pub async fn settings_changes(
        &self,
        project: ProjectId,
        section: Option<Section>,
        limit: usize,
    ) -> Result<Vec<SettingsChange>, CatalogError> {
        let rows: Vec<ChangeRow> = sqlx::query_as(
            "SELECT id, section, old_value, new_value, changed, changed_by FROM settings_changes
             WHERE project_id = $1 AND ($2 = '' OR section = $2) ORDER BY id DESC LIMIT $3",
        )
        .bind(project.to_sql())
        .bind(section.map_or("", Section::name))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(SettingsChange::try_from).collect()
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

async fn insert_change(
    tx: &mut Connection,
    project: ProjectId,
    change: SettingsChange,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO settings_changes (id, project_id, section, old_value, new_value, changed, changed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(change.id)
    .bind(project.to_sql())
    .bind(change.section.name())
    .bind(change.old)
    .bind(&change.new)
    .bind(change.changed.0)
    .bind(change.by)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO project_settings (project_id, section, value, change_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, section) DO UPDATE SET value = excluded.value, change_id = excluded.change_id",
    )
    .bind(project.to_sql())
    .bind(change.section.name())
    .bind(change.new)
    .bind(change.id)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct ChangeRow {
    id: i64,
    section: String,
    old_value: Option<String>,
    new_value: String,
    changed: i64,
    changed_by: String,
}

impl TryFrom<ChangeRow> for SettingsChange {
    type Error = CatalogError;

    fn try_from(row: ChangeRow) -> Result<Self, CatalogError> {
        let section = Section::named(&row.section);
        Ok(Self {
            id: row.id,
            section: section.ok_or_else(|| CatalogError::corrupt("settings section", row.section))?,
            old: row.old_value,
            new: row.new_value,
            changed: Timestamp(row.changed),
            by: row.changed_by,
        })
    }
}

#[cfg(test)]
mod tests;
