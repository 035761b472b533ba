//! How a release does, beside another, and whether its rollout may go on.

use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, ok},
    sessions::counts_json,
};
use crate::{
    Query,
    auth::ProjectRead,
    read::{self, release_health::ReleaseRow},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/releases/{version}/health/").get(show)]
}

async fn show(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
    params: Params,
) -> Answer {
    let (window, filter) = (params.span(&query)?, params.event_filter()?);
    let baseline = params.one("baseline")?.filter(|version| !version.is_empty());
    let (.., version) = path.into_inner();
    let environment = filter.environment.as_deref();
    let (found, _) =
        read::release_health::show(&query, &project, &version, baseline, window, environment).await?;
    let new_issues: Vec<Value> = found
        .new_issues
        .iter()
        .map(|(issue, events)| {
            json!({
                "id": issue.id.to_string(),
                "shortId": issue.short_id,
                "title": issue.title,
                "level": issue.level.name(),
                "events": events,
            })
        })
        .collect();
    ok(json!({
        "start": date(Some(window.from)),
        "end": date(Some(window.to)),
        "release": row_json(&found.release),
        "baseline": found.baseline.as_ref().map(row_json),
        "verdict": found.assessment.as_ref().map(|found| found.verdict.name()),
        "reasons": found.assessment.map(|found| found.reasons).unwrap_or_default(),
        "newIssues": new_issues,
    }))
}

/// Shares are null where there is nothing to share.
fn row_json(row: &ReleaseRow) -> Value {
    let (first, last) = row.sessions.as_ref().map(|group| (group.first, group.last)).unzip();
    json!({
        "version": row.version,
        "counts": counts_json(&row.counts()),
        "crashFreeSessions": row.crash_free_sessions(),
        "crashFreeUsers": row.crash_free_users(),
        "anrRate": row.anr_rate(),
        "adoption": {"sessions": row.adoption.sessions, "users": row.adoption.users},
        "firstSession": date(first),
        "lastSession": date(last),
        "issues": {
            "new": row.issues.new,
            "regressed": row.issues.regressed,
            "resolved": row.issues.resolved,
        },
    })
}
