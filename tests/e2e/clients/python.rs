//! PyPI's clients of errors.

use serde_json::{Value, json};

use super::{only_sight, sights};
use crate::harness::{Client, TestServer, run_client};

#[tokio::test(flavor = "multi_thread")]
async fn sentry_sdk_1() {
    crash_is_told(&["sentry-sdk-1"], &json!({})).await;
}

/// Brotli is what sentry-sdk prefers, wherever it finds it.
#[tokio::test(flavor = "multi_thread")]
async fn sentry_sdk_with_brotli() {
    crash_is_told(&["sentry-sdk", "brotli"], &json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentry_sdk_without_compression() {
    let plain = json!({"_experiments": {"transport_compression_level": 0}});
    crash_is_told(&["sentry-sdk"], &plain).await;
}

/// It sends to `/store/`, deflated.
#[tokio::test(flavor = "multi_thread")]
async fn raven() {
    let server = TestServer::start().await;
    let client = Client::Python("python_raven.py", &["raven"]);
    let (status, _) = run_client(client, &[&server.bootstrap.dsn]).await;
    assert_eq!(status, Some(0));
    let old = |more: Value| {
        let mut expected = crash();
        expected["handled"] = Value::Null;
        expected["sdk"] = "raven-python".into();
        for (field, value) in more.as_object().into_iter().flatten() {
            expected[field] = value.clone();
        }
        expected
    };
    let error = old(json!({
        "title": "ZeroDivisionError: division by zero",
        "culprit": "__main__ in charge",
        "exceptions": ["ZeroDivisionError"],
        "function": "charge",
    }));
    let message = old(json!({
        "title": "the till is empty",
        "culprit": null,
        "exceptions": [],
        "function": null,
        "level": "warning",
    }));
    assert_eq!(sights(&server).await, [error, message]);
}

async fn crash_is_told(packages: &'static [&'static str], options: &Value) {
    let server = TestServer::start().await;
    let client = Client::Python("python_client.py", packages);
    let (status, _) = run_client(client, &[&server.bootstrap.dsn, "1", &options.to_string()]).await;
    assert_eq!(status, Some(0));
    assert_eq!(only_sight(&server).await, crash());
}

fn crash() -> Value {
    json!({
        "title": "CheckoutError: cart 17 cannot be paid",
        "culprit": "__main__ in checkout",
        "level": "error",
        "exceptions": ["ZeroDivisionError", "CheckoutError"],
        "handled": false,
        "function": "checkout",
        "release": "shop@1.2.3",
        "environment": "e2e",
        "flavour": "salty",
        "user": ["user-7", "ada@example.com"],
        "crumb": "two items in the cart",
        "sdk": "sentry.python",
        "notes": [],
    })
}
