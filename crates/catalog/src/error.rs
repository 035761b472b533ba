//! What can go wrong in the catalog, by kind.

/// Kinds: the caller decides by variant, never by text.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// No such thing, or not in this organisation.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// It is there already.
    #[error("{0} exists already")]
    Conflict(&'static str),
    /// A value that a person gave is not acceptable; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// The database did not do it; may pass.
    #[error("catalog is not available")]
    Database(#[from] sqlx::Error),
    /// Bringing the schema up to date failed.
    #[error("catalog could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}
