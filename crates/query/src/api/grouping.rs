//! Why an event is in its issue, and what other rules would make of it.

use actix_web::web::{Data, Json, Path};
use mayday_catalog::settings::Section;
use mayday_event::grouping::GroupingSettings;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, ok},
};
use crate::{
    Query, QueryError,
    auth::EventRead,
    read::{
        self,
        regrouping::{Change, DEFAULT_EVENTS, Part, Preview},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/events/{event}/grouping-info/").get(info),
        Endpoint::at("/projects/{organization}/{project}/grouping/preview/").post(preview),
    ]
}

async fn info(
    project: InProject<EventRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (.., event) = path.into_inner();
    let id = event.parse().map_err(|_| QueryError::NotFound("event"))?;
    let view = read::events::by_id(&query, &project, id).await?;
    let now = read::grouping::explained(&query, &view).await?;
    let hash = now.as_ref().map(|now| now.grouping.hash);
    ok(json!({
        "eventID": view.event.event_id.to_string(),
        "groupID": view.issue_id.map(|issue| issue.to_string()),
        "then": view.grouping,
        "now": now.as_ref().map(|now| &now.grouping),
        "hashMatches": hash.map(|hash| hash == view.summary.hash),
        "variants": now.as_ref().map(|now| &now.variants),
    }))
}

/// What is left out is as the project has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    fingerprint_rules: Option<String>,
    stack_trace_rules: Option<String>,
    events: Option<usize>,
}

async fn preview(project: InProject<EventRead>, query: Data<Query>, body: Json<Asked>) -> Answer {
    let held = read::settings::section(&query, &project, Section::Grouping);
    let held = |field: &str| held.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Asked { fingerprint_rules, stack_trace_rules, events } = body.into_inner();
    let settings = GroupingSettings {
        fingerprint_rules: fingerprint_rules.unwrap_or_else(|| held("fingerprint_rules")),
        stack_trace_rules: stack_trace_rules.unwrap_or_else(|| held("stack_trace_rules")),
    };
    let events = events.unwrap_or(DEFAULT_EVENTS);
    ok(preview_json(&read::regrouping::preview(&query, &project, settings, events).await?))
}

fn preview_json(preview: &Preview) -> Value {
    let merge = |merge: &Change| json!({ "into": part_json(&merge.one), "issues": merge.others.iter().map(part_json).collect::<Vec<_>>() });
    let split = |split: &Change| json!({ "issue": part_json(&split.one), "into": split.others.iter().map(part_json).collect::<Vec<_>>() });
    json!({
        "eventsReplayed": preview.replayed,
        "eventsSkipped": preview.skipped,
        "eventsChanged": preview.changed,
        "issuesNow": preview.issues_now,
        "issuesThen": preview.issues_then,
        "issuesMerging": preview.merging,
        "issuesSplitting": preview.splitting,
        "issuesRenewed": preview.renewed,
        "merges": preview.merges.iter().map(merge).collect::<Vec<_>>(),
        "splits": preview.splits.iter().map(split).collect::<Vec<_>>(),
    })
}

fn part_json(part: &Part) -> Value {
    json!({
        "id": part.issue.as_ref().map(|issue| issue.id.to_string()),
        "shortId": part.issue.as_ref().map(|issue| &issue.short_id),
        "title": part.issue.as_ref().map_or(&part.title, |issue| &issue.title),
        "events": part.events,
        "eventID": part.example.to_string(),
    })
}
