//! Published clients of many kinds and ages, each with what a person would check of what it sends.

mod bugsnag;
mod decisions;
mod deletion;
mod everything;
mod limits;
mod minidump;
mod node;
mod opentelemetry;
mod python;
mod reports;
mod rollbar;
mod ruby;
mod sentry_cli;
mod system_reports;
mod tunnel;
mod wire;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{SETTLE, TestServer, sight, text};

/// What there is to see of every event that the server holds, in the order of their titles.
async fn sights(server: &TestServer) -> Vec<Value> {
    server.settle(SETTLE).await;
    let mut sights = Vec::new();
    for event in server.api.all(&format!("{}/events/", server.api.project)).await {
        let id = event["eventID"].as_str().expect("an id");
        sights.push(sight(&server.api.get(&format!("{}/events/{id}/", server.api.project)).await));
    }
    sights.sort_by_key(|sight| sight["title"].to_string());
    sights
}

/// The only event's.
async fn only_sight(server: &TestServer) -> Value {
    match sights(server).await.as_slice() {
        [sight] => sight.clone(),
        other => panic!("wanted one event: {other:#?}"),
    }
}

/// What is known of every file of every event, and its content.
async fn attachments(server: &TestServer) -> Vec<(Value, Vec<u8>)> {
    server.settle(SETTLE).await;
    let mut files = Vec::new();
    for event in server.api.all(&format!("{}/events/", server.api.project)).await {
        let of_event = format!("{}/events/{}/attachments/", server.api.project, text(&event["eventID"]));
        for file in server.api.all(&of_event).await {
            let url = format!("{of_event}{}/?download=1", text(&file["id"]));
            let response = server.api.send(Method::GET, &url, None).await;
            assert_eq!(response.status(), 200, "{url}");
            let content = response.bytes().await.expect("the file").to_vec();
            assert_eq!(file["size"], content.len());
            files.push((file, content));
        }
    }
    files
}

/// The project's sessions of the last day.
async fn sessions(server: &TestServer) -> Value {
    server.settle(SETTLE).await;
    server.api.get(&format!("{}/sessions/?statsPeriod=24h", server.api.project)).await
}

/// How many of a category came to this outcome.
async fn outcomes(server: &TestServer, category: &str, outcome: &str) -> u64 {
    server.settle(SETTLE).await;
    let url = format!("{}/outcomes/?statsPeriod=24h&groupBy=category,outcome", server.api.project);
    let outcomes = server.api.get(&url).await;
    let groups = outcomes["groups"].as_array().into_iter().flatten();
    let wanted = groups.filter(|group| group["by"] == json!({"category": category, "outcome": outcome}));
    wanted.filter_map(|group| group["totals"]["sum(quantity)"].as_u64()).sum()
}

/// What the server says of an event id.
async fn fate(server: &TestServer, id: &str) -> Value {
    server.api.get(&format!("{}/events/{id}/fate/", server.api.project)).await
}
