//! One issue. Everything about it is at `/issues/{issue}/…` and at `/organizations/{organization}/issues/{issue}/…`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json, Path},
};
use mayday_catalog::{access::Principal, issues::Issue};
use mayday_event::GroupHash;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    event_json::summary_json,
    issue_json::{Asked, IssueChangeJson, activity_json, issue_value},
    issue_tags::facet_json,
    params::Params,
    respond::{Answer, no_content, ok, series, whole},
};
use crate::{
    Query, QueryError,
    auth::{EventAdmin, EventRead, EventWrite, Granted},
    change, read,
};

/// Where an issue is.
pub(super) const PREFIXES: [&str; 2] = ["/issues/{issue}", "/organizations/{organization}/issues/{issue}"];

/// The segments of [`PREFIXES`].
#[derive(Deserialize)]
pub(super) struct IssuePath {
    organization: Option<String>,
    issue: String,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = PREFIXES.map(|prefix| {
        [
            Endpoint::at(format!("{prefix}/")).get(show).put(change).delete(remove),
            Endpoint::at(format!("{prefix}/hashes/")).get(hashes).delete(unmerge),
        ]
    });
    endpoints.into_iter().flatten().collect()
}

/// The issue that a path leads to.
pub(super) async fn find(
    query: &Query,
    principal: &Principal,
    path: &IssuePath,
) -> Result<Issue, QueryError> {
    if let Some(organization) = &path.organization {
        read::projects::check_organization(principal, organization)?;
    }
    read::issues::find(query, principal, &path.issue).await
}

async fn show(principal: Granted<EventRead>, query: Data<Query>, path: Path<IssuePath>) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    let detail = read::issues::detail(&query, issue).await?;
    let stats = json!({ "24h": series(&detail.last_day), "30d": series(&detail.last_month) });
    let tags = detail.facets.iter().map(facet_json).collect();
    let activity = detail.activities.iter().map(activity_json).collect();
    let more = [("stats", stats), ("tags", tags), ("activity", activity)];
    ok(issue_value(&query, &detail.issue, detail.counts, more)?)
}

async fn change(
    principal: Granted<EventWrite>,
    query: Data<Query>,
    path: Path<IssuePath>,
    body: Json<Value>,
) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    let change = match IssueChangeJson::read(body.into_inner())?.into_asked(&query, &principal).await? {
        Asked::Change(change) => change,
        Asked::Discard => {
            principal.check::<EventAdmin>()?;
            change::issues::discard(&query, &principal, issue.id).await?;
            return no_content();
        }
        Asked::Merge => {
            let where_to = "merge: takes several issues; see /projects/{organization}/{project}/issues/";
            return Err(QueryError::Invalid(where_to.into()));
        }
    };
    let issue = change::issues::change(&query, &principal, issue.id, &change).await?;
    let counts = read::issues::counts(&query, &issue).await?;
    ok(issue_value(&query, &issue, counts, [])?)
}

/// 202: the issue is gone, its events follow within minutes.
async fn remove(principal: Granted<EventAdmin>, query: Data<Query>, path: Path<IssuePath>) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    change::issues::delete(&query, &principal, issue.id).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The fingerprints that lead to the issue, each with its latest event.
async fn hashes(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    let limit = params.limit()?;
    let mut rows = Vec::new();
    for hash in issue.hashes.iter().take(limit) {
        let latest = read::events::latest_of_hash(&query, &issue, *hash).await?;
        let latest = latest.map(|event| summary_json(&event, issue.project_id, Some(issue.id)));
        rows.push(json!({ "id": hash.to_string(), "latestEvent": latest }));
    }
    whole(&query, &request, &rows)
}

/// Gives fingerprints, named by `id`, to issues of their own: those that they were merged from, else new ones.
async fn unmerge(
    principal: Granted<EventWrite>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    let mut hashes: Vec<GroupHash> = params
        .all("id")
        .map(|text| text.parse().map_err(|_| QueryError::Invalid(format!("id: {text:?} is no fingerprint"))))
        .collect::<Result<_, _>>()?;
    hashes.sort_unstable();
    hashes.dedup();
    if hashes.is_empty() {
        return Err(QueryError::Invalid(
            "id: is missing; name the fingerprints to part from the issue".into(),
        ));
    }
    let ids = change::issues::unmerge(&query, &principal, &issue, &hashes).await?;
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Ok(HttpResponse::Accepted().json(json!({ "issues": ids })))
}
