//! `/api/0/…`: JSON for programs, in the shapes of Sentry's documented web API.
//!
//! One file per resource, each with its `endpoints()`; the OpenAPI document must list the same ones (a test says
//! so). A handler takes [`Granted`](crate::auth::Granted) first, or [`InProject`](in_project::InProject): who asks, with
//! the scope it needs.

#[cfg(test)]
mod accounting_tests;
mod activities;
mod artifact_bundles;
mod attachments;
mod chunk_upload;
mod debug_files;
mod deploys;
mod endpoint;
mod entries;
mod event_json;
mod events;
mod fate;
mod feedback;
mod grouping;
mod hooks;
mod in_project;
mod issue;
mod issue_json;
mod issue_tags;
#[cfg(test)]
mod issue_tests;
mod issues;
mod keys;
mod limits;
mod members;
mod missing_symbols;
mod monitors;
mod openapi;
mod organization_sessions;
mod organizations;
mod outcomes;
mod params;
mod project_tags;
mod projects;
mod quarantine;
mod release_commits;
mod release_health;
mod release_json;
mod release_list;
#[cfg(test)]
mod release_tests;
mod releases;
mod repositories;
mod respond;
mod root;
#[cfg(test)]
mod search_tests;
mod sessions;
mod settings;
mod stats;
mod suspects;
mod symbol_sources;
#[cfg(test)]
mod tests;
mod tokens;
mod tombstones;
#[cfg(test)]
mod upload_tests;
mod users;

use actix_web::{
    HttpRequest,
    error::JsonPayloadError,
    web::{self, JsonConfig, ServiceConfig},
};

use crate::{QueryError, upload::Uploads};
use endpoint::Endpoint;

/// Adds the API to a server.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let scope = endpoints()
        .into_iter()
        .fold(web::scope("/api/0"), |scope, endpoint| scope.service(endpoint.into_resource()))
        .app_data(json_config(limits::BODY_BYTES))
        .app_data(web::Data::new(Uploads::default()))
        .default_service(web::to(async || Err::<String, _>(QueryError::NotFound("endpoint"))));
    config.service(scope);
}

fn json_config(limit: usize) -> JsonConfig {
    JsonConfig::default()
        .limit(limit)
        .content_type_required(false)
        .error_handler(|error, _: &HttpRequest| body_error(&error).into())
}

fn endpoints() -> Vec<Endpoint> {
    [
        root::endpoints(),
        organizations::endpoints(),
        organization_sessions::endpoints(),
        members::endpoints(),
        projects::endpoints(),
        keys::endpoints(),
        issues::endpoints(),
        issue::endpoints(),
        activities::endpoints(),
        tombstones::endpoints(),
        issue_tags::endpoints(),
        project_tags::endpoints(),
        stats::endpoints(),
        suspects::endpoints(),
        events::endpoints(),
        attachments::endpoints(),
        feedback::endpoints(),
        fate::endpoints(),
        grouping::endpoints(),
        outcomes::endpoints(),
        sessions::endpoints(),
        settings::endpoints(),
        symbol_sources::endpoints(),
        users::endpoints(),
        hooks::endpoints(),
        missing_symbols::endpoints(),
        quarantine::endpoints(),
        tokens::endpoints(),
        chunk_upload::endpoints(),
        debug_files::endpoints(),
        artifact_bundles::endpoints(),
        releases::endpoints(),
        release_commits::endpoints(),
        release_health::endpoints(),
        deploys::endpoints(),
        repositories::endpoints(),
        monitors::endpoints(),
        openapi::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn body_error(error: &JsonPayloadError) -> QueryError {
    match error {
        JsonPayloadError::Overflow { limit } | JsonPayloadError::OverflowKnownLength { limit, .. } => {
            QueryError::TooLarge { limit: *limit }
        }
        JsonPayloadError::Deserialize(error) => QueryError::Invalid(format!("body: {error}")),
        other => QueryError::Invalid(format!("body: {other}")),
    }
}
