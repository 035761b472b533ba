//! `POST /api/{project_id}/store/`: one event, from clients that know no envelopes.

use actix_web::{HttpRequest, HttpResponse, web};
use mayday_event::{Category, EventId, capped::InflateLimits, raw::Format, wire};

use super::{Kept, answer, project_of, unread, unread_of, unread_one};
use crate::{
    Ingest,
    accept::{Report, new_event_id},
    auth::Credentials,
    body,
    error::{Refusal, Refused},
    event_head::look_at_event,
};

pub(super) async fn receive(
    request: HttpRequest,
    payload: web::Payload,
    ingest: web::Data<Ingest>,
) -> HttpResponse {
    answer(accept(&request, payload, &ingest).await, &ingest)
}

async fn accept(request: &HttpRequest, payload: web::Payload, ingest: &Ingest) -> Result<Kept, Refusal> {
    let project = project_of(request)?;
    let credentials = Credentials::of(request);
    let key = credentials.admit(ingest, project).map_err(unread(project))?;
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_of(&key))?;
    let event_id = ingest.large_bodies.check(&sent, check).await;
    let event_id = event_id.map_err(unread_one(ingest, &key, Category::Error))?;
    let event_id = event_id.unwrap_or_else(new_event_id);
    let (client, format, counted) = (credentials.client(), Format::Store, vec![(Category::Error, 1)]);
    let limited = ingest.keep(Report { request, key, client, event_id, format, sent, counted }).await?;
    Ok(Kept { id: Some(event_id), limited })
}

fn check(bytes: bytes::Bytes, encoding: &str, limits: &InflateLimits) -> Result<Option<EventId>, Refused> {
    if bytes.is_empty() {
        return Err(Refused::BodyEmpty);
    }
    look_at_event(&wire::store::event_json(bytes, encoding, limits)?)
}
