//! `POST /api/{project_id}/envelope/`.

use actix_web::{HttpRequest, HttpResponse, web};
use mayday_event::{
    Category, EventId,
    capped::{self, InflateLimits},
    raw::Format,
    report,
    wire::envelope::Envelope,
};

use super::{Kept, answer, project_of, unread, unread_of};
use crate::{
    Ingest,
    accept::{Report, new_event_id},
    auth::{self, Credentials},
    body,
    error::{Content, Refusal, Refused},
    event_head::{look_at_event, look_quickly},
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
    // The key first: who has none costs no more than its head.
    let early = match credentials.has_key() {
        true => Some(credentials.admit(ingest, project).map_err(unread(project))?),
        false => None,
    };
    let unread_by = |refused| match &early {
        Some(key) => unread_of(key)(refused),
        None => unread(project)(refused),
    };
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread_by)?;
    let checked = ingest.large_bodies.check(&sent, check).await.map_err(unread_by)?;
    let key = match (early, &checked.dsn) {
        (Some(key), _) => key,
        (None, Some(dsn)) => auth::admit_dsn(ingest, project, dsn).map_err(unread(project))?,
        (None, None) => return Err(unread(project)(Refused::NoKey)),
    };
    let Checked { counted, event_id, has_event, any_stored, event, .. } = checked;
    let id = event_id.or_else(|| has_event.then(new_event_id));
    if let Err(refused) = event {
        ingest.count_received(project, &counted);
        let content = Some(Box::new(Content { event_id: id, counted }));
        return Err(Refusal { refused, project: Some(project), key_id: key.key_id, content });
    }
    if !any_stored {
        ingest.pass_over(&key, &counted);
        return Ok(Kept { id: event_id, limited: Vec::new() });
    }
    let (client, event_id, format) =
        (credentials.client(), id.unwrap_or_else(new_event_id), Format::Envelope);
    let limited = ingest.keep(Report { request, key, client, event_id, format, sent, counted }).await?;
    Ok(Kept { id, limited })
}

/// An envelope whose framing is right.
struct Checked {
    dsn: Option<String>,
    /// What it holds.
    counted: Vec<(Category, u64)>,
    has_event: bool,
    any_stored: bool,
    event_id: Option<EventId>,
    /// Whether its events look like events.
    event: Result<(), Refused>,
}

fn check(bytes: bytes::Bytes, encoding: &str, limits: &InflateLimits) -> Result<Checked, Refused> {
    let envelope = Envelope::parse(capped::inflate(bytes, encoding, limits)?)?;
    let counted = report::count(&envelope.items);
    let has_event = counted.iter().any(|(category, _)| *category == Category::Error);
    let any_stored = report::any_stored(&envelope.items);
    let mut event_id = envelope.event_id;
    let mut event = Ok(());
    for item in envelope.items.iter().filter(|item| item.ty == "event") {
        // An id in the envelope's header makes it needless to look for one in the event.
        let looked = match event_id {
            Some(id) => look_quickly(&item.payload).map(|()| Some(id)),
            None => look_at_event(&item.payload),
        };
        match looked {
            Ok(id) => event_id = id,
            Err(refused) => {
                event = Err(refused);
                break;
            }
        }
    }
    Ok(Checked { dsn: envelope.dsn, counted, has_event, any_stored, event_id, event })
}
