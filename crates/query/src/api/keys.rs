//! DSN keys of a project.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::{
    keys::RateLimit,
    projects::{DsnKey, DsnKeyChange},
};
use mayday_event::PublicKey;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, created, date, no_content, ok, whole},
};
use crate::{
    Query, QueryError,
    auth::{Administrator, ProjectRead, ProjectWrite},
    change, read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/keys/").get(list).post(create),
        Endpoint::at("/projects/{organization}/{project}/keys/{key}/")
            .get(show)
            .put(change_key)
            .delete(delete),
    ]
}

async fn list(project: InProject<ProjectRead>, query: Data<Query>, request: HttpRequest) -> Answer {
    let keys = read::projects::keys(&query, &project).await?;
    whole(&query, &request, &keys.iter().map(|key| key_json(&query, key)).collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct NewKey {
    name: Option<String>,
}

async fn create(
    project: InProject<Administrator<ProjectWrite>>,
    query: Data<Query>,
    body: Json<NewKey>,
) -> Answer {
    let name = body.name.as_deref().unwrap_or("Default");
    created(key_json(&query, &change::keys::create(&query, &project.principal, &project, name).await?))
}

async fn show(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., key) = path.into_inner();
    let public_key = parse_key(&key)?;
    let keys = read::projects::keys(&query, &project).await?;
    let key = keys.iter().find(|key| key.public_key == public_key).ok_or(QueryError::NotFound("key"))?;
    ok(key_json(&query, key))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyChange {
    name: Option<String>,
    is_active: Option<bool>,
    /// Null lifts the limit, absence leaves it.
    #[serde(default, deserialize_with = "present")]
    rate_limit: Option<Option<RateLimitJson>>,
}

#[derive(Deserialize)]
struct RateLimitJson {
    /// Seconds.
    window: u32,
    count: u32,
}

async fn change_key(
    project: InProject<Administrator<ProjectWrite>>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
    body: Json<KeyChange>,
) -> Answer {
    let (.., key) = path.into_inner();
    let KeyChange { name, is_active, rate_limit } = body.into_inner();
    // As in Sentry, a count or a window of 0 is no limit.
    let rate_limit = rate_limit.map(|limit| {
        limit
            .filter(|limit| limit.count > 0 && limit.window > 0)
            .map(|limit| RateLimit { count: limit.count, window_seconds: limit.window })
    });
    let wanted = DsnKeyChange { label: name, active: is_active, rate_limit };
    let key = change::keys::change(&query, &project.principal, &project, parse_key(&key)?, &wanted).await?;
    ok(key_json(&query, &key))
}

async fn delete(
    project: InProject<Administrator<ProjectWrite>>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., key) = path.into_inner();
    change::keys::delete(&query, &project.principal, &project, parse_key(&key)?).await?;
    no_content()
}

fn parse_key(text: &str) -> Result<PublicKey, QueryError> {
    text.parse().map_err(|_| QueryError::NotFound("key"))
}

/// Tells null (`Some(None)`) from absence (`None`, by `default`).
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// As Sentry has it, with the public key as `id`.
fn key_json(query: &Query, key: &DsnKey) -> Value {
    json!({
        "id": key.public_key.to_string(),
        "name": key.label,
        "label": key.label,
        "public": key.public_key.to_string(),
        "projectId": key.project_id.0,
        "isActive": key.active,
        "rateLimit": key.rate_limit.map(|limit| json!({
            "window": limit.window_seconds,
            "count": limit.count,
        })),
        "dsn": { "public": read::projects::dsn(query, key) },
        "dateCreated": date(Some(key.created)),
    })
}
