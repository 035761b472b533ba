//! ClickHouse: schema, batch inserts with deduplication tokens, typed queries.
//!
//! Rows carry a fingerprint's [`GroupHash`](mayday_event::GroupHash) and no issue id: which hashes make an
//! issue is the catalog's to say, so that merging issues rewrites nothing here. Every query that a user can
//! start is scoped to one project and has a time and memory limit.

mod cluster;
mod connect;
mod delete;
mod error;
mod insert;
mod migrate;
mod multiply;
pub mod queries;
mod replace;
pub mod rows;

pub use cluster::{ClusterError, cluster_schema};
pub use connect::{Store, StoreOptions};
pub use delete::{Deleted, HashSpan};
pub use error::StoreError;
