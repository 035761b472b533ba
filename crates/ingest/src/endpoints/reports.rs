//! `POST /v1/reports`: mayday's own protobuf, `proto/mayday/v1/report.proto`, which says what a client has to know.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use mayday_event::{
    Category,
    wire::reports::{Batch, proto},
};
use serde_json::json;
use uuid::Uuid;

use super::{translated, unread_of, unread_one, wrong_method};
use crate::{
    Ingest,
    accept::Translated,
    auth::{self, Credentials},
    body, cors,
    error::{Refusal, Refused},
    limits::{self, Limited},
};

const PROTOBUF: &str = "application/x-protobuf";

/// Adds the routes.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource(["/v1/reports", "/v1/reports/"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(receive))
            .route(web::method(Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

async fn receive(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    match accept(&request, payload, &ingest).await {
        Ok(kept) => kept.answer(wants_protobuf(&request)),
        Err(refusal) => refusal.answer(&ingest),
    }
}

/// A batch that is durable.
struct Kept {
    ids: Vec<Option<Uuid>>,
    limited: Vec<Limited>,
}

async fn accept(request: &HttpRequest, payload: web::Payload, ingest: &Ingest) -> Result<Kept, Refusal> {
    let key = auth::any_key(request).ok_or(Refused::NoKey);
    let key = key.and_then(|key| auth::admit_any(ingest, &key));
    let key = key.map_err(|refused| Refusal::unread(refused, None))?;
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_of(&key))?;
    let check =
        |body, encoding: &str, limits: &_| Ok(Batch::read(&translated::inflate(body, encoding, limits)?)?);
    let batch = match sent.bytes.is_empty() {
        true => Err(Refused::BodyEmpty),
        false => ingest.large_bodies.check(&sent, check).await,
    };
    let batch = batch.map_err(unread_one(ingest, &key, Category::Error))?;
    let _room = sent.into_room();
    let event_id = batch.event_id();
    let Batch { sent_at, items, ids } = batch;
    let translated = Translated { event_id, sent_at, items, not_stored: 0 };
    let client = Credentials::of(request).client();
    let limited = ingest.keep_items(request, &key, client, translated).await?;
    Ok(Kept { ids, limited })
}

fn wants_protobuf(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.to_ascii_lowercase().contains(PROTOBUF))
}

impl Kept {
    fn answer(self, as_protobuf: bool) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        let (mut categories, mut retry_after_s) = (Vec::new(), 0);
        if !self.limited.is_empty() {
            response.insert_header(("X-Sentry-Rate-Limits", limits::header(&self.limited)));
            categories = self.limited.iter().map(|limit| limit.category.name().to_owned()).collect();
            retry_after_s = limits::retry_after(&self.limited);
        }
        if as_protobuf {
            let id = |id: Option<Uuid>| id.map(|id| id.as_bytes().to_vec().into()).unwrap_or_default();
            let message = proto::ReportBatchResponse {
                ids: self.ids.into_iter().map(id).collect(),
                limited: categories,
                retry_after_s: u32::try_from(retry_after_s).unwrap_or(u32::MAX),
            };
            return response.content_type(PROTOBUF).body(message.to_bytes());
        }
        let ids: Vec<String> =
            self.ids.into_iter().map(|id| id.map(|id| id.simple().to_string()).unwrap_or_default()).collect();
        response.json(json!({ "ids": ids, "limited": categories, "retryAfterS": retry_after_s }))
    }
}
