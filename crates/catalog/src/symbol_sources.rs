//! Where else than among its uploads a project's symbols are looked for.

use mayday_event::{ProjectId, Timestamp};

use crate::{Catalog, CatalogError};

/// A source, in the order in which they are asked.
#[derive(Clone, PartialEq, Eq)]
pub struct SymbolSource {
    pub name: String,
    /// JSON, without the secret.
    pub settings: String,
    /// What the source asks for; encrypted in the database.
    pub secret: Option<String>,
}

impl std::fmt::Debug for SymbolSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let has_secret = self.secret.is_some();
        f.debug_struct("SymbolSource").field("name", &self.name).field("has_secret", &has_secret).finish()
    }
}

impl Catalog {
    /// A project's sources, in order. One whose secret cannot be opened, under another key perhaps, has none.
    pub async fn symbol_sources(&self, project: ProjectId) -> Result<Vec<SymbolSource>, CatalogError> {
        let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT name, settings, secret FROM symbol_sources WHERE project_id = $1 ORDER BY position",
        )
        .bind(project.to_sql())
        .fetch_all(&self.reader)
        .await?;
        let source = |(name, settings, sealed): (String, String, Option<String>)| {
            let opened = sealed.map(|sealed| self.seal_key.open(&place(project, &name), &sealed));
            let secret = opened.and_then(|opened| {
                opened.inspect_err(|_| tracing::error!(name, "secret of a symbol source cannot be read")).ok()
            });
            SymbolSource { name, settings, secret }
        };
        Ok(rows.into_iter().map(source).collect())
    }

    /// Replaces a project's sources. Two of one name are a conflict.
    pub async fn put_symbol_sources(
        &self,
        project: ProjectId,
        sources: &[SymbolSource],
        by: &str,
    ) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM symbol_sources WHERE project_id = $1")
            .bind(project.to_sql())
            .execute(&mut *tx)
            .await?;
        for (position, source) in (0_i64..).zip(sources) {
            if sources.iter().filter(|other| other.name == source.name).count() > 1 {
                return Err(CatalogError::Conflict("a symbol source of this name"));
            }
            let secret = source.secret.as_ref();
            let sealed = secret.map(|secret| self.seal_key.seal(&place(project, &source.name), secret));
            sqlx::query(
                "INSERT INTO symbol_sources (project_id, position, name, settings, secret, changed, changed_by)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(project.to_sql())
            .bind(position)
            .bind(&source.name)
            .bind(&source.settings)
            .bind(sealed.transpose()?)
            .bind(now.0)
            .bind(by)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Projects whose sources were changed at this time or after it.
    pub async fn symbol_sources_changed_since(
        &self,
        time: Timestamp,
    ) -> Result<Vec<ProjectId>, CatalogError> {
        let projects: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT project_id FROM symbol_sources WHERE changed >= $1")
                .bind(time.0)
                .fetch_all(&self.reader)
                .await?;
        Ok(projects.into_iter().map(ProjectId::from_sql).collect())
    }
}

/// What ties a secret to its source.
fn place(project: ProjectId, name: &str) -> String {
    format!("{project}:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    fn source(name: &str, secret: Option<&str>) -> SymbolSource {
        let settings = format!("{{\"name\":\"{name}\"}}");
        SymbolSource { name: name.into(), settings, secret: secret.map(str::to_owned) }
    }

    #[tokio::test]
    async fn sources_keep_their_order_and_their_secrets_to_themselves() {
        let fixture = Fixture::in_memory().await;
        let (catalog, project) = (&fixture.catalog, fixture.project);
        assert_eq!(catalog.symbol_sources(project).await.unwrap(), []);
        let sources = [source("b", Some("hunter2")), source("a", None)];
        catalog.put_symbol_sources(project, &sources, "ann@example.com").await.unwrap();
        assert_eq!(catalog.symbol_sources(project).await.unwrap(), sources);
        assert!(!format!("{sources:?}").contains("hunter2"));
        let stored: Vec<Option<String>> =
            sqlx::query_scalar("SELECT secret FROM symbol_sources ORDER BY position")
                .fetch_all(&catalog.reader)
                .await
                .unwrap();
        assert!(stored[0].as_ref().is_some_and(|sealed| !sealed.contains("hunter2")));
        let twice = [source("a", None), source("a", None)];
        let refused = catalog.put_symbol_sources(project, &twice, "ann@example.com").await;
        assert!(matches!(refused, Err(CatalogError::Conflict(_))));
        assert_eq!(catalog.symbol_sources(project).await.unwrap(), sources);
        assert_eq!(catalog.symbol_sources_changed_since(fixture.now()).await.unwrap(), [project]);
        assert_eq!(catalog.symbol_sources_changed_since(fixture.now().plus_ms(1)).await.unwrap(), []);
        catalog.put_symbol_sources(project, &[], "ann@example.com").await.unwrap();
        assert_eq!(catalog.symbol_sources(project).await.unwrap(), []);
    }
}
