//! `POST /api/{project_id}/envelope/`.

use actix_web::{HttpRequest, HttpResponse, web};
use mayday_event::{
    EventId, ProjectId,
    capped::{self, InflateLimits},
    raw::Format,
    wire::envelope::Envelope,
};

use super::{answer, project_of};
use crate::{
    Ingest,
    accept::{Report, new_event_id},
    auth::{self, Credentials},
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

async fn accept(
    request: &HttpRequest,
    payload: web::Payload,
    ingest: &Ingest,
) -> Result<Option<EventId>, Refusal> {
    let project = project_of(request)?;
    let credentials = Credentials::of(request);
    // The key first: who has none costs no more than its head.
    let early = match credentials.has_key() {
        true => Some(credentials.admit(ingest, project).map_err(unread(project))?),
        false => None,
    };
    let sent = body::read(request, payload).await.map_err(unread(project))?;
    let checked = ingest.large_bodies.check(&sent, check).await.map_err(unread(project))?;
    let key = match (early, &checked.envelope.dsn) {
        (Some(key), _) => key,
        (None, Some(dsn)) => auth::admit_dsn(ingest, project, dsn).map_err(unread(project))?,
        (None, None) => return Err(unread(project)(Refused::NoKey)),
    };
    let Checked { envelope, event } = checked;
    let others = envelope
        .items
        .iter()
        .enumerate()
        .filter(|(at, _)| event.as_ref().is_none_or(|event| event.at != *at));
    ingest.pass_over(&key, others.map(|(_, item)| item));
    let Some(event) = event else { return Ok(envelope.event_id) };
    let event_id = envelope.event_id.or(event.id).unwrap_or_else(new_event_id);
    let client = credentials.client();
    ingest.keep(Report { request, key, client, event_id, format: Format::Envelope, sent }).await?;
    Ok(Some(event_id))
}

/// For `map_err`: a body whose content is not known, or not yet.
pub(super) fn unread(project: ProjectId) -> impl Fn(Refused) -> Refusal {
    move |refused| {
        // A project that does not exist gets no line of its own.
        let known = !matches!(
            refused,
            Refused::NoKey | Refused::KeyFormat | Refused::UnknownKey | Refused::OtherProject { .. }
        );
        Refusal { refused, project: known.then_some(project), event_received: false }
    }
}

/// An envelope whose framing is right.
struct Checked {
    envelope: Envelope,
    event: Option<FoundEvent>,
}

/// The first event of an envelope.
struct FoundEvent {
    /// Its place among the items.
    at: usize,
    /// The id in its payload.
    id: Option<EventId>,
}

fn check(bytes: bytes::Bytes, encoding: &str, limits: &InflateLimits) -> Result<Checked, Refused> {
    let envelope = Envelope::parse(capped::inflate(bytes, encoding, limits)?)?;
    let event = match envelope.items.iter().position(|item| item.ty == "event") {
        Some(at) => Some(FoundEvent { at, id: look_at_event(&envelope.items[at].payload)? }),
        None => None,
    };
    Ok(Checked { envelope, event })
}
