//! What a project decides about its events: which it does not want, and what of them must not be kept.

use serde_json::{Value, json};

use super::{fate, outcomes};
use crate::harness::{Client, SETTLE, TestServer, crash, envelope, new_event_id, run_client, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_wants_is_filtered_and_its_fate_says_by_which_rule() {
    let server = TestServer::start().await;
    let filters = format!("{}/settings/filters/", server.api.project);
    server.api.put(&filters, &json!({"error_messages": ["Checkout*"]})).await;
    let [wanted, unwanted] = [(); 2].map(|()| new_event_id());
    server.accept(envelope(&crash(&wanted, "Login"))).await;
    server.accept(envelope(&crash(&unwanted, "Checkout"))).await;
    assert_eq!(outcomes(&server, "error", "filtered").await, 1);
    assert_eq!(outcomes(&server, "error", "accepted").await, 1);
    assert_eq!(fate(&server, &wanted).await["fate"], "stored");
    let told = fate(&server, &unwanted).await;
    assert_eq!((&told["fate"], &told["reason"]), (&json!("filtered"), &json!("filter_message")), "{told:#}");
    assert!(text(&told["detail"]).contains("Checkout*"), "{told:#}");
    assert_eq!(server.api.issues().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_a_real_sdk_sends_are_not_kept() {
    let server = TestServer::start().await;
    let (status, _) =
        run_client(Client::Python("python_secrets.py", &["sentry-sdk"]), &[&server.bootstrap.dsn]).await;
    assert_eq!(status, Some(0));
    server.settle(SETTLE).await;
    let [issue] = server.api.issues().await.try_into().expect("one issue");
    let event = server.api.latest_event(&issue).await;
    let shown = format!("{issue}{event}");
    let secrets = [
        "correct horse",
        "4111 1111 1111 1111",
        "tok_9f8e7d6c5b4a",
        "DE89 3704 0044 0532 0130 00",
        "key-5566778899",
        "open-sesame",
        "203.0.113.77",
    ];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} is kept: {event:#}");
    }
    assert_eq!(
        (&event["user"]["id"], &event["user"]["ip_address"]),
        (&json!("user-7"), &json!("203.0.113.0"))
    );
    let scrubbed: Vec<&Value> =
        event["errors"].as_array().into_iter().flatten().filter(|note| note["type"] == "scrubbed").collect();
    assert!(scrubbed.len() >= secrets.len(), "{scrubbed:#?}");
}
