//! When and where a release was put to use.

use mayday_event::{OrganizationId, Timestamp};
use sqlx::FromRow;

use super::details::is_known;
use crate::{Catalog, CatalogError, connect::Sequence};

/// Deploys of a release that are told, the newest.
const MAX_DEPLOYS: i64 = 100;
/// Characters of a deploy's texts at most.
const MAX_TEXT: usize = 500;

/// A deploy of a release; texts are empty if they are not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    pub id: i64,
    pub environment: String,
    pub name: String,
    pub url: String,
    pub started: Option<Timestamp>,
    pub finished: Timestamp,
}

/// A deploy before the catalog knows it.
#[derive(Debug, Clone, Default)]
pub struct NewDeploy {
    pub environment: String,
    pub name: String,
    pub url: String,
    pub started: Option<Timestamp>,
    /// Now, if it is not said.
    pub finished: Option<Timestamp>,
}

impl Catalog {
    /// Adds a deploy to a release.
    pub async fn create_deploy(
        &self,
        organization: OrganizationId,
        version: &str,
        new: NewDeploy,
    ) -> Result<Deploy, CatalogError> {
        let NewDeploy { environment, name, url, started, finished } = new;
        if environment.is_empty() {
            return Err(CatalogError::Invalid("environment: give one".into()));
        }
        let texts = [("environment", &environment), ("name", &name), ("url", &url)];
        if let Some((what, _)) = texts.into_iter().find(|(_, text)| text.chars().count() > MAX_TEXT) {
            return Err(CatalogError::Invalid(format!("{what}: is longer than {MAX_TEXT} characters")));
        }
        let mut tx = self.write().await?;
        if !is_known(&mut tx, organization, version).await? {
            return Err(CatalogError::NotFound("release"));
        }
        let id = Sequence::Deploy.next(&mut tx).await?;
        let finished = finished.unwrap_or_else(|| self.clock.now());
        let deploy = Deploy { id, environment, name, url, started, finished };
        sqlx::query(
            "INSERT INTO deploys (id, organization_id, version, environment, name, url, started, finished)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(organization.to_sql())
        .bind(version)
        .bind(&deploy.environment)
        .bind(&deploy.name)
        .bind(&deploy.url)
        .bind(deploy.started.map(|time| time.0))
        .bind(deploy.finished.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(deploy)
    }

    /// A release's deploys, the newest first.
    pub async fn deploys(
        &self,
        organization: OrganizationId,
        version: &str,
    ) -> Result<Vec<Deploy>, CatalogError> {
        #[derive(FromRow)]
        struct Row {
            id: i64,
            environment: String,
            name: String,
            url: String,
            started: Option<i64>,
            finished: i64,
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, environment, name, url, started, finished FROM deploys
             WHERE organization_id = $1 AND version = $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(organization.to_sql())
        .bind(version)
        .bind(MAX_DEPLOYS)
        .fetch_all(&self.reader)
        .await?;
        let deploy = |row: Row| Deploy {
            id: row.id,
            environment: row.environment,
            name: row.name,
            url: row.url,
            started: row.started.map(Timestamp),
            finished: Timestamp(row.finished),
        };
        Ok(rows.into_iter().map(deploy).collect())
    }
}
