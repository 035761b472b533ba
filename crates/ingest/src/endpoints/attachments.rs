//! `POST /api/{project_id}/events/{event_id}/attachments/`: files of an event that is sent apart from them.

use actix_web::{
    HttpRequest, HttpResponse,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use mayday_event::{
    Category, EventId,
    capped::{self, InflateLimits},
    limits,
    wire::{
        WireError,
        multipart::{self, Part},
    },
};
use serde_json::json;

use super::{content_type, project_of, unread, unread_of, unread_one, wrong_method};
use crate::{
    Ingest,
    accept::Translated,
    auth::Credentials,
    body, cors,
    error::{Refusal, Refused},
};

pub(super) fn configure(config: &mut ServiceConfig) {
    const PATH: &str = "/api/{project_id}/events/{event_id}/attachments";
    config.service(
        web::resource([PATH.to_owned(), format!("{PATH}/")])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(receive))
            .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

/// 201, as Sentry answers here.
async fn receive(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    match accept(&request, payload, &ingest).await {
        Ok(()) => HttpResponse::Created().json(json!({})),
        Err(refusal) => refusal.answer(&ingest),
    }
}

async fn accept(request: &HttpRequest, payload: web::Payload, ingest: &Ingest) -> Result<(), Refusal> {
    let project = project_of(request)?;
    let credentials = Credentials::of(request);
    let key = credentials.admit(ingest, project).map_err(unread(project))?;
    let event_id = event_of(request).map_err(unread_of(&key))?;
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_of(&key))?;
    let content_type = content_type(request);
    let check = move |bytes: Bytes, encoding: &str, limits: &InflateLimits| {
        translate(&capped::inflate(bytes, encoding, limits)?, &content_type, event_id)
    };
    let translated = ingest.large_bodies.check(&sent, check).await;
    let translated = translated.map_err(unread_one(ingest, &key, Category::Attachment))?;
    let _room = sent.into_room();
    ingest.keep_items(request, &key, credentials.client(), translated).await.map(drop)
}

/// The event that the path names.
fn event_of(request: &HttpRequest) -> Result<EventId, Refused> {
    let found = request.match_info().get("event_id").unwrap_or_default();
    let problem = |error: mayday_event::ids::InvalidId| WireError {
        format: "event id in the path",
        problem: error.to_string(),
        is_too_large: false,
    };
    Ok(found.parse().map_err(problem)?)
}

fn translate(body: &Bytes, content_type: &str, event_id: EventId) -> Result<Translated, Refused> {
    if body.is_empty() {
        return Err(Refused::BodyEmpty);
    }
    let multipart = |problem: &str| Refused::Multipart { problem: problem.to_owned() };
    let parts = multipart::read(body, content_type)?
        .ok_or_else(|| multipart("it is none: send the files as multipart/form-data"))?;
    let (files, fields): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.filename.is_some());
    if files.is_empty() {
        return Err(multipart("no file in it: a file is a part with a filename"));
    }
    if files.len() > limits::UPLOAD_FILES {
        return Err(WireError {
            format: "attachments",
            problem: format!("more than {} files", limits::UPLOAD_FILES),
            is_too_large: true,
        }
        .into());
    }
    let items = files.into_iter().map(Part::into_attachment).collect();
    Ok(Translated { event_id: Some(event_id), sent_at: None, items, not_stored: fields.len() as u64 })
}
