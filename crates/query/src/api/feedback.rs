//! What users said, in the shape of Sentry's user feedback.

use actix_web::{HttpRequest, web::Data};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, known, page},
};
use crate::{
    Query,
    auth::EventRead,
    read::{self, feedback::FeedbackRow},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/user-feedback/").get(list)]
}

async fn list(
    project: InProject<EventRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let (cursor, limit) = (params.cursor()?, params.limit()?);
    let found = read::feedback::list(&query, &project, cursor, limit).await?;
    let rows: Vec<Value> = found.rows.iter().map(feedback_json).collect();
    page(&query, &request, &rows, &found.pagination, None)
}

fn feedback_json(row: &FeedbackRow) -> Value {
    let said = &row.said.feedback;
    let event_id = said.event_id.map(|id| id.to_string());
    json!({
        "id": said.id.to_string(),
        "eventID": event_id,
        "name": known(&said.name),
        "email": known(&said.email),
        "comments": said.message,
        "url": known(&said.url),
        "release": known(&said.release),
        "environment": known(&said.environment),
        "dateCreated": date(Some(said.timestamp)),
        "dateReceived": date(Some(row.said.received)),
        "event": event_id.as_ref().map(|id| json!({ "id": id, "eventID": id })),
        "issue": row.issue.as_ref().map(|issue| json!({
            "id": issue.id.to_string(), "shortId": issue.short_id, "title": issue.title,
        })),
    })
}
