//! The management of projects' DSN keys.

use mayday_event::{ProjectId, PublicKey, Timestamp};
use serde_json::{Value, json};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
    keys::RateLimit,
    projects::check_name,
    secrets,
    settings::{Subject, changes},
};

/// A DSN key as people manage it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DsnKey {
    pub id: i64,
    pub project_id: ProjectId,
    pub public_key: PublicKey,
    pub label: String,
    pub active: bool,
    pub rate_limit: Option<RateLimit>,
    pub created: Timestamp,
}

/// What to change of a DSN key; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct DsnKeyChange {
    pub label: Option<String>,
    pub active: Option<bool>,
    /// `Some(None)` lifts the limit.
    pub rate_limit: Option<Option<RateLimit>>,
}

const SELECT_KEY: &str = "SELECT id, project_id, public_key, label, active, rate_limit_count,
     rate_limit_window_seconds, created FROM dsn_keys WHERE project_id = ";

impl Catalog {
    /// A project's DSN keys, oldest first.
    pub async fn dsn_keys(&self, project: ProjectId) -> Result<Vec<DsnKey>, CatalogError> {
        let rows: Vec<DsnKeyRow> = QueryBuilder::new(SELECT_KEY)
            .push_bind(project.to_sql())
            .push(" ORDER BY id")
            .build_query_as()
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(DsnKey::try_from).collect()
    }

    /// Adds a DSN key; [`Catalog::keys`] shows it at once. `by` is the e-mail address of who does it.
    pub async fn create_dsn_key(
        &self,
        project: ProjectId,
        label: &str,
        by: &str,
    ) -> Result<DsnKey, CatalogError> {
        check_name("label", label)?;
        self.project_by_id(project).await?;
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let key = insert_key(&mut tx, project, label, now).await?;
        note_change(&mut tx, None, Some(&key), now, by).await?;
        tx.commit().await?;
        self.refresh_keys().await?;
        Ok(key)
    }

    /// Changes a DSN key; [`Catalog::keys`] shows it at once. `by` is the e-mail address of who does it.
    pub async fn change_dsn_key(
        &self,
        project: ProjectId,
        public_key: PublicKey,
        change: &DsnKeyChange,
        by: &str,
    ) -> Result<DsnKey, CatalogError> {
        let mut tx = self.write().await?;
        let old = stored_key(&mut tx, project, public_key).await?;
        let mut key = old.clone();
        change.apply(&mut key)?;
        if key == old {
            return Ok(key);
        }
        update_key(&mut tx, &key).await?;
        note_change(&mut tx, Some(&old), Some(&key), self.clock.now(), by).await?;
        tx.commit().await?;
        self.refresh_keys().await?;
        Ok(key)
    }

    /// Deletes a DSN key; [`Catalog::keys`] forgets it at once. `by` is the e-mail address of who does it.
    pub async fn delete_dsn_key(
        &self,
        project: ProjectId,
        public_key: PublicKey,
        by: &str,
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let key = stored_key(&mut tx, project, public_key).await?;
        sqlx::query("DELETE FROM dsn_keys WHERE id = $1").bind(key.id).execute(&mut *tx).await?;
        note_change(&mut tx, Some(&key), None, self.clock.now(), by).await?;
        tx.commit().await?;
        self.refresh_keys().await?;
        Ok(())
    }
}

impl DsnKeyChange {
    fn apply(&self, key: &mut DsnKey) -> Result<(), CatalogError> {
        if let Some(label) = &self.label {
            check_name("label", label)?;
            key.label.clone_from(label);
        }
        if let Some(active) = self.active {
            key.active = active;
        }
        if let Some(limit) = self.rate_limit {
            if limit.is_some_and(|limit| limit.window_seconds == 0) {
                return Err(CatalogError::Invalid("rate limit: the window is at least one second".into()));
            }
            key.rate_limit = limit;
        }
        Ok(())
    }
}

impl DsnKey {
    /// What of it is decided, as the history of changes tells it.
    fn decided(&self) -> Value {
        let limit =
            self.rate_limit.map(|limit| json!({ "count": limit.count, "window": limit.window_seconds }));
        json!({ self.public_key.to_string(): { "label": self.label, "active": self.active, "rateLimit": limit } })
    }
}

/// Writes a change of a key into the project's history.
async fn note_change(
    tx: &mut Connection,
    old: Option<&DsnKey>,
    new: Option<&DsnKey>,
    now: Timestamp,
    by: &str,
) -> Result<(), CatalogError> {
    let Some(project) = old.or(new).map(|key| key.project_id) else { return Ok(()) };
    let decided = |key: Option<&DsnKey>| key.map(|key| key.decided().to_string());
    let new = decided(new).unwrap_or_else(|| Value::Null.to_string());
    changes::insert(tx, project, Subject::Keys, decided(old), &new, now, by).await?;
    Ok(())
}

async fn stored_key(
    tx: &mut Connection,
    project: ProjectId,
    public_key: PublicKey,
) -> Result<DsnKey, CatalogError> {
    let row: Option<DsnKeyRow> = QueryBuilder::new(SELECT_KEY)
        .push_bind(project.to_sql())
        .push(" AND public_key = ")
        .push_bind(public_key.to_string())
        .build_query_as()
        .fetch_optional(tx)
        .await?;
    DsnKey::try_from(row.ok_or(CatalogError::NotFound("key"))?)
}

pub(crate) async fn insert_key(
    tx: &mut Connection,
    project: ProjectId,
    label: &str,
    now: Timestamp,
) -> Result<DsnKey, CatalogError> {
    let key = DsnKey {
        id: Sequence::DsnKey.next(tx).await?,
        project_id: project,
        public_key: PublicKey::from_bytes(secrets::random()?),
        label: label.to_owned(),
        active: true,
        rate_limit: None,
        created: now,
    };
    sqlx::query(
        "INSERT INTO dsn_keys (id, project_id, public_key, label, active, created)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.id)
    .bind(project.to_sql())
    .bind(key.public_key.to_string())
    .bind(label)
    .bind(key.active)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(key)
}

async fn update_key(tx: &mut Connection, key: &DsnKey) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE dsn_keys SET label = $1, active = $2, rate_limit_count = $3, rate_limit_window_seconds = $4
         WHERE id = $5",
    )
    .bind(&key.label)
    .bind(key.active)
    .bind(key.rate_limit.map(|limit| i64::from(limit.count)))
    .bind(key.rate_limit.map(|limit| i64::from(limit.window_seconds)))
    .bind(key.id)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) fn parse_public_key(text: &str) -> Result<PublicKey, CatalogError> {
    text.parse().map_err(|_| CatalogError::corrupt("DSN public key", text))
}

#[derive(FromRow)]
struct DsnKeyRow {
    id: i64,
    project_id: i64,
    public_key: String,
    label: String,
    active: bool,
    rate_limit_count: Option<i64>,
    rate_limit_window_seconds: Option<i64>,
    created: i64,
}

impl TryFrom<DsnKeyRow> for DsnKey {
    type Error = CatalogError;

    fn try_from(row: DsnKeyRow) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id,
            project_id: ProjectId::from_sql(row.project_id),
            public_key: parse_public_key(&row.public_key)?,
            label: row.label,
            active: row.active,
            rate_limit: RateLimit::from_sql(row.rate_limit_count, row.rate_limit_window_seconds),
            created: Timestamp(row.created),
        })
    }
}

#[cfg(test)]
mod tests;
