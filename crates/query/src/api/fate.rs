//! What became of an event id.

use actix_web::web::{Data, Path};
use mayday_catalog::projects::Project;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, date, known, ok},
};
use crate::{
    Query, QueryError,
    auth::EventRead,
    read::{
        self,
        fate::{FateView, Happening, What},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/events/{event}/fate/").get(show)]
}

async fn show(
    project: InProject<EventRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., event) = path.into_inner();
    let id = event
        .parse()
        .map_err(|error: mayday_event::ids::InvalidId| QueryError::Invalid(error.to_string()))?;
    let fate = read::fate::of_event(&query, &project, id).await?;
    ok(fate_json(&fate, &project))
}

/// The first happening's fields, and all happenings.
fn fate_json(fate: &FateView, project: &Project) -> Value {
    let happenings: Vec<Value> =
        fate.happenings.iter().map(|happening| happening_json(happening, fate, project)).collect();
    let mut json = happenings.first().cloned().unwrap_or_else(|| {
        json!({
            "fate": "unknown", "reason": null, "detail": fate.unknown(), "received": null, "issue": null,
            "payloadKept": null, "where": null,
        })
    });
    json["eventId"] = fate.event_id.to_string().into();
    json["waiting"] = fate.waiting.into();
    json["happenings"] = happenings.into();
    json
}

fn happening_json(happening: &Happening, fate: &FateView, project: &Project) -> Value {
    let of_project = format!("/api/0/projects/{}/{}", project.organization_slug, project.slug);
    let (issue, payload_kept, place) = match &happening.what {
        What::Stored { issue, payload_kept } => (
            issue.as_ref().map(|issue| json!({ "id": issue.id.to_string(), "shortId": issue.short_id })),
            Some(*payload_kept),
            Some(format!("{of_project}/events/{}/", fate.event_id)),
        ),
        What::SetAside => (None, None, Some(format!("{of_project}/quarantine/"))),
        What::Duplicate | What::Refused(_) => (None, None, None),
    };
    json!({
        "fate": happening.what.name(),
        "reason": known(&happening.reason),
        "detail": happening.detail,
        "received": date(Some(happening.received)),
        "issue": issue,
        "payloadKept": payload_kept,
        "where": place,
    })
}
