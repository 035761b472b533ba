//! Answers people and programs: issues, events, projects, symbols and releases; as JSON and as pages.

mod api;
mod auth;
mod change;
mod cursor;
mod download;
mod error;
#[cfg(test)]
mod fixture;
mod health;
mod pages;
mod read;
mod search;
mod upload;

pub use error::QueryError;
pub use read::kept::KeptAnswers;

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use mayday_blobs::Blobs;
use mayday_catalog::Catalog;
use mayday_event::Clock;
use mayday_fetch::Fetcher;
use mayday_journal::Lanes;
use mayday_store::Store;

/// All that query works with; shared by its threads.
#[derive(Clone)]
pub struct Query {
    pub catalog: Catalog,
    pub store: Store,
    /// The files of events.
    pub blobs: Blobs,
    /// To append set-aside reports again.
    pub journal: Lanes,
    /// To try symbol sources.
    pub fetcher: Arc<Fetcher>,
    pub clock: Clock,
    pub kept: KeptAnswers,
    /// Where people and SDKs reach this server, without a slash at its end: for links and DSNs.
    pub base_url: String,
}

/// Adds the API (`/api/0/…`) and the pages to a server.
pub fn configure(config: &mut ServiceConfig, query: &Query) {
    config.app_data(web::Data::new(query.clone()));
    api::configure(config);
    pages::configure(config);
}
