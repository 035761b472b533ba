//! Clients that cannot be run here, by what they were seen to send.

use std::io::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::ZlibEncoder};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{only_sight, sights};
use crate::harness::{TestServer, http_client, new_event_id};

/// `exception` is a bare list.
#[tokio::test(flavor = "multi_thread")]
async fn go_before_envelopes() {
    let server = TestServer::start().await;
    let event = json!({
        "event_id": new_event_id(), "level": "error", "platform": "go", "release": "shop@1.2.3",
        "environment": "e2e", "message": "", "sdk": {"name": "sentry.go", "version": "0.11.0"},
        "tags": {"flavour": "salty"}, "user": {"id": "user-7", "email": "ada@example.com"},
        "breadcrumbs": [{"category": "cart", "message": "two items in the cart", "timestamp": "2026-11-24T10:00:00Z"}],
        "exception": [{
            "type": "*errors.errorString", "value": "cart 17 cannot be paid",
            "stacktrace": {"frames": [
                {"function": "main", "module": "main", "abs_path": "/shop/main.go", "lineno": 9, "in_app": true},
                {"function": "charge", "module": "main", "abs_path": "/shop/main.go", "lineno": 4, "in_app": true},
            ]},
        }],
        "timestamp": "2026-11-24T10:00:00.123456789+02:00",
    });
    let url = format!("{}/api/{}/store/", server.bootstrap.url, server.bootstrap.project_id);
    let auth = format!(
        "Sentry sentry_version=7, sentry_client=sentry.go/0.11.0, sentry_key={}",
        server.bootstrap.key()
    );
    taken(http_client().post(url).header("X-Sentry-Auth", auth).json(&event)).await;
    let expected = json!({
        "title": "*errors.errorString: cart 17 cannot be paid",
        "culprit": "main in charge",
        "level": "error",
        "exceptions": ["*errors.errorString"],
        "handled": null,
        "function": "charge",
        "release": "shop@1.2.3",
        "environment": "e2e",
        "flavour": "salty",
        "user": ["user-7", "ada@example.com"],
        "crumb": "two items in the cart",
        "sdk": "sentry.go",
        "notes": [],
    });
    assert_eq!(only_sight(&server).await, expected);
}

/// One event as the oldest clients write it, in each wrapping they were seen to use.
#[tokio::test(flavor = "multi_thread")]
async fn store_bodies_of_every_wrapping() {
    let server = TestServer::start().await;
    let store = || http_client().post(server.bootstrap.store_url());
    let body = |wrapping: &str| old_event(wrapping).to_string().into_bytes();
    taken(store().body(body("plain"))).await;
    taken(store().header("content-encoding", "deflate").body(zlib(&body("deflate")))).await;
    taken(store().body(STANDARD.encode(zlib(&body("base64 of zlib"))))).await;
    taken(store().header("content-encoding", "").body(body("encoded by nothing"))).await;
    taken(store().header("content-type", "application/x-www-form-urlencoded").body(body("form"))).await;

    let wrappings = ["base64 of zlib", "deflate", "encoded by nothing", "form", "plain"];
    let seen = sights(&server).await;
    for (sight, wrapping) in seen.iter().zip(wrappings) {
        assert_eq!(sight["title"], format!("Till: {wrapping}"));
        assert_eq!((&sight["level"], &sight["flavour"]), (&json!("fatal"), &json!("salty")));
        assert_eq!(sight["user"], json!(["user-7", null]));
    }
    assert_eq!(seen.len(), wrappings.len());
}

fn old_event(message: &str) -> Value {
    json!({
        "event_id": new_event_id(), "level": 50, "platform": "python", "tags": [["flavour", "salty"]],
        "sentry.interfaces.User": {"id": "user-7"},
        "sentry.interfaces.Exception": {"type": "Till", "value": message},
        "timestamp": "2026-11-24T10:00:00",
    })
}

async fn taken(request: RequestBuilder) {
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{:?}", response.text().await);
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
