//! Artifact bundles: minified files, source maps and sources, put together of chunks.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    debug_files::state_json,
    endpoint::Endpoint,
    in_project::InProject,
    limits,
    params::Params,
    respond::{Answer, date, no_content, ok, whole},
};
use crate::{
    Query, QueryError,
    auth::{Granted, ProjectWrite, Upload, UploadRead},
    read,
    upload::{self, BundleUpload, Started, State, Uploads},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let bundles = "/projects/{organization}/{project}/files/artifact-bundles/";
    vec![
        Endpoint::at("/organizations/{organization}/artifactbundle/assemble/")
            .post(assemble)
            .body_bytes(limits::LONG_BODY_BYTES),
        Endpoint::at(bundles).get(list).delete(delete),
    ]
}

#[derive(Deserialize)]
struct Announced {
    checksum: String,
    chunks: Vec<String>,
    /// Slugs or decimal ids.
    #[serde(default)]
    projects: Vec<Value>,
    version: Option<String>,
    dist: Option<String>,
}

async fn assemble(
    principal: Granted<Upload>,
    query: Data<Query>,
    uploads: Data<Uploads>,
    organization: Path<String>,
    body: Json<Announced>,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let Announced { checksum, chunks, projects, version, dist } = body.into_inner();
    let projects = super::releases::project_ids(&query, &principal, &projects).await?;
    if projects.is_empty() {
        return Err(QueryError::Invalid("projects: give at least one".into()));
    }
    let version = version.filter(|version| !version.is_empty());
    let bundle =
        BundleUpload { projects, version, dist: dist.unwrap_or_default(), by: principal.email.clone() };
    let file = upload::Upload::new(principal.organization_id, "artifacts".into(), &checksum, &chunks)?;
    if bundle.is_known(&query, &file).await? {
        return ok(state_json(&State::Ok));
    }
    let started: Started = bundle.start(&query, &uploads, file).await?;
    let states = upload::wait(vec![started]).await;
    ok(states.first().map_or(Value::Null, state_json))
}

/// The newest first.
async fn list(
    project: InProject<UploadRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let mut rows = Vec::new();
    for bundle in query.catalog.artifact_bundles(project.id, params.limit()?).await? {
        let releases = query.catalog.releases_of_bundle(bundle.id).await?;
        let releases: Vec<Value> = releases
            .into_iter()
            .map(|(release, dist)| json!({ "release": release, "dist": super::respond::known(&dist) }))
            .collect();
        rows.push(json!({
            "id": bundle.id.to_string(),
            "sha1": bundle.sha1,
            "size": bundle.bytes,
            "fileCount": bundle.files,
            "associations": releases,
            "uploadedBy": bundle.uploaded_by,
            "date": date(Some(mayday_event::Timestamp(bundle.uploaded))),
        }));
    }
    whole(&query, &request, &rows)
}

/// `?id=`: takes one from the project.
async fn delete(project: InProject<ProjectWrite>, query: Data<Query>, params: Params) -> Answer {
    let id = params.one("id")?.ok_or_else(|| QueryError::Invalid("id: give one".into()))?;
    let id = id.parse().map_err(|_| QueryError::NotFound("artifact bundle"))?;
    query.catalog.delete_artifact_bundle(project.id, id).await?;
    no_content()
}
