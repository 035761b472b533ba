//! Events: of a project and of an issue, one by one.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_event::ProjectId;
use serde::Deserialize;
use serde_json::Value;

use super::{
    endpoint::Endpoint,
    event_json::{event_json, summary_json},
    in_project::InProject,
    issue::{self, IssuePath, PREFIXES},
    params::Params,
    respond::{Answer, ok, page},
};
use crate::{
    Query, QueryError,
    auth::{EventRead, Granted},
    read::{
        self,
        events::{EventListParams, EventPage, Which},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let of_issue = PREFIXES.map(|prefix| {
        [
            Endpoint::at(format!("{prefix}/events/")).get(list_of_issue),
            Endpoint::at(format!("{prefix}/events/{{event}}/")).get(show_of_issue),
        ]
    });
    let of_project = [
        Endpoint::at("/projects/{organization}/{project}/events/").get(list_of_project),
        Endpoint::at("/projects/{organization}/{project}/events/{event}/").get(show_of_project),
    ];
    of_issue.into_iter().flatten().chain(of_project).collect()
}

async fn list_of_project(
    project: InProject<EventRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let list = list_params(&query, &params)?;
    let found = read::events::list_of_project(&query, &project, &list).await?;
    page(&query, &request, &rows(&found, project.id), &found.pagination, None)
}

async fn list_of_issue(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let list = list_params(&query, &params)?;
    let issue = issue::find(&query, &principal, &path).await?;
    let found = read::events::list_of_issue(&query, &issue, &list).await?;
    page(&query, &request, &rows(&found, issue.project_id), &found.pagination, None)
}

fn list_params(query: &Query, params: &Params) -> Result<EventListParams, QueryError> {
    Ok(EventListParams {
        filter: params.event_filter()?,
        cursor: params.cursor()?,
        limit: params.limit()?,
        window: params.window(query)?,
    })
}

fn rows(page: &EventPage, project: ProjectId) -> Vec<Value> {
    page.events
        .iter()
        .map(|event| summary_json(event, project, page.issues.get(&event.hash).copied()))
        .collect()
}

async fn show_of_project(
    project: InProject<EventRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., event) = path.into_inner();
    let id = event.parse().map_err(|_| QueryError::NotFound("event"))?;
    ok(event_json(&read::events::by_id(&query, &project, id).await?))
}

#[derive(Deserialize)]
struct EventPath {
    event: String,
}

/// `latest`, `oldest`, `recommended` (the latest: nothing tells yet which says most) or an id.
async fn show_of_issue(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    event: Path<EventPath>,
) -> Answer {
    let issue = issue::find(&query, &principal, &path).await?;
    let which = match event.event.as_str() {
        "latest" | "recommended" => Which::Latest,
        "oldest" => Which::Oldest,
        id => Which::Id(id.parse().map_err(|_| QueryError::NotFound("event"))?),
    };
    ok(event_json(&read::events::of_issue(&query, &issue, which).await?))
}
