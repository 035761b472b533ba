//! OpenTelemetry's exporters.

use serde_json::{Value, json};

use super::{only_sight, outcomes};
use crate::harness::{Client, TestServer, run_client, text};

#[tokio::test(flavor = "multi_thread")]
async fn python_with_gzip() {
    let server = TestServer::start().await;
    export(&server, Client::Python("otel_logs.py", &["opentelemetry"]), &[]).await;
    let mut expected = crash();
    expected["title"] = "ZeroDivisionError: division by zero".into();
    expected["exceptions"] = json!(["ZeroDivisionError"]);
    expected["level"] = "error".into();
    expected["handled"] = true.into();
    expected["sdk"] = "opentelemetry.python".into();
    is_told(&server, &expected).await;
    assert_eq!(server.api.ledger().await.count("filtered", "not_stored"), 1, "the record that is no crash");
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_with_protobuf() {
    let server = TestServer::start().await;
    export(&server, Client::Node("otel_logs.mjs"), &["proto"]).await;
    is_told(&server, &crash()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_with_json() {
    let server = TestServer::start().await;
    export(&server, Client::Node("otel_logs.mjs"), &["http"]).await;
    is_told(&server, &crash()).await;
}

/// Answered as taken, for the clients say so; and counted as what mayday does not keep.
#[tokio::test(flavor = "multi_thread")]
async fn spans_and_metrics_are_answered_and_counted() {
    let server = TestServer::start().await;
    let arguments = [server.bootstrap.url.as_str(), server.bootstrap.key()];
    for client in [Client::Python("otel_signals.py", &["opentelemetry"]), Client::Node("otel_traces.mjs")] {
        assert_eq!(run_client(client, &arguments).await.0, Some(0), "{client:?}");
    }
    assert_eq!(outcomes(&server, "span", "filtered").await, 3);
    assert_eq!(outcomes(&server, "metric_bucket", "filtered").await, 2);
    assert!(server.api.issues().await.is_empty());
}

async fn export(server: &TestServer, client: Client, more: &[&str]) {
    let endpoint = format!("{}/v1/logs", server.bootstrap.url);
    let arguments = [&[endpoint.as_str(), server.bootstrap.key()], more].concat();
    let (status, _) = run_client(client, &arguments).await;
    assert_eq!(status, Some(0));
}

async fn is_told(server: &TestServer, crash: &Value) {
    let mut seen = only_sight(server).await;
    // Before it are this machine's paths.
    let (_, culprit) = text(&seen["culprit"]).rsplit_once('/').expect("a path");
    seen["culprit"] = culprit.split_once(' ').expect("a function").1.into();
    assert_eq!(&seen, crash);
    let [issue] = server.api.issues().await.try_into().expect("one issue");
    assert_eq!(server.api.latest_event(&issue).await["context"]["flavour"], "salty");
}

fn crash() -> Value {
    json!({
        "title": "TypeError: Cannot read properties of undefined (reading 'price')",
        "culprit": "in charge",
        "level": "fatal",
        "exceptions": ["TypeError"],
        "handled": false,
        "function": "charge",
        "release": "1.2.3",
        "environment": "e2e",
        "flavour": null,
        "user": [null, null],
        "crumb": null,
        "sdk": "OTel-OTLP-Exporter-JavaScript",
        "notes": [],
    })
}
