//! Answers people and programs: issues, events and projects; as JSON and as pages.

use actix_web::web::ServiceConfig;
use mayday_catalog::Catalog;
use mayday_event::Clock;
use mayday_journal::Journal;
use mayday_store::Store;

/// All that query works with; shared by its threads.
#[derive(Clone)]
pub struct Query {
    pub catalog: Catalog,
    pub store: Store,
    /// To append set-aside reports again.
    pub journal: Journal,
    pub clock: Clock,
    /// Where people and SDKs reach this server, without a slash at its end: for links and DSNs.
    pub base_url: String,
}

/// Adds the API (`/api/0/…`) and the pages to a server.
pub fn configure(config: &mut ServiceConfig, query: &Query) {
    let _ = (config, query);
}
