//! Releases of an organisation and, as older clients ask for them, of a project.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use mayday_catalog::{
    access::Principal,
    projects::Project,
    releases::{Release, ReleaseChange},
};
use mayday_event::{ProjectId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    limits,
    release_commits::{CommitJson, RefJson},
    release_json::release_json,
    release_list,
    respond::{Answer, no_content, ok},
};
use crate::{
    Query, QueryError,
    auth::{Granted, Upload, UploadRead},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let of_organization = "/organizations/{organization}/releases/";
    let of_project = "/projects/{organization}/{project}/releases/";
    let long = limits::LONG_BODY_BYTES;
    vec![
        Endpoint::at(of_organization).get(release_list::list).post(create).body_bytes(long),
        Endpoint::at(format!("{of_organization}{{version}}/"))
            .get(show)
            .put(change)
            .delete(delete)
            .body_bytes(long),
        Endpoint::at(format!("{of_organization}{{version}}/previous-with-commits/")).get(previous),
        Endpoint::at(of_project).get(release_list::list_of_project).post(create_in_project).body_bytes(long),
        Endpoint::at(format!("{of_project}{{version}}/"))
            .get(show_of_project)
            .put(change_of_project)
            .delete(delete_of_project)
            .body_bytes(long),
    ]
}

/// What a client says of a release; absent leaves as is.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    version: Option<String>,
    /// Slugs or decimal ids.
    projects: Vec<Value>,
    url: Option<String>,
    date_started: Option<String>,
    date_released: Option<String>,
    /// `open` or `archived`.
    status: Option<String>,
    commits: Option<Vec<CommitJson>>,
    refs: Option<Vec<RefJson>>,
}

impl Said {
    fn change(self, projects: Vec<ProjectId>) -> Result<ReleaseChange, QueryError> {
        let archived = match self.status.as_deref() {
            None => None,
            Some("open") => Some(false),
            Some("archived") => Some(true),
            Some(_) => return Err(QueryError::Invalid("status: must be open or archived".into())),
        };
        Ok(ReleaseChange {
            projects,
            started: time("dateStarted", self.date_started.as_deref())?,
            released: time("dateReleased", self.date_released.as_deref())?,
            url: self.url,
            archived,
            commits: self.commits.map(|commits| commits.into_iter().map(CommitJson::commit).collect()),
            refs: self.refs.map(|refs| refs.into_iter().map(RefJson::head).collect()),
        })
    }
}

/// A time as a client writes it.
pub(super) fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, QueryError> {
    let Some(text) = text else { return Ok(None) };
    let unreadable =
        || QueryError::Invalid(format!("{name}: {text:?} is not a time such as 2026-11-24T03:42:01Z"));
    Timestamp::parse(text).map(Some).ok_or_else(unreadable)
}

/// Projects as clients name them: slugs, or ids as numbers or texts.
pub(super) async fn project_ids(
    query: &Query,
    principal: &Principal,
    named: &[Value],
) -> Result<Vec<ProjectId>, QueryError> {
    let all = query.catalog.projects(principal.organization_id).await?;
    let find = |named: &Value| {
        let name = named.as_str().map_or_else(|| named.to_string(), str::to_owned);
        let found = all.iter().find(|project| project.is_called(&name));
        found.map(|project| project.id).ok_or(QueryError::NotFound("project"))
    };
    named.iter().map(find).collect()
}

/// 201, or 208 if it was known before.
async fn create(
    principal: Granted<Upload>,
    query: Data<Query>,
    organization: Path<String>,
    body: Json<Said>,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let projects = project_ids(&query, &principal, &body.projects).await?;
    make(&query, &principal, body.into_inner(), projects).await
}

async fn create_in_project(project: InProject<Upload>, query: Data<Query>, body: Json<Said>) -> Answer {
    make(&query, &project.principal, body.into_inner(), vec![project.id]).await
}

async fn make(query: &Query, principal: &Principal, mut said: Said, projects: Vec<ProjectId>) -> Answer {
    let version = said.version.take().ok_or_else(|| QueryError::Invalid("version: give one".into()))?;
    let change = said.change(projects)?;
    let organization = principal.organization_id;
    let is_new = query.catalog.create_release(organization, &version, &change).await?;
    let release = query.catalog.release(organization, &version).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::ALREADY_REPORTED };
    Ok(HttpResponse::build(status).json(release_json(&release)))
}

async fn show(principal: Granted<UploadRead>, query: Data<Query>, path: Path<(String, String)>) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    ok(release_json(&query.catalog.release(principal.organization_id, &version).await?))
}

async fn show_of_project(
    project: InProject<UploadRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., version) = path.into_inner();
    ok(release_json(&of_project(&query, &project, &version).await?))
}

async fn change(
    principal: Granted<Upload>,
    query: Data<Query>,
    path: Path<(String, String)>,
    body: Json<Said>,
) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    let projects = project_ids(&query, &principal, &body.projects).await?;
    changed(&query, &principal, &version, body.into_inner(), projects).await
}

async fn change_of_project(
    project: InProject<Upload>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
    body: Json<Said>,
) -> Answer {
    let (.., version) = path.into_inner();
    let release = of_project(&query, &project, &version).await?;
    changed(&query, &project.principal, &release.version, body.into_inner(), Vec::new()).await
}

async fn changed(
    query: &Query,
    principal: &Principal,
    version: &str,
    said: Said,
    projects: Vec<ProjectId>,
) -> Answer {
    let change = said.change(projects)?;
    let organization = principal.organization_id;
    query.catalog.change_release(organization, version, &change).await?;
    ok(release_json(&query.catalog.release(organization, version).await?))
}

async fn delete(principal: Granted<Upload>, query: Data<Query>, path: Path<(String, String)>) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    query.catalog.delete_release(principal.organization_id, &version).await?;
    no_content()
}

async fn delete_of_project(
    project: InProject<Upload>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., version) = path.into_inner();
    let release = of_project(&query, &project, &version).await?;
    query.catalog.delete_release(project.organization_id, &release.version).await?;
    no_content()
}

/// The newest other release with commits; `{}` if there is none.
async fn previous(
    principal: Granted<UploadRead>,
    query: Data<Query>,
    path: Path<(String, String)>,
) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    let organization = principal.organization_id;
    let found = query.catalog.previous_release_with_commits(organization, &version).await?;
    ok(found.as_ref().map_or_else(|| json!({}), release_json))
}

/// A release, if it is one of the project's.
async fn of_project(query: &Query, project: &Project, version: &str) -> Result<Release, QueryError> {
    let release = query.catalog.release(project.organization_id, version).await?;
    match release.projects.iter().any(|of| of.id == project.id) {
        true => Ok(release),
        false => Err(QueryError::NotFound("release")),
    }
}
