//! Deploys of a release.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::releases::NewDeploy;
use serde::Deserialize;

use super::{
    endpoint::Endpoint,
    release_json::deploy_json,
    releases::time,
    respond::{Answer, created, whole},
};
use crate::{
    Query,
    auth::{Granted, Upload, UploadRead},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/releases/{version}/deploys/").get(list).post(create)]
}

/// The newest first.
async fn list(
    principal: Granted<UploadRead>,
    query: Data<Query>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    query.catalog.release(principal.organization_id, &version).await?;
    let deploys = query.catalog.deploys(principal.organization_id, &version).await?;
    whole(&query, &request, &deploys.iter().map(deploy_json).collect::<Vec<_>>())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewDeployJson {
    environment: String,
    name: Option<String>,
    url: Option<String>,
    date_started: Option<String>,
    date_finished: Option<String>,
}

async fn create(
    principal: Granted<Upload>,
    query: Data<Query>,
    path: Path<(String, String)>,
    body: Json<NewDeployJson>,
) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    let body = body.into_inner();
    let new = NewDeploy {
        environment: body.environment,
        name: body.name.unwrap_or_default(),
        url: body.url.unwrap_or_default(),
        started: time("dateStarted", body.date_started.as_deref())?,
        finished: time("dateFinished", body.date_finished.as_deref())?,
    };
    created(deploy_json(&query.catalog.create_deploy(principal.organization_id, &version, new).await?))
}
