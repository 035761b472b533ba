//! `POST /api/{project_id}/minidump/`: Crashpad, Breakpad and Electron.

use actix_web::web::ServiceConfig;

/// Adds the routes.
pub(super) fn configure(_config: &mut ServiceConfig) {}
