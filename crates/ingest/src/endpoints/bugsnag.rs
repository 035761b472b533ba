//! `POST /notify` and `POST /sessions`: Bugsnag's SDKs, their endpoints set to this server.
//!
//! The key, a DSN's public key, comes as header `Bugsnag-Api-Key`, or as `apiKey` in the body (or, from old browsers, in
//! the query). Bugsnag's integrity headers are not looked at.

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use mayday_event::{Category, Timestamp, wire::bugsnag};
use serde_json::json;

use super::{
    translated::{self, Dialect},
    wrong_method,
};
use crate::{Ingest, accept::new_event_id, cors};

/// Adds the routes.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource(["/notify", "/notify/"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(notify))
            .route(web::method(Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
    config.service(
        web::resource(["/sessions", "/sessions/"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(sessions))
            .route(web::method(Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

const REPORTS: Dialect = Dialect {
    category: Category::Error,
    key: bugsnag::api_key,
    items: |body| bugsnag::notify_items(body, new_event_id),
};
const SESSIONS: Dialect =
    Dialect { category: Category::Session, key: bugsnag::api_key, items: bugsnag::session_items };

async fn notify(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    receive(&request, payload, &ingest, REPORTS).await
}

async fn sessions(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    receive(&request, payload, &ingest, SESSIONS).await
}

/// Answers once durable.
async fn receive(
    request: &HttpRequest,
    payload: web::Payload,
    ingest: &Ingest,
    dialect: Dialect,
) -> HttpResponse {
    let (key, sent_at) = (key_of(request), sent_at(request));
    match translated::accept(ingest, request, payload, dialect, key, sent_at).await {
        Ok(_) => HttpResponse::Accepted().json(json!({ "status": "OK" })),
        Err(refusal) => refusal.answer(ingest),
    }
}

fn key_of(request: &HttpRequest) -> Option<String> {
    let header =
        request.headers().get("Bugsnag-Api-Key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    header.or_else(|| {
        let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
        query.find_map(|(name, value)| (name == "apiKey").then(|| value.into_owned()))
    })
}

fn sent_at(request: &HttpRequest) -> Option<Timestamp> {
    request.headers().get("Bugsnag-Sent-At").and_then(|time| Timestamp::parse(time.to_str().ok()?))
}
