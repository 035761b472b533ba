//! `POST /api/1/item/`: Rollbar's SDKs, their endpoint set to this server.
//!
//! The key, a DSN's public key, comes as header `X-Rollbar-Access-Token`, or as `access_token` in the body. Answers are
//! Rollbar's: `{"err": 0, "result": {"id": null, "uuid": …}}` with the event's id, `{"err": 1, "message": …}` with what
//! is wrong.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    },
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use mayday_event::{Category, wire::rollbar};
use serde_json::json;

use super::{
    translated::{self, Dialect},
    wrong_method,
};
use crate::{Ingest, accept::new_event_id, cors, error::Refusal};

const ITEMS: Dialect = Dialect {
    category: Category::Error,
    key: rollbar::access_token,
    items: |body| rollbar::items(body, new_event_id),
};

/// Adds the route.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource(["/api/1/item/", "/api/1/item"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(receive))
            .route(web::method(Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

async fn receive(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    let token = request.headers().get("X-Rollbar-Access-Token");
    let token = token.and_then(|token| token.to_str().ok()).map(str::to_owned);
    match translated::accept(&ingest, &request, payload, ITEMS, token, None).await {
        Ok(id) => HttpResponse::Ok().json(json!({ "err": 0, "result": { "id": null, "uuid": id } })),
        Err(refusal) => refused(refusal, &ingest),
    }
}

/// As SDKs read it: what is wrong in `message`, and for how long a limit holds in headers of Rollbar's.
fn refused(refusal: Refusal, ingest: &Ingest) -> HttpResponse {
    let message = refusal.refused.to_string();
    let mut response = refusal.answer(ingest);
    let headers = response.headers_mut();
    if let Some(seconds) = headers.get(RETRY_AFTER).cloned() {
        headers.insert(HeaderName::from_static("x-rate-limit-remaining"), HeaderValue::from_static("0"));
        headers.insert(HeaderName::from_static("x-rate-limit-remaining-seconds"), seconds);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = json!({ "err": 1, "message": message }).to_string();
    response.set_body(body).map_into_boxed_body()
}
