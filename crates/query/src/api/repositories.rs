//! Repositories that releases may name.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::releases::Repository;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    respond::{Answer, created, date, known, whole},
};
use crate::{
    Query,
    auth::{Granted, Upload, UploadRead},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/repos/").get(list).post(create)]
}

async fn list(
    principal: Granted<UploadRead>,
    query: Data<Query>,
    organization: Path<String>,
    request: HttpRequest,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let repositories = query.catalog.repositories(principal.organization_id).await?;
    whole(&query, &request, &repositories.iter().map(repository_json).collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct NewRepository {
    name: String,
    url: Option<String>,
}

async fn create(
    principal: Granted<Upload>,
    query: Data<Query>,
    organization: Path<String>,
    body: Json<NewRepository>,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let url = body.url.as_deref().unwrap_or_default();
    let repository = query.catalog.create_repository(principal.organization_id, &body.name, url).await?;
    created(repository_json(&repository))
}

fn repository_json(repository: &Repository) -> Value {
    json!({
        "id": repository.id.to_string(),
        "name": repository.name,
        "url": known(&repository.url),
        "provider": { "id": "unknown", "name": "Unknown provider" },
        "status": "active",
        "dateCreated": date(Some(repository.created)),
    })
}
