//! How far symbols came: ids are given in the order in which they come.

use mayday_event::ProjectId;

use crate::{Catalog, CatalogError};

impl Catalog {
    /// The newest debug file's id; 0 if there is none.
    pub async fn last_debug_file(&self) -> Result<i64, CatalogError> {
        Ok(sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM debug_files").fetch_one(&self.reader).await?)
    }

    /// The newest artifact bundle's id; 0 if there is none.
    pub async fn last_artifact_bundle(&self) -> Result<i64, CatalogError> {
        let sql = "SELECT COALESCE(MAX(id), 0) FROM artifact_bundles";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.reader).await?)
    }

    /// Artifact bundles behind one, in order, with each project that uses them.
    pub async fn artifact_bundles_after(
        &self,
        id: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ProjectId)>, CatalogError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT bundle_id, project_id FROM artifact_bundle_projects WHERE bundle_id > $1
             ORDER BY bundle_id, project_id LIMIT $2",
        )
        .bind(id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(id, project)| (id, ProjectId::from_sql(project))).collect())
    }
}
