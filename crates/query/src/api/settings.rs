//! What a project decides about its reports: limits, filters, privacy, payloads.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::settings::{Section, SettingsChange};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    params::Params,
    respond::{Answer, date, ok, whole},
};
use crate::{
    Query,
    auth::{Administrator, Granted, ProjectRead, ProjectWrite},
    change, read,
};

type ProjectPath = Path<(String, String)>;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let all_changes = Endpoint::at("/projects/{organization}/{project}/settings/changes/").get(changes);
    let sections = Section::ALL.into_iter().map(|section| {
        Endpoint::at(format!("/projects/{{organization}}/{{project}}/settings/{}/", section.name()))
            .get(move |principal, query, path| show(section, principal, query, path))
            .put(move |principal, query, path, body| replace(section, principal, query, path, body))
    });
    sections.chain([all_changes]).collect()
}

async fn show(
    section: Section,
    principal: Granted<ProjectRead>,
    query: Data<Query>,
    path: ProjectPath,
) -> Answer {
    let (organization, project) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    ok(read::settings::section(&query, &project, section))
}

async fn replace(
    section: Section,
    principal: Granted<Administrator<ProjectWrite>>,
    query: Data<Query>,
    path: ProjectPath,
    body: Json<Value>,
) -> Answer {
    let (organization, project) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    ok(change::settings::put(&query, &principal, &project, section, &body).await?)
}

async fn changes(
    principal: Granted<ProjectRead>,
    query: Data<Query>,
    path: ProjectPath,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let (organization, project) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    let changes = read::settings::changes(&query, &project, &[], params.limit()?).await?;
    whole(&query, &request, &changes.iter().map(change_json).collect::<Vec<_>>())
}

fn change_json(change: &SettingsChange) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "id": change.id.to_string(),
        "section": change.subject.name(),
        "old": change.old.as_deref().map(parsed),
        "new": parsed(&change.new),
        "changedBy": change.by,
        "dateCreated": date(Some(change.changed)),
    })
}

#[cfg(test)]
mod tests;
