//! `sentry-cli` as npm brings it.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::{only_sight, sights};
use crate::harness::{Client, TestServer, command, crash, envelope, new_event_id, run};

#[tokio::test(flavor = "multi_thread")]
async fn version_3() {
    sends_events_and_envelopes("@sentry/cli-linux-x64/bin/sentry-cli").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2() {
    sends_events_and_envelopes("@sentry/cli-2/node_modules/@sentry/cli-linux-x64/bin/sentry-cli").await;
}

async fn sends_events_and_envelopes(path: &'static str) {
    let server = TestServer::start().await;
    let event =
        ["send-event", "--message", "the till is empty", "--level", "warning", "--release", "shop@1.2.3"];
    let more =
        ["--env", "e2e", "--tag", "flavour:salty", "--user", "id:user-7", "--user", "email:ada@example.com"];
    sentry_cli(&server, path, &[event.as_slice(), more.as_slice()].concat()).await;
    let seen = only_sight(&server).await;
    let expected = json!({
        "title": "the till is empty",
        "culprit": null,
        "level": "warning",
        "exceptions": [],
        "handled": null,
        "function": null,
        "release": "shop@1.2.3",
        "environment": "e2e",
        "flavour": "salty",
        "user": ["user-7", "ada@example.com"],
        "crumb": null,
        "sdk": seen["sdk"],
        "notes": [],
    });
    assert_eq!(seen, expected);

    let folder = TempDir::new().expect("a temporary directory");
    let file = folder.path().join("crash.envelope");
    fs::write(&file, envelope(&crash(&new_event_id(), "Checkout"))).expect("a file");
    sentry_cli(&server, path, &["send-envelope", file.to_str().expect("UTF-8")]).await;
    let seen = sights(&server).await;
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0]["title"], "CheckoutException: cart 17 cannot be paid");
}

async fn sentry_cli(server: &TestServer, path: &'static str, arguments: &[&str]) {
    let mut command = command(Client::Npm(path));
    command
        .args(arguments)
        .env("SENTRY_DSN", &server.bootstrap.dsn)
        .env("SENTRY_URL", &server.bootstrap.url)
        .env("SENTRY_DISABLE_UPDATE_CHECK", "1");
    let (status, printed) = run("sentry-cli", command).await;
    assert_eq!(status, Some(0), "{printed}");
}
