//! `@sentry/browser` with `tunnel`: its envelopes come by way of the shop's own server, with the DSN in their header as
//! their only authentication.

use serde_json::{Value, json};

use super::{only_sight, sessions};
use crate::harness::{Client, Shop, TestServer, run_client};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_behind_a_tunnel() {
    let server = TestServer::start().await;
    let shop = Shop::start_with_tunnel(&server.bootstrap);
    let page = format!("{}?dsn={}&tunnel=/tunnel", shop.url, server.bootstrap.dsn);
    let (status, printed) = run_client(Client::Node("open_shop.mjs"), &[&page, "1"]).await;
    assert_eq!(status, Some(0));
    let seen: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    assert_eq!(seen["statuses"], json!([200]));
    let seen = only_sight(&server).await;
    assert_eq!(seen["title"], "TypeError: Cannot read properties of undefined (reading 'price')");
    assert_eq!((&seen["flavour"], &seen["sdk"]), (&json!("salty"), &json!("sentry.javascript.browser")));
    let sessions = sessions(&server).await;
    assert_eq!(sessions["totals"]["sessions"], 1, "{sessions:#}");
}
