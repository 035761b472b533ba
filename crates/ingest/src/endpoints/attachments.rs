//! `POST /api/{project_id}/events/{event_id}/attachments/`: files for an event that was sent before, or will be.

use actix_web::web::ServiceConfig;

/// Adds the routes.
pub(super) fn configure(_config: &mut ServiceConfig) {}
