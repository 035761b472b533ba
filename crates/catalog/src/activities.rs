//! What happened to an issue: who did what and when, and what happened by itself.

use mayday_event::{IssueId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
};

/// Characters of a note at most.
pub const NOTE_CHARS: usize = 10_000;

/// Something that happened to an issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    pub id: i64,
    /// As Sentry names it: `set_resolved`, `set_regression`, `merge` …
    pub kind: String,
    /// Who did it; `None`: it happened by itself.
    pub user: Option<Actor>,
    /// As Sentry's, by kind.
    pub data: Value,
    pub created: Timestamp,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: i64,
    pub email: String,
    pub name: String,
}

#[derive(FromRow)]
struct ActivityRow {
    id: i64,
    kind: String,
    user_id: Option<i64>,
    email: Option<String>,
    name: Option<String>,
    data: String,
    created: i64,
}

impl Catalog {
    /// The newest activities of an issue, newest first.
    pub async fn activities(&self, issue: IssueId, limit: usize) -> Result<Vec<Activity>, CatalogError> {
        let rows: Vec<ActivityRow> = sqlx::query_as(
            "SELECT a.id, a.kind, u.id AS user_id, u.email, u.name, a.data, a.created
             FROM activities a LEFT JOIN users u ON u.id = a.user_id
             WHERE a.issue_id = $1 ORDER BY a.id DESC LIMIT $2",
        )
        .bind(issue.to_sql())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Activity::try_from).collect()
    }

    /// Writes a person's note to an issue. [`CatalogError::Invalid`] if it is empty or too long.
    pub async fn add_note(&self, issue: IssueId, user: i64, text: &str) -> Result<(), CatalogError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CatalogError::Invalid("text: a note needs one".into()));
        }
        if text.chars().count() > NOTE_CHARS {
            return Err(CatalogError::Invalid(format!("text: longer than {NOTE_CHARS} characters")));
        }
        let mut tx = self.write().await?;
        let data = serde_json::json!({ "text": text });
        record(&mut tx, issue, "note", Some(user), &data, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Writes down that something happened to an issue; `user`: by whom.
pub(crate) async fn record(
    tx: &mut Connection,
    issue: IssueId,
    kind: &str,
    user: Option<i64>,
    data: &Value,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let id = Sequence::Activity.next(tx).await?;
    sqlx::query(
        "INSERT INTO activities (id, issue_id, kind, user_id, data, created) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(issue.to_sql())
    .bind(kind)
    .bind(user)
    .bind(data.to_string())
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

impl TryFrom<ActivityRow> for Activity {
    type Error = CatalogError;

    fn try_from(row: ActivityRow) -> Result<Self, CatalogError> {
        let actor =
            |id| Actor { id, email: row.email.unwrap_or_default(), name: row.name.unwrap_or_default() };
        Ok(Self {
            id: row.id,
            kind: row.kind,
            user: row.user_id.map(actor),
            data: serde_json::from_str(&row.data)
                .map_err(|_| CatalogError::corrupt("data of an activity", row.data))?,
            created: Timestamp(row.created),
        })
    }
}
