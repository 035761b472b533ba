//! What happened to an issue, and notes that people write to it.

use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    issue::{IssuePath, PREFIXES, find},
    issue_json::activity_json,
    limits,
    respond::{Answer, created, ok},
};
use crate::{
    Query, QueryError,
    auth::{EventRead, EventWrite, Granted},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = PREFIXES.map(|prefix| {
        [
            Endpoint::at(format!("{prefix}/activities/")).get(list),
            Endpoint::at(format!("{prefix}/comments/")).post(add_note),
        ]
    });
    endpoints.into_iter().flatten().collect()
}

/// The newest first.
async fn list(principal: Granted<EventRead>, query: Data<Query>, path: Path<IssuePath>) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    let activities = query.catalog.activities(issue.id, limits::ACTIVITIES).await?;
    ok(json!({ "activity": activities.iter().map(activity_json).collect::<Vec<Value>>() }))
}

#[derive(Deserialize)]
struct NoteJson {
    text: String,
}

async fn add_note(
    principal: Granted<EventWrite>,
    query: Data<Query>,
    path: Path<IssuePath>,
    body: Json<NoteJson>,
) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    query.catalog.add_note(issue.id, principal.user_id, &body.text).await?;
    let newest = query.catalog.activities(issue.id, 1).await?;
    created(newest.first().map(activity_json).ok_or(QueryError::NotFound("note"))?)
}
