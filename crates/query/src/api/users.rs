//! Deleting one user's data.

use actix_web::web::{Data, Path};
use serde_json::json;

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, ok},
};
use crate::{
    Query,
    auth::{Administrator, EventAdmin},
    change,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/users/{user}/").delete(delete)]
}

/// `user` as an event's tag `user` has it: `id:42`, `email:ann@example.com`, `username:ann` or `ip:203.0.113.7`.
async fn delete(
    project: InProject<Administrator<EventAdmin>>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., user) = path.into_inner();
    let deleted = change::users::delete(&query, &project, &user).await?;
    ok(json!({
        "user": user,
        "events": deleted.events,
        "userFeedback": deleted.feedback,
        "attachments": deleted.attachments,
    }))
}
