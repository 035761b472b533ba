//! `/api/0/…`: JSON for programs, in the shapes of Sentry's documented web API.
//!
//! One file per resource, each with its `endpoints()`; the OpenAPI document must list the same ones (a test says
//! so). A handler takes [`Granted`](crate::auth::Granted) first: who asks, with the scope it needs.

mod attachments;
mod endpoint;
mod entries;
mod event_json;
mod events;
mod fate;
mod feedback;
mod hooks;
mod issue;
mod issue_json;
mod issue_tags;
mod issues;
mod keys;
mod limits;
mod openapi;
mod organizations;
mod outcomes;
mod params;
mod projects;
mod quarantine;
mod respond;
mod root;
mod sessions;
mod settings;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use actix_web::{
    HttpRequest,
    error::JsonPayloadError,
    web::{self, JsonConfig, ServiceConfig},
};

use crate::QueryError;
use endpoint::Endpoint;

/// Adds the API to a server.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let scope = endpoints()
        .into_iter()
        .fold(web::scope("/api/0"), |scope, endpoint| scope.service(endpoint.into_resource()))
        .app_data(
            JsonConfig::default()
                .limit(limits::BODY_BYTES)
                .content_type_required(false)
                .error_handler(|error, _: &HttpRequest| body_error(&error).into()),
        )
        .default_service(web::to(async || Err::<String, _>(QueryError::NotFound("endpoint"))));
    config.service(scope);
}

fn endpoints() -> Vec<Endpoint> {
    [
        root::endpoints(),
        organizations::endpoints(),
        projects::endpoints(),
        keys::endpoints(),
        issues::endpoints(),
        issue::endpoints(),
        issue_tags::endpoints(),
        events::endpoints(),
        attachments::endpoints(),
        feedback::endpoints(),
        fate::endpoints(),
        outcomes::endpoints(),
        sessions::endpoints(),
        settings::endpoints(),
        users::endpoints(),
        hooks::endpoints(),
        quarantine::endpoints(),
        tokens::endpoints(),
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
