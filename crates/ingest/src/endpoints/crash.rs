//! `POST /api/{project_id}/crash/?format=`: reports of operating systems.

use actix_web::web::ServiceConfig;

/// Adds the routes.
pub(super) fn configure(_config: &mut ServiceConfig) {}
