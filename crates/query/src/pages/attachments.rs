//! An event's files, to be saved or, if they are pictures of the screen, to be looked at.

use actix_web::{HttpResponse, web};
use mayday_event::EventId;
use serde::Deserialize;

use super::{error::PageError, visit::Visit};
use crate::{
    QueryError,
    download::{self, Content},
    read,
};

#[derive(Deserialize)]
pub(crate) struct AttachmentPath {
    issue: String,
    event: String,
    attachment: String,
}

#[derive(Deserialize)]
pub(crate) struct AttachmentQuery {
    /// Given: to be looked at, if that is safe.
    inline: Option<String>,
}

/// `GET /issues/{issue}/events/{event}/attachments/{attachment}/`
pub(crate) async fn serve(
    visit: Visit,
    path: web::Path<AttachmentPath>,
    asked: web::Query<AttachmentQuery>,
) -> Result<HttpResponse, PageError> {
    let query = &visit.query;
    let project = read::issues::find(query, &visit.principal, &path.issue).await?.project_id;
    let event: EventId = path.event.parse().map_err(|_| QueryError::NotFound("event"))?;
    let attachment = read::attachments::find(query, project, event, &path.attachment).await?;
    let reader = read::attachments::content(query, project, event, &attachment).await?;
    let content = Content::begin(reader).await?;
    let is_shown = asked.inline.is_some() && read::attachments::is_screenshot(&attachment);
    Ok(match is_shown {
        true => download::image(&attachment.name, content),
        false => download::attachment(&attachment.name, content),
    })
}
