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
use mayday_event::{
    Category, Timestamp,
    wire::{bugsnag, envelope::Item},
};
use serde_json::json;

use super::{translated, unread_of, unread_one, wrong_method};
use crate::{
    Ingest,
    accept::new_event_id,
    auth::{self, Credentials},
    body, cors,
    error::{Refusal, Refused},
};

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

async fn notify(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    answer(accept(&request, payload, &ingest, Call::Notify).await, &ingest)
}

async fn sessions(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    answer(accept(&request, payload, &ingest, Call::Sessions).await, &ingest)
}

/// What a client calls.
#[derive(Clone, Copy)]
enum Call {
    Notify,
    Sessions,
}

impl Call {
    fn category(self) -> Category {
        match self {
            Self::Notify => Category::Error,
            Self::Sessions => Category::Session,
        }
    }

    fn items(self, body: &[u8]) -> Result<Vec<Item>, Refused> {
        Ok(match self {
            Self::Notify => bugsnag::notify_items(body, new_event_id)?,
            Self::Sessions => bugsnag::session_items(body)?,
        })
    }
}

async fn accept(
    request: &HttpRequest,
    payload: web::Payload,
    ingest: &Ingest,
    call: Call,
) -> Result<(), Refusal> {
    let nobody = |refused| Refusal::unread(refused, None);
    // A key that comes before the body is looked up before it.
    let early = match key_of(request) {
        Some(key) => Some(auth::admit_any(ingest, &key).map_err(nobody)?),
        None => None,
    };
    let unread = |refused| match &early {
        Some(key) => unread_of(key)(refused),
        None => nobody(refused),
    };
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread)?;
    let find_key = early.is_none();
    let check = move |body, encoding: &str, limits: &_| {
        let body = translated::inflate(body, encoding, limits)?;
        let key = find_key.then(|| bugsnag::api_key(&body)).flatten();
        // What is wrong with a body is the affair of the project whose key it names.
        Ok((key, call.items(&body)))
    };
    let (found, items) = ingest.large_bodies.check(&sent, check).await.map_err(unread)?;
    let key = match (early, found) {
        (Some(key), _) => key,
        (None, Some(found)) => auth::admit_any(ingest, &found).map_err(nobody)?,
        (None, None) => return Err(nobody(Refused::NoKey)),
    };
    let items = items.map_err(unread_one(ingest, &key, call.category()))?;
    let client = Credentials::of(request).client();
    translated::keep_all(ingest, request, &key, client, sent_at(request), items).await
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

/// Once durable.
fn answer(result: Result<(), Refusal>, ingest: &Ingest) -> HttpResponse {
    match result {
        Ok(()) => HttpResponse::Accepted().json(json!({ "status": "OK" })),
        Err(refusal) => refusal.answer(ingest),
    }
}
