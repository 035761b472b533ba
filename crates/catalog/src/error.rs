//! What can go wrong in the catalog, by kind.

use mayday_event::settings::RuleError;

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
    /// Settings that cannot be used; says where and why.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The database did not do it; may pass.
    #[error("catalog is not available")]
    Database(#[from] sqlx::Error),
    /// What the database holds cannot be read back: written by a newer version, or damaged.
    #[error("catalog holds a {what} that cannot be read: {value:?}")]
    Corrupt {
        /// The column's meaning.
        what: &'static str,
        /// What it holds.
        value: String,
    },
    /// Bringing the schema up to date failed.
    #[error("catalog could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The operating system gave no random bytes for a secret.
    #[error("no random bytes for a secret")]
    Random(#[from] getrandom::Error),
    /// A password could not be hashed.
    #[error("password could not be hashed: {0}")]
    Password(String),
}

impl CatalogError {
    pub(crate) fn corrupt(what: &'static str, value: impl Into<String>) -> Self {
        Self::Corrupt { what, value: value.into() }
    }

    /// For an insert: a violated uniqueness means that `what` exists already.
    pub(crate) fn conflict(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::Conflict(what),
            _ => Self::Database(error),
        }
    }
}
