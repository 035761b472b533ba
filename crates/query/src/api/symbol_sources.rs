//! Where else than among its uploads a project's symbols are looked for.

use actix_web::web::{Data, Json, Path};
use serde_json::Value;

use super::{
    endpoint::Endpoint,
    respond::{Answer, ok},
};
use crate::{
    Query,
    auth::{Granted, ProjectRead, ProjectWrite},
    change, read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/symbol-sources/").get(list).put(replace)]
}

async fn list(principal: Granted<ProjectRead>, query: Data<Query>, path: Path<(String, String)>) -> Answer {
    let (organization, project) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    ok(read::symbol_sources::list(&query, &project).await?)
}

/// All of them, in order; gives them back.
async fn replace(
    principal: Granted<ProjectWrite>,
    query: Data<Query>,
    path: Path<(String, String)>,
    body: Json<Vec<Value>>,
) -> Answer {
    let (organization, project) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    change::symbol_sources::put(&query, &principal, &project, &body).await?;
    ok(read::symbol_sources::list(&query, &project).await?)
}
