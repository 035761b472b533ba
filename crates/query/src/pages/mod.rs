//! The pages, server-rendered.

use actix_web::web::ServiceConfig;

/// Adds the pages to a server.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let _ = config;
}
