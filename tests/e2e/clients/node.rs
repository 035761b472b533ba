//! npm's clients of errors for Node.js.

use serde_json::{Value, json};

use super::only_sight;
use crate::harness::{Client, TestServer, run_client};

#[tokio::test(flavor = "multi_thread")]
async fn sentry_node_7() {
    crash_is_told("@sentry/node-7").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentry_node_8() {
    crash_is_told("@sentry/node-8").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentry_node_9() {
    crash_is_told("@sentry/node-9").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentry_node_10() {
    crash_is_told("@sentry/node-10").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raven() {
    let server = TestServer::start().await;
    let (status, _) = run_client(Client::Node("node_raven.mjs"), &[&server.bootstrap.dsn]).await;
    assert_eq!(status, Some(0));
    let mut expected = crash();
    expected["culprit"] = "node_raven.mjs in charge".into();
    expected["handled"] = Value::Null;
    expected["sdk"] = "raven-node".into();
    assert_eq!(only_sight(&server).await, expected);
}

async fn crash_is_told(package: &str) {
    let server = TestServer::start().await;
    let arguments = [&server.bootstrap.dsn, "1", package];
    let (status, _) = run_client(Client::Node("node_client.mjs"), &arguments).await;
    assert_eq!(status, Some(0));
    assert_eq!(only_sight(&server).await, crash());
}

fn crash() -> Value {
    json!({
        "title": "TypeError: Cannot read properties of undefined (reading 'price')",
        "culprit": "node_client in charge",
        "level": "error",
        "exceptions": ["TypeError"],
        "handled": false,
        "function": "charge",
        "release": "shop@1.2.3",
        "environment": "e2e",
        "flavour": "salty",
        "user": ["user-7", "ada@example.com"],
        "crumb": "two items in the cart",
        "sdk": "sentry.javascript.node",
        "notes": [],
    })
}
