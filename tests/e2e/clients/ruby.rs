//! Ruby's clients, as Debian packages them.

use serde_json::{Value, json};

use super::only_sight;
use crate::harness::{Client, TestServer, run_client};

/// It sends an empty `Content-Encoding`.
#[tokio::test(flavor = "multi_thread")]
async fn sentry_ruby() {
    let mut expected = division("clients/ruby_sentry.rb in /");
    expected["sdk"] = "sentry.ruby".into();
    assert_eq!(crash_of("ruby_sentry.rb").await, expected);
}

/// It sends base64 of zlib, and does not say so.
#[tokio::test(flavor = "multi_thread")]
async fn raven() {
    assert_eq!(crash_of("ruby_raven.rb").await, division("clients/ruby_raven.rb in /"));
}

async fn crash_of(script: &'static str) -> Value {
    let server = TestServer::start().await;
    let (status, _) = run_client(Client::Ruby(script), &[&server.bootstrap.dsn]).await;
    assert_eq!(status, Some(0));
    only_sight(&server).await
}

fn division(culprit: &str) -> Value {
    json!({
        "title": "ZeroDivisionError: divided by 0",
        "culprit": culprit,
        "level": "error",
        "exceptions": ["ZeroDivisionError"],
        "handled": null,
        "function": "/",
        "release": "shop@1.2.3",
        "environment": "e2e",
        "flavour": "salty",
        "user": ["user-7", "ada@example.com"],
        "crumb": "two items in the cart",
        "sdk": "raven-ruby",
        "notes": [],
    })
}
