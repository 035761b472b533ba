//! All projects' settings, compiled, as ingest and worker look them up: never from the database on a request.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arc_swap::ArcSwap;
use mayday_event::{
    ProjectId,
    settings::{CompiledSettings, ProjectSettings, RuleError},
};
use mayday_grouping::Rules;
use serde_json::Value;
use sqlx::FromRow;
use tokio::sync::Mutex;

use super::Section;
use crate::{Catalog, CatalogError};

/// The newest settings, and the turn of those who replace them.
#[derive(Debug)]
pub(crate) struct Settings {
    snapshot: ArcSwap<Snapshot>,
    refresh: Mutex<()>,
    defaults: Decided,
}

/// What a project decided, ready to be applied.
#[derive(Debug, Clone, Default)]
struct Decided {
    settings: Arc<CompiledSettings>,
    rules: Arc<Rules>,
}

#[derive(Debug, Clone, Default)]
struct Snapshot {
    projects: HashMap<ProjectId, Decided>,
    /// The newest change in it.
    change_id: i64,
}

impl Default for Settings {
    fn default() -> Self {
        let defaults = CompiledSettings::compile(ProjectSettings::default());
        let defaults =
            defaults.inspect_err(|error| tracing::error!(%error, "default settings do not compile"));
        Self {
            snapshot: ArcSwap::default(),
            refresh: Mutex::default(),
            defaults: Decided { settings: Arc::new(defaults.unwrap_or_default()), rules: Arc::default() },
        }
    }
}

impl Settings {
    pub(super) fn of(&self, project: ProjectId) -> Arc<CompiledSettings> {
        let snapshot = self.snapshot.load();
        Arc::clone(&snapshot.projects.get(&project).unwrap_or(&self.defaults).settings)
    }

    pub(super) fn retentions(&self) -> Vec<(ProjectId, u32)> {
        let snapshot = self.snapshot.load();
        let days = |decided: &Decided| decided.settings.settings.retention.days;
        let mut found: Vec<_> = snapshot
            .projects
            .iter()
            .filter_map(|(project, decided)| Some((*project, days(decided)?)))
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn rules_of(&self, project: ProjectId) -> Arc<Rules> {
        let snapshot = self.snapshot.load();
        Arc::clone(&snapshot.projects.get(&project).unwrap_or(&self.defaults).rules)
    }
}

#[derive(FromRow)]
struct SectionRow {
    project_id: i64,
    section: String,
    value: String,
    change_id: i64,
}

impl Catalog {
    /// Reads what was changed since it was last read, and compiles that.
    pub(crate) async fn refresh_settings(&self) -> Result<(), CatalogError> {
        let _turn = self.settings.refresh.lock().await;
        let known = self.settings.snapshot.load_full();
        let rows: Vec<SectionRow> = sqlx::query_as(
            "SELECT project_id, section, value, change_id FROM project_settings
             WHERE project_id IN (SELECT project_id FROM project_settings WHERE change_id > $1)",
        )
        .bind(known.change_id)
        .fetch_all(&self.reader)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut snapshot = Snapshot::clone(&known);
        let mut changed: BTreeMap<ProjectId, BTreeMap<Section, String>> = BTreeMap::new();
        for row in rows {
            snapshot.change_id = snapshot.change_id.max(row.change_id);
            let sections = changed.entry(ProjectId::from_sql(row.project_id)).or_default();
            // A newer version may have more sections.
            if let Some(section) = Section::named(&row.section) {
                sections.insert(section, row.value);
            }
        }
        let compile = move || -> Vec<_> {
            let each = |(project, stored)| (project, decided(project, &stored));
            changed.into_iter().map(each).collect()
        };
        snapshot.projects.extend(off_thread(compile).await?);
        self.settings.snapshot.store(Arc::new(snapshot));
        Ok(())
    }
}

/// What a project has stored, compiled. A section that cannot be used, written by a newer version perhaps, takes its
/// defaults and is an error for people: reports go on being accepted.
fn decided(project: ProjectId, stored: &BTreeMap<Section, String>) -> Decided {
    let mut usable = CompiledSettings::compile(ProjectSettings::default()).unwrap_or_default();
    for (section, text) in stored {
        let value = serde_json::from_str(text).unwrap_or(Value::Null);
        match with(&usable, *section, &value) {
            Ok(compiled) => usable = compiled,
            Err(error) => tracing::error!(
                project = project.0,
                section = section.name(),
                %error,
                "stored settings cannot be used; the defaults hold"
            ),
        }
    }
    // The rules were checked with their section.
    let rules = Rules::compile(&usable.settings.grouping).unwrap_or_default();
    Decided { settings: Arc::new(usable), rules: Arc::new(rules) }
}

/// Settings with one section replaced.
pub(super) fn with(
    settings: &CompiledSettings,
    section: Section,
    value: &Value,
) -> Result<CompiledSettings, RuleError> {
    let mut settings = settings.settings.clone();
    section.replace(&mut settings, value)?;
    Rules::compile(&settings.grouping)?;
    CompiledSettings::compile(settings)
}

/// Compiling expressions takes longer than other requests may wait.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CatalogError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| sqlx::Error::WorkerCrashed)?)
}
