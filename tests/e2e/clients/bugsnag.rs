//! Bugsnag's clients, their endpoints set to the server.

use serde_json::{Value, json};

use super::only_sight;
use crate::harness::{Client, TestServer, run_client, text};

#[tokio::test(flavor = "multi_thread")]
async fn node() {
    let server = TestServer::start().await;
    tell(&server, Client::Node("bugsnag.mjs")).await;
    let mut seen = only_sight(&server).await;
    let culprit = text(&seen["culprit"]);
    assert!(culprit.ends_with("/bugsnag.mjs in charge"), "{culprit}");
    seen["culprit"] = Value::Null;
    assert_eq!(seen, error());
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    let server = TestServer::start().await;
    tell(&server, Client::Python("python_bugsnag.py", &["bugsnag"])).await;
    let mut expected = error();
    expected["title"] = "ZeroDivisionError: division by zero".into();
    expected["culprit"] = "clients/python_bugsnag.py in charge".into();
    expected["exceptions"] = json!(["ZeroDivisionError"]);
    expected["sdk"] = "Python Bugsnag Notifier".into();
    expected["notes"] = json!([{
        "type": "corrected", "message": "no timestamp; time of arrival taken", "data": {"name": "timestamp"},
    }]);
    assert_eq!(only_sight(&server).await, expected);
}

/// One handled error in one session.
async fn tell(server: &TestServer, client: Client) {
    let (status, _) = run_client(client, &[&server.bootstrap.url, server.bootstrap.key()]).await;
    assert_eq!(status, Some(0));
    let sessions = super::sessions(server).await;
    let release = &sessions["releases"][0];
    assert_eq!(release["release"], "1.2.3", "{sessions:#}");
    assert_eq!((&release["errored"], &release["sessions"]), (&json!(1), &json!(1)), "{sessions:#}");
}

fn error() -> Value {
    json!({
        "title": "TypeError: Cannot read properties of undefined (reading 'price')",
        "culprit": null,
        "level": "warning",
        "exceptions": ["TypeError"],
        "handled": true,
        "function": "charge",
        "release": "1.2.3",
        "environment": "e2e",
        "flavour": null,
        "user": ["user-7", "ada@example.com"],
        "crumb": "two items in the cart",
        "sdk": "Bugsnag Node",
        "notes": [],
    })
}
