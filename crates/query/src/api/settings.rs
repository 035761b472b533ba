//! What a project decides about its reports: limits, filters, privacy, payloads.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use mayday_catalog::settings::{Section, SettingsChange};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, ok, whole},
};
use crate::{
    Query,
    auth::{Administrator, ProjectRead, ProjectWrite},
    change, read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let all_changes = Endpoint::at("/projects/{organization}/{project}/settings/changes/").get(changes);
    let sections = Section::ALL.into_iter().map(|section| {
        Endpoint::at(format!("/projects/{{organization}}/{{project}}/settings/{}/", section.name()))
            .get(move |project, query| show(section, project, query))
            .put(move |project, query, body| replace(section, project, query, body))
    });
    sections.chain([all_changes]).collect()
}

async fn show(section: Section, project: InProject<ProjectRead>, query: Data<Query>) -> Answer {
    ok(read::settings::section(&query, &project, section))
}

async fn replace(
    section: Section,
    project: InProject<Administrator<ProjectWrite>>,
    query: Data<Query>,
    body: Json<Value>,
) -> Answer {
    ok(change::settings::put(&query, &project.principal, &project, section, &body).await?)
}

async fn changes(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
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
