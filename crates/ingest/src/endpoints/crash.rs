//! `POST /api/{project_id}/crash/?format=`: crash reports of operating systems, one a request, as they are.
//!
//! The body is the report, in any Content-Encoding. `format` is one of `ips`, `apple`, `plcrash`, `kscrash`,
//! `metrickit`, `tombstone`, `tombstone-text`, `anr`; each diagnostic of a MetricKit payload is an event. `release`,
//! `environment`, `dist` and `user` (an id) in the query count more than what the report says: who uploads knows what the
//! release is called. Authentication as for envelopes. Answers `{"id": …}`: the report's
//! own id where it has one, else one made from the report, so that the same report counts once.

use actix_web::{
    HttpRequest, HttpResponse,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use mayday_event::{
    Category,
    capped::InflateLimits,
    crash::{self, CrashFormat, Glance, glances},
    wire::envelope::Item,
};
use serde_json::{Map, Value, json};

use super::{Kept, answer, project_of, translated, unread, unread_of, unread_one, wrong_method};
use crate::{
    Ingest,
    accept::Translated,
    auth::Credentials,
    body, cors,
    error::{Refusal, Refused},
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource(["/api/{project_id}/crash/", "/api/{project_id}/crash"])
            .wrap(from_fn(cors::allow_any_origin))
            .route(web::post().to(receive))
            .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
            .default_service(web::to(wrong_method)),
    );
}

async fn receive(request: HttpRequest, payload: web::Payload, ingest: web::Data<Ingest>) -> HttpResponse {
    answer(accept(&request, payload, &ingest).await, &ingest)
}

async fn accept(request: &HttpRequest, payload: web::Payload, ingest: &Ingest) -> Result<Kept, Refusal> {
    let project = project_of(request)?;
    let credentials = Credentials::of(request);
    let key = credentials.admit(ingest, project).map_err(unread(project))?;
    let complements = Complements::of(request);
    let format = CrashFormat::named(&complements.format).ok_or_else(|| {
        let found = complements.format.chars().take(40).collect();
        unread_of(&key)(Refused::UnknownFormat { found })
    })?;
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_of(&key))?;
    let check = move |bytes: Bytes, encoding: &str, limits: &InflateLimits| {
        if bytes.is_empty() {
            return Err(Refused::BodyEmpty);
        }
        translate(format, translated::inflate(bytes, encoding, limits)?, complements)
    };
    let checked = ingest.large_bodies.check(&sent, check).await;
    let translated = checked.map_err(unread_one(ingest, &key, Category::Error))?;
    let id = translated.event_id;
    let _room = sent.into_room();
    let limited = ingest.keep_items(request, &key, credentials.client(), translated).await?;
    Ok(Kept { id, limited })
}

/// What the query says besides.
#[derive(Debug, Default)]
struct Complements {
    format: String,
    /// Fields of the event.
    event: Map<String, Value>,
}

impl Complements {
    fn of(request: &HttpRequest) -> Self {
        let mut complements = Self::default();
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            match &*name {
                "format" => complements.format = value.into_owned(),
                _ if value.is_empty() => {}
                "release" | "environment" | "dist" => {
                    complements.event.insert(name.into_owned(), value.into_owned().into());
                }
                "user" => {
                    complements.event.insert("user".to_owned(), json!({ "id": value }));
                }
                _ => {}
            }
        }
        complements
    }
}

/// The events, mostly one, and the report whole as the first one's file.
fn translate(format: CrashFormat, report: Bytes, complements: Complements) -> Result<Translated, Refused> {
    let glances = glances(format, &report)?;
    let mut items = Vec::with_capacity(glances.len() + 1);
    let mut first = None;
    for (index, Glance { mut event }) in glances.into_iter().enumerate() {
        let stated = event.get("event_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let id = stated.unwrap_or_else(|| crash::id_of_part(&report, index));
        first = first.or(Some(id));
        event.insert("event_id".to_owned(), id.to_string().into());
        event.extend(complements.event.clone());
        let mut item = Item::new("event", Value::from(event).to_string().into());
        item.header.insert("event_id".to_owned(), id.to_string().into());
        items.push(item);
    }
    let (file, ty) = format.attachment();
    let mut attachment = Item::new("attachment", report);
    attachment.header.insert("filename".to_owned(), file.into());
    attachment.header.insert("attachment_type".to_owned(), ty.into());
    items.push(attachment);
    Ok(Translated { event_id: first, sent_at: None, items, not_stored: 0 })
}
