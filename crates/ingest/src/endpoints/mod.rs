//! The endpoints of Sentry's SDKs.

mod attachments;
mod bugsnag;
mod crash;
mod envelope;
mod minidump;
mod otlp;
mod reports;
mod rollbar;
mod store;
mod translated;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use mayday_catalog::keys::KeyInfo;
use mayday_event::{Category, EventId, ProjectId};
use serde_json::json;

use crate::{
    Ingest, cors,
    error::{Content, Refusal, Refused},
    limits::{self, Limited},
};

/// Adds the routes; each with and without a slash at its end.
pub(crate) fn configure(config: &mut ServiceConfig, ingest: &Ingest) {
    config.app_data(web::Data::new(ingest.clone()));
    config.service(
        web::resource(["/api/{project_id}/envelope/", "/api/{project_id}/envelope"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(envelope::receive))
            .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
    config.service(
        web::resource(["/api/{project_id}/store/", "/api/{project_id}/store"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(store::receive))
            .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
    for configure in [
        attachments::configure,
        bugsnag::configure,
        crash::configure,
        minidump::configure,
        otlp::configure,
        reports::configure,
        rollbar::configure,
    ] {
        configure(config);
    }
}

/// Neither counted nor logged loudly: no report was lost.
pub(super) async fn wrong_method(request: HttpRequest) -> HttpResponse {
    Refused::Method { method: request.method().to_string() }.answer(None)
}

/// The project that the path names.
fn project_of(request: &HttpRequest) -> Result<ProjectId, Refusal> {
    let found = request.match_info().get("project_id").unwrap_or_default();
    let shown = || found.chars().take(40).collect();
    found.parse().map(ProjectId).map_err(|_| Refusal::unread(Refused::ProjectPath { found: shown() }, None))
}

/// What a request led to.
struct Kept {
    /// The event's id, if there was one.
    id: Option<EventId>,
    /// What of it was over a limit.
    limited: Vec<Limited>,
}

/// `{"id": …}` once durable, `{}` where there was no event; or why not.
fn answer(result: Result<Kept, Refusal>, ingest: &Ingest) -> HttpResponse {
    let Kept { id, limited } = match result {
        Ok(kept) => kept,
        Err(refusal) => return refusal.answer(ingest),
    };
    let mut response = HttpResponse::Ok();
    if !limited.is_empty() {
        response.insert_header(("X-Sentry-Rate-Limits", limits::header(&limited)));
    }
    response.json(id.map_or_else(|| json!({}), |id| json!({ "id": id })))
}

/// For `map_err`: a body whose content is not known, of a sender who is.
pub(super) fn unread_of(key: &KeyInfo) -> impl Fn(Refused) -> Refusal {
    let (project, key_id) = (key.project_id, key.key_id);
    move |refused| Refusal { key_id, ..Refusal::unread(refused, Some(project)) }
}

/// For `map_err`: a body that should hold one thing of this category, which is counted as received.
fn unread_one(ingest: &Ingest, key: &KeyInfo, category: Category) -> impl Fn(Refused) -> Refusal {
    let (project, key_id) = (key.project_id, key.key_id);
    move |refused| {
        let counted = vec![(category, 1)];
        ingest.count_received(project, &counted);
        let content = Some(Box::new(Content { event_id: None, counted }));
        Refusal { refused, project: Some(project), key_id, content }
    }
}

/// The Content-Type header; empty for none.
fn content_type(request: &HttpRequest) -> String {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    content_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// For `map_err`: a body whose content is not known, or not yet.
pub(super) fn unread(project: ProjectId) -> impl Fn(Refused) -> Refusal {
    move |refused| {
        // A project that does not exist gets no line of its own.
        let known = !matches!(
            refused,
            Refused::NoKey | Refused::KeyFormat | Refused::UnknownKey | Refused::OtherProject { .. }
        );
        Refusal::unread(refused, known.then_some(project))
    }
}
