//! Releases of an organisation and of a project, in lists: with how they do, if that is asked.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_catalog::{access::Principal, projects::Project, releases::ReleaseFilter};
use mayday_event::Timestamp;
use mayday_store::queries::Window;
use serde_json::{Value, json};

use super::{
    in_project::InProject,
    organization_sessions::{named_projects, projects},
    params::Params,
    release_json::release_json,
    respond::{Answer, page},
};
use crate::{
    Query, QueryError,
    auth::{Granted, ProjectRead, UploadRead},
    health::Share,
    read::{
        self,
        release_health::ReleaseRow,
        release_list::{self, ListedRelease},
        release_order::{self, Sort},
    },
};

/// Days whose sessions are counted, when nobody says how many.
const DAYS: i64 = 14;

const SORTS: [(&str, Sort); 6] = [
    ("date", Sort::Date),
    ("semver", Sort::Semver),
    ("sessions", Sort::Sessions),
    ("users", Sort::Users),
    ("crash_free_sessions", Sort::CrashFreeSessions),
    ("crash_free_users", Sort::CrashFreeUsers),
];

pub(super) async fn list(
    principal: Granted<UploadRead>,
    query: Data<Query>,
    organization: Path<String>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    match health_sort(&query, &params)? {
        Some(by) => {
            principal.check::<ProjectRead>()?;
            let projects = projects(&query, &principal, &params).await?;
            with_health(&query, &projects, &params, &request, by).await
        }
        None => {
            let projects = named_projects(&query, &principal, &params).await?.unwrap_or_default();
            plain(&query, &principal, &projects, &params, &request).await
        }
    }
}

pub(super) async fn list_of_project(
    project: InProject<UploadRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let projects = std::slice::from_ref(&*project);
    match health_sort(&query, &params)? {
        Some(by) => {
            project.principal.check::<ProjectRead>()?;
            with_health(&query, projects, &params, &request, by).await
        }
        None => plain(&query, &project.principal, projects, &params, &request).await,
    }
}

/// How to sort what cannot be answered without sessions; `None`: nothing asks for them.
fn health_sort(query: &Query, params: &Params) -> Result<Option<Sort>, QueryError> {
    // A window that makes no sense is said so, also to whom it does not matter.
    window(query, params)?;
    let wants_health = params.switch("health", false)?;
    let name = params.filled("sort")?.unwrap_or("date");
    let unknown = || QueryError::none_of("sort", name, &SORTS.map(|(known, _)| known));
    let (_, by) = SORTS.into_iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
    Ok((wants_health || by != Sort::Date).then_some(by))
}

/// Whose sessions count.
fn window(query: &Query, params: &Params) -> Result<Window, QueryError> {
    params.span_or(query, DAYS * Timestamp::DAY_MS)
}

/// Of these projects; none: of all.
async fn plain(
    query: &Query,
    principal: &Principal,
    projects: &[Project],
    params: &Params,
    request: &HttpRequest,
) -> Answer {
    let text = params.one("query")?.unwrap_or_default().to_owned();
    let projects = projects.iter().map(|project| project.id).collect();
    let filter = ReleaseFilter { text, projects, ..ReleaseFilter::default() };
    let (cursor, limit) = (params.cursor()?, params.limit()?);
    let (releases, pagination) =
        release_list::known(query, principal.organization_id, filter, cursor, limit).await?;
    page(query, request, &releases.iter().map(release_json).collect::<Vec<_>>(), &pagination, None)
}

async fn with_health(
    query: &Query,
    projects: &[Project],
    params: &Params,
    request: &HttpRequest,
    by: Sort,
) -> Answer {
    let (limit, window, cursor) = (params.limit()?, window(query, params)?, params.cursor()?);
    let (text, environment) = (params.one("query")?.unwrap_or_default(), params.filled("environment")?);
    let found = release_list::list(query, projects, text, window, environment).await?;
    let (found, pagination) = release_order::page(found, ListedRelease::measures, by, cursor, limit);
    page(query, request, &found.iter().map(listed_json).collect::<Vec<_>>(), &pagination, None)
}

fn listed_json(listed: &ListedRelease) -> Value {
    let mut json = release_json(&listed.release);
    json["newGroups"] = listed.new_issues().into();
    for project in json["projects"].as_array_mut().into_iter().flatten() {
        let row = listed.health.iter().find(|(id, _)| project["id"] == id.0).map(|(_, row)| row);
        if let Some(row) = row {
            project["newGroups"] = row.issues.new.into();
            project["healthData"] = health_json(row);
        }
    }
    json
}

/// With Sentry's names; shares in percent.
fn health_json(row: &ReleaseRow) -> Value {
    let percent = |share: Option<f64>| share.map(|share| share * 100.0);
    let rate = |share: Option<Share>| percent(share.map(|share| share.rate));
    let counts = row.counts();
    json!({
        "hasHealthData": row.sessions.is_some(),
        "totalSessions": counts.sessions,
        "totalUsers": counts.users,
        "sessionsErrored": counts.errored,
        "sessionsCrashed": counts.crashed,
        "crashFreeSessions": rate(row.crash_free_sessions()),
        "crashFreeUsers": rate(row.crash_free_users()),
        "adoption": percent(row.adoption.users),
        "sessionsAdoption": percent(row.adoption.sessions),
    })
}
