//! The files of events.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_event::EventId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, ok, whole},
};
use crate::{
    Query, QueryError,
    auth::EventRead,
    download::{self, Content},
    read::{self, attachments::StoredAttachment},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let of_event = "/projects/{organization}/{project}/events/{event}/attachments/";
    vec![Endpoint::at(of_event).get(list), Endpoint::at(format!("{of_event}{{attachment}}/")).get(show)]
}

#[derive(Deserialize)]
struct AttachmentPath {
    event: String,
    attachment: String,
}

async fn list(
    project: InProject<EventRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Answer {
    let (.., event) = path.into_inner();
    let event = event_id(&event)?;
    let attachments = read::attachments::list(&query, project.id, event).await?;
    let rows: Vec<Value> = attachments.iter().map(|it| attachment_json(it, event)).collect();
    whole(&query, &request, &rows)
}

/// What is known of a file; with `?download`, its bytes.
async fn show(
    project: InProject<EventRead>,
    query: Data<Query>,
    path: Path<AttachmentPath>,
    params: Params,
) -> Answer {
    let event = event_id(&path.event)?;
    let attachment = read::attachments::find(&query, project.id, event, &path.attachment).await?;
    if params.one("download")?.is_none() {
        return ok(attachment_json(&attachment, event));
    }
    let reader = read::attachments::content(&query, project.id, event, &attachment).await?;
    let content = Content::begin(reader).await?;
    Ok(download::attachment(&attachment.name, content))
}

fn event_id(text: &str) -> Result<EventId, QueryError> {
    text.parse().map_err(|_| QueryError::NotFound("event"))
}

fn attachment_json(attachment: &StoredAttachment, event: EventId) -> Value {
    json!({
        "id": attachment.id.to_string(),
        "event_id": event.to_string(),
        "type": attachment.attachment_type,
        "name": attachment.name,
        "mimetype": attachment.content_type,
        "size": attachment.bytes,
        "sha256": attachment.sha256,
        "headers": { "Content-Type": attachment.content_type },
        "dateCreated": date(Some(attachment.received)),
    })
}
