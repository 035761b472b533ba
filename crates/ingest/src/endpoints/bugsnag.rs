//! `POST /notify` and `POST /sessions`: Bugsnag's SDKs.

use actix_web::web::ServiceConfig;

/// Adds the routes.
pub(super) fn configure(_config: &mut ServiceConfig) {}
