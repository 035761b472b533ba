//! `@sentry/node` from npm.

use crate::{
    harness::{Client, run_client},
    story::{self, Crash},
};

#[tokio::test(flavor = "multi_thread")]
async fn node_sdk() {
    let crash = Crash {
        title: "TypeError: Cannot read properties of undefined (reading 'price')",
        culprit: ("node_client", " in charge"),
        exceptions: &["TypeError"],
        function: "charge",
        sdk: "sentry.javascript.node",
    };
    story::is_told(&crash, async |server, times| {
        let client = Client::Node("node_client.mjs");
        let (status, _) = run_client(client, &[&server.bootstrap.dsn, &times.to_string()]).await;
        assert_eq!(status, Some(0));
    })
    .await;
}
