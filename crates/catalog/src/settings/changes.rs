//! Who decided what of a project anew, and when; kept for good.

use mayday_event::{ProjectId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use super::Section;
use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
};

/// The stable name of what is told of DSN keys.
const KEYS: &str = "keys";

/// What of a project is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A section of its settings, as a whole.
    Section(Section),
    /// One of its DSN keys.
    Keys,
}

impl Subject {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Section(section) => section.name(),
            Self::Keys => KEYS,
        }
    }

    fn named(name: &str) -> Option<Self> {
        if name == KEYS { Some(Self::Keys) } else { Section::named(name).map(Self::Section) }
    }
}

/// Something was decided anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsChange {
    pub id: i64,
    pub subject: Subject,
    /// JSON: the section, or `{KEY: {"label", "active", "rateLimit"}}`. `None` where the defaults held before, and of a key
    /// that was not there.
    pub old: Option<String>,
    /// JSON likewise; `null` of a key that was deleted.
    pub new: String,
    pub changed: Timestamp,
    /// E-mail address of who did it.
    pub by: String,
}

impl Catalog {
    /// What was decided of a project about these subjects, or about all if there are none, newest first.
    pub async fn settings_changes(
        &self,
        project: ProjectId,
        subjects: &[Subject],
        limit: usize,
    ) -> Result<Vec<SettingsChange>, CatalogError> {
        let mut query = QueryBuilder::new(
            "SELECT id, section, old_value, new_value, changed, changed_by FROM settings_changes
             WHERE project_id = ",
        );
        query.push_bind(project.to_sql());
        if !subjects.is_empty() {
            let mut names = query.push(" AND section IN (").separated(", ");
            for subject in subjects {
                names.push_bind(subject.name());
            }
            query.push(")");
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows: Vec<ChangeRow> = query.build_query_as().fetch_all(&self.reader).await?;
        rows.into_iter().map(SettingsChange::try_from).collect()
    }
}

/// Writes a change down; its id.
pub(crate) async fn insert(
    tx: &mut Connection,
    project: ProjectId,
    subject: Subject,
    old: Option<String>,
    new: &str,
    now: Timestamp,
    by: &str,
) -> Result<i64, CatalogError> {
    let id = Sequence::SettingsChange.next(&mut *tx).await?;
    sqlx::query(
        "INSERT INTO settings_changes (id, project_id, section, old_value, new_value, changed, changed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(project.to_sql())
    .bind(subject.name())
    .bind(old)
    .bind(new)
    .bind(now.0)
    .bind(by)
    .execute(tx)
    .await?;
    Ok(id)
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
        let subject = Subject::named(&row.section);
        Ok(Self {
            id: row.id,
            subject: subject.ok_or_else(|| CatalogError::corrupt("settings section", row.section))?,
            old: row.old_value,
            new: row.new_value,
            changed: Timestamp(row.changed),
            by: row.changed_by,
        })
    }
}
