//! `POST /v1/logs`: OpenTelemetry's exporters.

use actix_web::web::ServiceConfig;

/// Adds the routes.
pub(super) fn configure(_config: &mut ServiceConfig) {}
