//! What a delivery says.

use mayday_catalog::{
    CatalogError,
    alerts::Delivery,
    json::{IssueCounts, IssueJson, issue_json},
};
use mayday_event::{IssueId, ProjectId};
use mayday_store::{
    StoreError,
    queries::{Condition, HashGroup, Window, events::EventSummary},
};
use serde::Serialize;

use crate::Alerts;

/// Why a message could not be made; trying again may help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    #[error("catalog: {0}")]
    Catalog(#[from] CatalogError),
    #[error("event store: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct Message<'delivery> {
    /// Such as `issue.new`; see [`mayday_catalog::alerts::TransitionKind`].
    action: &'static str,
    /// The delivery's id, the same at each attempt.
    id: &'delivery str,
    /// For people: why this was sent.
    reason: &'delivery str,
    /// As `GET /api/0/issues/{id}/` gives it.
    issue: IssueJson,
    /// `null` if it is not stored any more.
    event: Option<EventJson>,
}

/// The event that caused it, in short.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson {
    id: String,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "groupID")]
    group_id: String,
    #[serde(rename = "projectID")]
    project_id: String,
    title: String,
    culprit: String,
    level: String,
    platform: String,
    release: Option<String>,
    environment: Option<String>,
    os: Option<String>,
    device: Option<String>,
    date_created: String,
    permalink: String,
}

/// The message as it is posted. Counts and state are those of this moment.
pub(crate) async fn make(alerts: &Alerts, delivery: &Delivery) -> Result<String, MessageError> {
    let transition = &delivery.transition;
    let issue = alerts.catalog.issue_by_id(transition.issue_id).await?;
    let now = alerts.clock.now();
    let group = HashGroup { id: issue.id.0, hashes: issue.hashes.clone() };
    let stats = alerts
        .store
        .group_stats(transition.project_id, &[group], Window::ALL, &Condition::default())
        .await?
        .remove(&issue.id.0)
        .unwrap_or_default();
    let event = alerts.store.event(transition.project_id, transition.event_id).await?;
    let counts = IssueCounts { events: stats.events, users: stats.users };
    let message = Message {
        action: transition.kind.action(),
        id: &delivery.id,
        reason: &transition.reason,
        issue: issue_json(&issue, counts, &alerts.base_url, now),
        event: event.map(|event| {
            EventJson::new(&event.summary, transition.project_id, transition.issue_id, &alerts.base_url)
        }),
    };
    Ok(serde_json::to_string(&message)?)
}

impl EventJson {
    fn new(event: &EventSummary, project: ProjectId, issue: IssueId, base_url: &str) -> Self {
        let id = event.event_id.to_string();
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let joined = |first: &str, second: &str| known(format!("{first} {second}").trim());
        Self {
            permalink: format!("{base_url}/issues/{issue}/events/{id}/"),
            event_id: id.clone(),
            id,
            group_id: issue.to_string(),
            project_id: project.to_string(),
            title: event.title.clone(),
            culprit: event.culprit.clone(),
            level: event.level.clone(),
            platform: event.platform.clone(),
            release: known(&event.release),
            environment: known(&event.environment),
            os: joined(&event.os_name, &event.os_version),
            device: known(&event.device_model).or_else(|| known(&event.device_family)),
            date_created: event.timestamp.to_string(),
        }
    }
}
