//! Where else than among its uploads a project's symbols are looked for.

use mayday_catalog::projects::Project;
use serde_json::{Value, json};

use crate::{Query, QueryError};

/// Says, in the place of a password, whether there is one.
pub(crate) const HAS_PASSWORD: &str = "hasPassword";

/// A project's sources, in the order in which they are asked; passwords are never shown.
pub(crate) async fn list(query: &Query, project: &Project) -> Result<Vec<Value>, QueryError> {
    let sources = query.catalog.symbol_sources(project.id).await?;
    let shown = sources.into_iter().map(|source| {
        let mut value: Value = serde_json::from_str(&source.settings).unwrap_or_default();
        if let Value::Object(fields) = &mut value {
            fields.insert(HAS_PASSWORD.to_owned(), json!(source.secret.is_some()));
        }
        value
    });
    Ok(shown.collect())
}
