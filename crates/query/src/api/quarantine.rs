//! Reports of a project that were set aside because a step failed on them.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use mayday_catalog::quarantine::Quarantined;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, whole},
};
use crate::{
    Query, QueryError,
    auth::{EventRead, EventWrite},
    change, read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/quarantine/").get(list),
        Endpoint::at("/projects/{organization}/{project}/quarantine/{report}/replay/").post(replay),
    ]
}

async fn list(
    project: InProject<EventRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let reports = read::quarantine::list(&query, &project, params.limit()?).await?;
    whole(&query, &request, &reports.iter().map(report_json).collect::<Vec<_>>())
}

/// 202: the report is in the journal again, the worker will get to it.
async fn replay(
    project: InProject<EventWrite>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., report) = path.into_inner();
    let id = report.parse().map_err(|_| QueryError::NotFound("quarantined report"))?;
    change::quarantine::replay(&query, &project, id).await?;
    Ok(HttpResponse::Accepted().json(json!({ "id": report, "status": "replayed" })))
}

fn report_json(report: &Quarantined) -> Value {
    json!({
        "id": report.id.to_string(),
        "projectId": report.project_id.to_string(),
        "eventId": report.event_id.to_string(),
        "step": report.step,
        "reason": report.reason,
        "dateCreated": date(Some(report.created)),
    })
}
