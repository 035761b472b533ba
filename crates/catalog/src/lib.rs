//! Small transactional state: who may do what, issues and their state, the outbox.
//!
//! One set of SQL in the dialect that SQLite and PostgreSQL both speak (`$1` parameters, no vendor functions).
//! Every read or write that a person's request leads to is scoped to the organisation and project.

pub mod access;
pub mod activities;
pub mod alerts;
pub mod artifact_bundles;
pub mod batch;
pub mod debug_files;
pub mod deletions;
pub mod discards;
pub mod error;
pub mod healing;
pub mod ignoring;
pub mod issue_changes;
pub mod issues;
pub mod json;
pub mod keys;
pub mod merging;
pub mod projects;
pub mod quarantine;
pub mod releases;
pub mod settings;
pub mod symbol_sources;
pub mod uploads;

mod arrivals;
mod bootstrap;
mod connect;
mod dsn_keys;
#[cfg(test)]
mod fixture;
mod hooks;
mod members;
mod outbox;
mod regression;
mod sealing;
mod secrets;
mod seen;
mod tokens;
mod transitions;
mod working_set;

pub use connect::Catalog;
pub use error::CatalogError;
pub use sealing::{SEAL_KEY_BYTES, SealKey};
