//! `POST /api/{project_id}/minidump/`: a crash as Crashpad, Breakpad and Electron upload it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::ContentType,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use mayday_event::{
    Category, EventId,
    capped::{self, InflateLimits},
    wire::minidump::Upload,
};

use super::{content_type, project_of, unread, unread_of, unread_one, wrong_method};
use crate::{
    Ingest,
    accept::{Translated, new_event_id},
    auth::Credentials,
    body, cors,
    error::{Refusal, Refused},
    event_head::look_at_event,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource(["/api/{project_id}/minidump/", "/api/{project_id}/minidump"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(receive))
            .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

/// Answers a dashed UUID as text, which Breakpad's clients show. Never 429: they would try again without end; what is over
/// a limit is counted, and answered like what is kept.
async fn receive(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    let refusal = match accept(&request, payload, &ingest).await {
        Ok(id) => return told(id),
        Err(refusal) => refusal,
    };
    let limited = match (&refusal.refused, &refusal.content) {
        (Refused::RateLimited { .. }, Some(content)) => content.event_id,
        _ => None,
    };
    let answer = refusal.answer(&ingest);
    limited.map_or(answer, told)
}

fn told(id: EventId) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(id.0.hyphenated().to_string())
}

async fn accept(request: &HttpRequest, payload: web::Payload, ingest: &Ingest) -> Result<EventId, Refusal> {
    let project = project_of(request)?;
    let credentials = Credentials::of(request);
    let key = credentials.admit(ingest, project).map_err(unread(project))?;
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_of(&key))?;
    let content_type = content_type(request);
    let check = move |bytes: Bytes, encoding: &str, limits: &InflateLimits| {
        let upload = Upload::read(&capped::inflate(bytes, encoding, limits)?, &content_type, limits)?;
        let id = upload.event_id().unwrap_or_else(new_event_id);
        let items = upload.into_items(id);
        for event in items.iter().filter(|item| item.ty == "event") {
            look_at_event(&event.payload)?;
        }
        Ok((id, items))
    };
    let checked = match sent.bytes.is_empty() {
        true => Err(Refused::BodyEmpty),
        false => ingest.large_bodies.check(&sent, check).await,
    };
    let (id, items) = checked.map_err(unread_one(ingest, &key, Category::Error))?;
    let _room = sent.into_room();
    let translated = Translated { event_id: Some(id), sent_at: None, items, not_stored: 0 };
    ingest.keep_items(request, &key, credentials.client(), translated).await?;
    Ok(id)
}
