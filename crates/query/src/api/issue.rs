//! One issue. Everything about it is at `/issues/{issue}/…` and at `/organizations/{organization}/issues/{issue}/…`.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::{access::Principal, issues::Issue};
use mayday_event::GroupHash;
use mayday_store::queries::EventFilter;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    event_json::summary_json,
    issue_json::{IssueChangeJson, issue_value},
    issue_tags::facet_json,
    params::Params,
    respond::{Answer, ok, series, whole},
};
use crate::{
    Query, QueryError,
    auth::{EventRead, EventWrite, Granted},
    change,
    read::{self, events::EventListParams},
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
            Endpoint::at(format!("{prefix}/")).get(show).put(change),
            Endpoint::at(format!("{prefix}/hashes/")).get(hashes),
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
    ok(issue_value(&query, &detail.issue, detail.counts, [("stats", stats), ("tags", tags)])?)
}

async fn change(
    principal: Granted<EventWrite>,
    query: Data<Query>,
    path: Path<IssuePath>,
    body: Json<IssueChangeJson>,
) -> Answer {
    let issue = find(&query, &principal, &path).await?;
    let change = body.into_inner().into_change(&query, &principal).await?;
    let issue = change::issues::change(&query, &principal, issue.id, &change).await?;
    let counts = read::issues::counts(&query, &issue).await?;
    ok(issue_value(&query, &issue, counts, [])?)
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
        rows.push(json!({ "id": hash.to_string(), "latestEvent": latest(&query, &issue, *hash).await? }));
    }
    whole(&query, &request, &rows)
}

async fn latest(query: &Query, issue: &Issue, hash: GroupHash) -> Result<Option<Value>, QueryError> {
    let of_hash = Issue { hashes: vec![hash], ..issue.clone() };
    let params = EventListParams { filter: EventFilter::default(), limit: 1, ..EventListParams::default() };
    let found = read::events::list_of_issue(query, &of_hash, &params).await?;
    Ok(found.events.first().map(|event| summary_json(event, issue.project_id, Some(issue.id))))
}
