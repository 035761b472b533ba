//! When an issue was first and last seen, once some of its events are deleted.

use mayday_event::IssueId;

use crate::{Catalog, CatalogError, healing::Remaining};

impl Catalog {
    /// An issue's events between the times of `gone` are deleted, and `remaining` is what it has. Times that come from
    /// other events, newer ones that are not stored yet among them, stay as they are.
    pub async fn forget_seen(
        &self,
        issue: IssueId,
        gone: Remaining,
        remaining: Remaining,
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        for (sql, gone, remaining) in [
            (
                "UPDATE issues SET first_seen = $1 WHERE id = $2 AND first_seen = $3",
                gone.first_seen,
                remaining.first_seen,
            ),
            (
                "UPDATE issues SET last_seen = $1 WHERE id = $2 AND last_seen = $3",
                gone.last_seen,
                remaining.last_seen,
            ),
        ] {
            sqlx::query(sql).bind(remaining.0).bind(issue.to_sql()).bind(gone.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
