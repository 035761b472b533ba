//! Projects.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::projects::Project;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, created, date, known, ok, whole},
};
use crate::{
    Query,
    auth::{Granted, ProjectRead, ProjectWrite},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/").get(list),
        Endpoint::at("/organizations/{organization}/projects/").get(list_of_organization).post(create),
        Endpoint::at("/projects/{organization}/{project}/").get(show),
    ]
}

async fn list(principal: Granted<ProjectRead>, query: Data<Query>, request: HttpRequest) -> Answer {
    let projects = read::projects::list(&query, &principal).await?;
    whole(&query, &request, &projects.iter().map(project_json).collect::<Vec<_>>())
}

async fn list_of_organization(
    principal: Granted<ProjectRead>,
    query: Data<Query>,
    organization: Path<String>,
    request: HttpRequest,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    list(principal, query, request).await
}

#[derive(Deserialize)]
struct NewProject {
    name: String,
    slug: Option<String>,
    platform: Option<String>,
}

async fn create(
    principal: Granted<ProjectWrite>,
    query: Data<Query>,
    organization: Path<String>,
    body: Json<NewProject>,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let NewProject { name, slug, platform } = body.into_inner();
    let platform = platform.unwrap_or_default();
    let project =
        query.catalog.create_project(principal.organization_id, &name, slug.as_deref(), &platform).await?;
    created(project_json(&project))
}

async fn show(project: InProject<ProjectRead>) -> Answer {
    ok(project_json(&project))
}

fn project_json(project: &Project) -> Value {
    json!({
        "id": project.id.to_string(),
        "slug": project.slug,
        "name": project.name,
        "platform": known(&project.platform),
        "dateCreated": date(Some(project.created)),
        "status": "active",
        "isMember": true,
        "hasAccess": true,
        "isBookmarked": false,
        "features": [],
        "teams": [],
        "organization": {
            "id": project.organization_id.to_string(),
            "slug": project.organization_slug,
        },
    })
}
