//! What a project discarded for ever; Sentry calls it tombstones.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_catalog::discards::Discard;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, no_content, whole},
};
use crate::{
    Query, QueryError,
    auth::{EventAdmin, EventRead},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/tombstones/").get(list),
        Endpoint::at("/projects/{organization}/{project}/tombstones/{tombstone}/").delete(undo),
    ]
}

async fn list(
    project: InProject<EventRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let discards = query.catalog.discards(project.id, params.limit()?).await?;
    whole(&query, &request, &discards.iter().map(tombstone_json).collect::<Vec<_>>())
}

/// Events of it are stored again from now on.
async fn undo(
    project: InProject<EventAdmin>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., tombstone) = path.into_inner();
    let id = tombstone.parse().map_err(|_| QueryError::NotFound("discard"))?;
    query.catalog.undo_discard(project.id, id).await?;
    no_content()
}

fn tombstone_json(discard: &Discard) -> Value {
    json!({
        "id": discard.id.to_string(),
        "title": discard.title,
        "culprit": discard.culprit,
        "actor": discard.discarded_by.as_ref().map(|email| json!({ "email": email })),
        "dateAdded": date(Some(discard.created)),
    })
}
