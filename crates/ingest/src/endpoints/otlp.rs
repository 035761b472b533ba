//! `POST /v1/logs`, `/v1/traces` and `/v1/metrics`: OpenTelemetry's exporters, by OTLP over HTTP.
//!
//! The key, a DSN's public key, comes as header `X-Mayday-Key` (`OTEL_EXPORTER_OTLP_HEADERS=x-mayday-key=…`), as
//! `Authorization: Bearer …`, as `X-Sentry-Auth`, or as `sentry_key` in the query. Of logs, crash reports are kept; other
//! records, spans and metrics are answered as taken, so that exporters stay quiet, and counted as not stored.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CONTENT_TYPE, HeaderValue},
    },
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use mayday_event::{
    Category,
    wire::otlp::{self, Encoding, Signal},
};
use serde_json::json;

use super::{content_type, translated, unread_of, unread_one, wrong_method};
use crate::{
    Ingest,
    accept::new_event_id,
    auth::{self, Credentials},
    body, cors,
    error::{Refusal, Refused},
};

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

/// Adds the routes.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource(["/v1/{signal:logs|traces|metrics}", "/v1/{signal:logs|traces|metrics}/"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(receive))
            .route(web::method(Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

async fn receive(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    let is_json = content_type(&request).to_ascii_lowercase().starts_with(JSON);
    let encoding = if is_json { Encoding::Json } else { Encoding::Protobuf };
    match accept(&request, payload, &ingest, encoding).await {
        // An `Export…Response` without a word about what was not taken.
        Ok(()) if is_json => HttpResponse::Ok().json(json!({})),
        Ok(()) => HttpResponse::Ok().content_type(PROTOBUF).finish(),
        Err(refusal) => refused(refusal, &ingest, encoding),
    }
}

async fn accept(
    request: &HttpRequest,
    payload: web::Payload,
    ingest: &Ingest,
    encoding: Encoding,
) -> Result<(), Refusal> {
    let (signal, category) = match request.match_info().get("signal") {
        Some("traces") => (Signal::Traces, Category::Span),
        Some("metrics") => (Signal::Metrics, Category::Metric),
        _ => (Signal::Logs, Category::LogItem),
    };
    let key = auth::any_key(request).ok_or(Refused::NoKey);
    let key = key.and_then(|key| auth::admit_any(ingest, &key));
    let key = key.map_err(|refused| Refusal::unread(refused, None))?;
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_of(&key))?;
    let check = move |body, content_encoding: &str, limits: &_| {
        let body = translated::inflate(body, content_encoding, limits)?;
        Ok(match signal {
            Signal::Logs => otlp::log_items(&body, encoding, new_event_id)?,
            signal => otlp::counted(&body, encoding, signal)?,
        })
    };
    let items = ingest.large_bodies.check(&sent, check).await;
    let items = items.map_err(unread_one(ingest, &key, category))?;
    let client = Credentials::of(request).client();
    translated::keep_all(ingest, request, &key, client, None, items).await
}

/// As the protocol wants it: a `google.rpc.Status` in the request's encoding.
fn refused(refusal: Refusal, ingest: &Ingest, encoding: Encoding) -> HttpResponse {
    let message = refusal.refused.to_string();
    let mut response = refusal.answer(ingest);
    let (content_type, body) = match encoding {
        Encoding::Json => (JSON, json!({ "message": message }).to_string().into_bytes()),
        Encoding::Protobuf => (PROTOBUF, otlp::status(message)),
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.set_body(body).map_into_boxed_body()
}
