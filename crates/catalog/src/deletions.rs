//! Deleting issues: at once in the catalog, their events by a job.

use mayday_event::{GroupHash, IssueId, OrganizationId, ProjectId, Timestamp};
use sqlx::QueryBuilder;

use crate::{
    Catalog, CatalogError,
    connect::Connection,
    issue_changes::select_one,
    issues::{IN_LIST, Issue, push_list},
};

/// A hash whose events are to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashDeletion {
    pub project_id: ProjectId,
    pub hash: GroupHash,
    /// Events received up to then.
    pub requested: Timestamp,
}

impl Catalog {
    /// Deletes an issue with all that is known of it, and asks for its events to be deleted. Events of its hashes that come
    /// later make a new issue.
    pub async fn delete_issue(&self, organization: OrganizationId, id: IssueId) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let issue = select_one(&mut tx, organization, id).await?;
        delete(&mut tx, &issue, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Hashes whose events can be deleted now, at most `limit`: whatever was under way when that was asked for is stored.
    pub async fn due_deletions(&self, limit: usize) -> Result<Vec<HashDeletion>, CatalogError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT project_id, hash, requested FROM hash_deletions d
             WHERE NOT EXISTS (SELECT 1 FROM batches b WHERE b.begun <= d.requested)
             ORDER BY project_id, requested, hash LIMIT $1",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        let read = |(project, hash, requested)| HashDeletion {
            project_id: ProjectId::from_sql(project),
            hash: GroupHash::from_sql(hash),
            requested: Timestamp(requested),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The events of these are deleted.
    pub async fn finish_deletions(&self, done: &[HashDeletion]) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        for deletion in done {
            sqlx::query("DELETE FROM hash_deletions WHERE project_id = $1 AND hash = $2 AND requested = $3")
                .bind(deletion.project_id.to_sql())
                .bind(deletion.hash.to_sql())
                .bind(deletion.requested.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Deletes an issue and those that lead to it.
pub(crate) async fn delete(tx: &mut Connection, issue: &Issue, now: Timestamp) -> Result<(), CatalogError> {
    for hashes in issue.hashes.chunks(IN_LIST / 3) {
        QueryBuilder::new("INSERT INTO hash_deletions (project_id, hash, requested) ")
            .push_values(hashes, |mut row, hash| {
                row.push_bind(issue.project_id.to_sql()).push_bind(hash.to_sql()).push_bind(now.0);
            })
            .push(" ON CONFLICT (project_id, hash) DO UPDATE SET requested = excluded.requested")
            .build()
            .execute(&mut *tx)
            .await?;
    }
    let mut ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM issues WHERE redirect_to = $1")
        .bind(issue.id.to_sql())
        .fetch_all(&mut *tx)
        .await?;
    ids.push(issue.id.to_sql());
    for ids in ids.chunks(IN_LIST) {
        for (before, after) in [
            ("DELETE FROM issue_hashes WHERE issue_id IN ", ""),
            ("UPDATE issue_hashes SET merged_from = NULL WHERE merged_from IN ", ""),
            ("DELETE FROM issue_moves WHERE from_issue IN ", ""),
            ("DELETE FROM issue_moves WHERE to_issue IN ", ""),
            ("DELETE FROM activities WHERE issue_id IN ", ""),
            ("DELETE FROM release_regressions WHERE issue_id IN ", ""),
            (
                "DELETE FROM deliveries WHERE transition_id IN (SELECT id FROM transitions WHERE issue_id IN ",
                ")",
            ),
            ("DELETE FROM transitions WHERE issue_id IN ", ""),
            ("DELETE FROM issues WHERE id IN ", ""),
        ] {
            let mut query = QueryBuilder::new(before);
            push_list(&mut query, ids.iter().copied());
            query.push(after).build().execute(&mut *tx).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
