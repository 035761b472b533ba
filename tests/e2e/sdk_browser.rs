//! `@sentry/browser` from npm, in a page of another origin.

use serde_json::{Value, json};

use crate::{
    harness::{Client, Shop, TestServer, crash, envelope, new_event_id, run_client, text},
    story::{self, Crash},
};

#[tokio::test(flavor = "multi_thread")]
async fn browser_sdk() {
    let shop = Shop::start();
    let crash = Crash {
        title: "TypeError: Cannot read properties of undefined (reading 'price')",
        culprit: ("", " in charge"),
        exceptions: &["TypeError"],
        function: "charge",
        sdk: "sentry.javascript.browser",
    };
    story::is_told(&crash, async |server, times| press(&shop, server, times).await).await;
}

/// Presses the button that throws so many times.
async fn press(shop: &Shop, server: &TestServer, times: usize) {
    let page = format!("{}?dsn={}", shop.url, server.bootstrap.dsn);
    let (status, printed) = run_client(Client::Node("open_shop.mjs"), &[&page, &times.to_string()]).await;
    assert_eq!(status, Some(0));
    let seen: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    assert_eq!(seen["statuses"], json!(vec![200; times]));
    let complaints: Vec<_> = seen["console"].as_array().into_iter().flatten().map(text).collect();
    assert!(!complaints.iter().any(|complaint| complaint.contains("CORS")), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_is_resolved_on_its_page() {
    let server = TestServer::start().await;
    server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;
    let issue = story::issue_with(&server, 1, "new").await;
    let seen = story::read_page(&server, &issue, Some("resolve")).await;
    assert_eq!(seen["issue"]["status"], "unresolved");
    assert_eq!(seen["afterwards"]["status"], "resolved");
    let issue = server.api.get(&format!("/api/0/issues/{}/", text(&issue["id"]))).await;
    assert_eq!(issue["status"], "resolved");
}
