//! Where else than among its uploads a project's symbols are looked for.

use actix_web::web::{Data, Json};
use serde_json::Value;

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, ok},
};
use crate::{
    Query,
    auth::{ProjectRead, ProjectWrite},
    change, read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/symbol-sources/").get(list).put(replace)]
}

async fn list(project: InProject<ProjectRead>, query: Data<Query>) -> Answer {
    ok(read::symbol_sources::list(&query, &project).await?)
}

/// All of them, in order; gives them back.
async fn replace(project: InProject<ProjectWrite>, query: Data<Query>, body: Json<Vec<Value>>) -> Answer {
    change::symbol_sources::put(&query, &project.principal, &project, &body).await?;
    ok(read::symbol_sources::list(&query, &project).await?)
}
