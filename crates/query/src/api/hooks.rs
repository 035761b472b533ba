//! Hooks of a project and the history of their deliveries.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::alerts::{Delivery, DeliveryState, Hook};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, created, date, no_content, whole},
};
use crate::{
    Query, QueryError,
    auth::{Administrator, ProjectRead, ProjectWrite},
    change::{self, hooks::NewHook},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/hooks/").get(list).post(create),
        // Before the one by id, which would match it too.
        Endpoint::at("/projects/{organization}/{project}/hooks/deliveries/").get(deliveries),
        Endpoint::at("/projects/{organization}/{project}/hooks/{hook}/").delete(delete),
    ]
}

async fn list(project: InProject<ProjectRead>, query: Data<Query>, request: HttpRequest) -> Answer {
    let hooks = read::hooks::list(&query, &project).await?;
    whole(&query, &request, &hooks.iter().map(hook_json).collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct NewHookJson {
    url: String,
    events: Vec<String>,
    secret: Option<String>,
}

/// 201 with the secret, which is shown this once.
async fn create(
    project: InProject<Administrator<ProjectWrite>>,
    query: Data<Query>,
    body: Json<NewHookJson>,
) -> Answer {
    let hook = NewHook {
        url: &body.url,
        events: body.events.iter().map(String::as_str).collect(),
        secret: body.secret.as_deref(),
    };
    let hook = change::hooks::create(&query, &project, hook).await?;
    let mut json = hook_json(&hook);
    json["secret"] = hook.secret.into();
    created(json)
}

async fn delete(
    project: InProject<Administrator<ProjectWrite>>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., hook) = path.into_inner();
    let id = hook.parse().map_err(|_| QueryError::NotFound("hook"))?;
    change::hooks::delete(&query, &project, id).await?;
    no_content()
}

async fn deliveries(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let deliveries = read::hooks::deliveries(&query, &project, params.limit()?).await?;
    whole(&query, &request, &deliveries.iter().map(delivery_json).collect::<Vec<_>>())
}

fn hook_json(hook: &Hook) -> Value {
    json!({
        "id": hook.id.to_string(),
        "url": hook.url,
        "events": hook.events.iter().map(|kind| kind.action()).collect::<Vec<_>>(),
        "status": if hook.active { "active" } else { "disabled" },
        "dateCreated": date(Some(hook.created)),
    })
}

fn delivery_json(delivery: &Delivery) -> Value {
    let next_attempt = (delivery.state == DeliveryState::Pending).then_some(delivery.next_attempt);
    json!({
        "id": delivery.id,
        "hookId": delivery.hook_id.to_string(),
        "url": delivery.url,
        "action": delivery.transition.kind.action(),
        "issueId": delivery.transition.issue_id.to_string(),
        "eventId": delivery.transition.event_id.to_string(),
        "reason": delivery.transition.reason,
        "state": delivery.state.name(),
        "attempts": delivery.attempts,
        "lastStatus": delivery.last_status,
        "lastError": delivery.last_error,
        "nextAttempt": date(next_attempt),
        "dateCreated": date(Some(delivery.created)),
        "dateDelivered": date(delivery.delivered),
    })
}
