//! Events that were symbolicated again, and the issues they belong to then.
//!
//! An event goes to the issue of its new fingerprint; where there is none, the fingerprint becomes one more of the issue
//! that the event is in, so that nothing is split. An issue that all events have left leads to the one that most went to.
//! Nothing is reopened by it, and no transition recorded.

use mayday_event::{GroupHash, IssueId, ProjectId, Timestamp};
use sqlx::FromRow;

use crate::{Catalog, CatalogError, batch::Occurrence, connect::Connection, issues::search_text};

/// An event that was symbolicated again.
#[derive(Debug, Clone, PartialEq)]
pub struct Healed {
    /// As it is now.
    pub occurrence: Occurrence,
    /// Its fingerprint before; the same as now, mostly.
    pub old_hash: GroupHash,
}

/// An issue that events were moved out of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftIssue {
    pub project_id: ProjectId,
    pub issue_id: IssueId,
    /// All that lead to it.
    pub hashes: Vec<GroupHash>,
}

/// The events that an issue still has: when the first and the last of them happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

#[derive(FromRow)]
struct IssueRow {
    id: i64,
    short_id: String,
    first_seen: i64,
    last_seen: i64,
}

impl Catalog {
    /// Finds each event's issue and brings that up to date, before the events' rows are replaced; says of each whether it
    /// has one. Again, it changes nothing more. Issues that events leave are to be settled once the rows are replaced.
    pub async fn heal(&self, healed: &[Healed]) -> Result<Vec<bool>, CatalogError> {
        let mut tx = self.write().await?;
        let mut have_issues = Vec::with_capacity(healed.len());
        for event in healed {
            have_issues.push(heal_one(&mut tx, event).await?);
        }
        tx.commit().await?;
        Ok(have_issues)
    }

    /// Issues that events have left, at most `limit`.
    pub async fn left_issues(&self, limit: usize) -> Result<Vec<LeftIssue>, CatalogError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT i.project_id, i.id, h.hash FROM issues i JOIN issue_hashes h ON h.issue_id = i.id
             WHERE i.id IN (SELECT DISTINCT from_issue FROM issue_moves ORDER BY from_issue LIMIT $1)
             ORDER BY i.id, h.hash",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        let mut left: Vec<LeftIssue> = Vec::new();
        for (project, issue, hash) in rows {
            let (issue_id, hash) = (IssueId::from_sql(issue), GroupHash::from_sql(hash));
            match left.last_mut() {
                Some(last) if last.issue_id == issue_id => last.hashes.push(hash),
                _ => left.push(LeftIssue {
                    project_id: ProjectId::from_sql(project),
                    issue_id,
                    hashes: vec![hash],
                }),
            }
        }
        Ok(left)
    }

    /// Settles an issue that events have left: it keeps what remains, or, if nothing does, leads to the issue that most
    /// of its events went to.
    pub async fn settle_left_issue(
        &self,
        issue: IssueId,
        remaining: Option<Remaining>,
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        match remaining {
            Some(Remaining { first_seen, last_seen }) => {
                sqlx::query("UPDATE issues SET first_seen = $1, last_seen = $2 WHERE id = $3")
                    .bind(first_seen.0)
                    .bind(last_seen.0)
                    .bind(issue.to_sql())
                    .execute(&mut *tx)
                    .await?;
            }
            None => redirect(&mut tx, issue.to_sql()).await?,
        }
        sqlx::query("DELETE FROM issue_moves WHERE from_issue = $1")
            .bind(issue.to_sql())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn heal_one(tx: &mut Connection, event: &Healed) -> Result<bool, CatalogError> {
    let Healed { occurrence, old_hash } = event;
    let project = occurrence.project_id;
    let old = issue_of(tx, project, *old_hash).await?;
    let new = issue_of(tx, project, occurrence.hash).await?;
    let issue = match (old, new) {
        (Some(old), Some(new)) => {
            if old.id != new.id {
                note_move(tx, old.id, new.id, 1).await?;
            }
            new
        }
        (None, Some(new)) => new,
        (Some(old), None) => {
            // It goes with the old one, should issues that were merged be parted.
            let insert = "INSERT INTO issue_hashes (project_id, hash, issue_id, merged_from)
                          SELECT project_id, $1, issue_id, merged_from FROM issue_hashes
                          WHERE project_id = $2 AND hash = $3";
            sqlx::query(insert)
                .bind(occurrence.hash.to_sql())
                .bind(project.to_sql())
                .bind(old_hash.to_sql())
                .execute(&mut *tx)
                .await?;
            old
        }
        // Deleted meanwhile.
        (None, None) => return Ok(false),
    };
    observe(tx, &issue, occurrence).await?;
    Ok(true)
}

async fn issue_of(
    tx: &mut Connection,
    project: ProjectId,
    hash: GroupHash,
) -> Result<Option<IssueRow>, CatalogError> {
    Ok(sqlx::query_as(
        "SELECT i.id, i.short_id, i.first_seen, i.last_seen
         FROM issue_hashes h JOIN issues i ON i.id = h.issue_id WHERE h.project_id = $1 AND h.hash = $2",
    )
    .bind(project.to_sql())
    .bind(hash.to_sql())
    .fetch_optional(tx)
    .await?)
}

/// The issue has this event; if it is its newest, the issue is described by it.
async fn observe(tx: &mut Connection, issue: &IssueRow, occurrence: &Occurrence) -> Result<(), CatalogError> {
    let at = occurrence.timestamp.0;
    if at < issue.first_seen {
        sqlx::query("UPDATE issues SET first_seen = $1, first_release = $2 WHERE id = $3")
            .bind(at)
            .bind(&occurrence.release)
            .bind(issue.id)
            .execute(&mut *tx)
            .await?;
    }
    if at < issue.last_seen {
        return Ok(());
    }
    sqlx::query(
        "UPDATE issues SET last_seen = $1, last_release = COALESCE($2, last_release), title = $3, culprit = $4,
         error_type = $5, error_value = $6, filename = $7, function = $8, search_text = $9 WHERE id = $10",
    )
    .bind(at)
    .bind(&occurrence.release)
    .bind(&occurrence.title)
    .bind(&occurrence.culprit)
    .bind(&occurrence.error_type)
    .bind(&occurrence.error_value)
    .bind(&occurrence.filename)
    .bind(&occurrence.function)
    .bind(search_text(&occurrence.title, &occurrence.culprit, &issue.short_id))
    .bind(issue.id)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn note_move(
    tx: &mut Connection,
    from: i64,
    to: i64,
    events: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO issue_moves (from_issue, to_issue, events) VALUES ($1, $2, $3)
         ON CONFLICT (from_issue, to_issue) DO UPDATE SET events = issue_moves.events + excluded.events",
    )
    .bind(from)
    .bind(to)
    .bind(events)
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes an empty issue lead to the one that most of its events went to, with all that leads to it.
async fn redirect(tx: &mut Connection, from: i64) -> Result<(), CatalogError> {
    let to: Option<i64> = sqlx::query_scalar(
        "SELECT to_issue FROM issue_moves WHERE from_issue = $1 ORDER BY events DESC, to_issue LIMIT 1",
    )
    .bind(from)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(to) = to else { return Ok(()) };
    sqlx::query("UPDATE issue_hashes SET issue_id = $1 WHERE issue_id = $2")
        .bind(to)
        .bind(from)
        .execute(&mut *tx)
        .await?;
    lead_to(tx, from, to).await
}

/// Makes an issue, whose hashes are another's already, lead there with all that leads to it.
pub(crate) async fn lead_to(tx: &mut Connection, from: i64, to: i64) -> Result<(), CatalogError> {
    sqlx::query("UPDATE issues SET redirect_to = $1 WHERE id = $2 OR redirect_to = $2")
        .bind(to)
        .bind(from)
        .execute(&mut *tx)
        .await?;
    // What came here from elsewhere went there.
    let came: Vec<(i64, i64)> =
        sqlx::query_as("SELECT from_issue, events FROM issue_moves WHERE to_issue = $1 AND from_issue <> $2")
            .bind(from)
            .bind(to)
            .fetch_all(&mut *tx)
            .await?;
    for (origin, events) in came {
        note_move(tx, origin, to, events).await?;
    }
    sqlx::query("DELETE FROM issue_moves WHERE to_issue = $1").bind(from).execute(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
