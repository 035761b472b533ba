//! What is taken but not stored is counted, and what can be read of a sloppy event is kept.

use serde_json::{Value, json};

use crate::harness::{SETTLE, TestServer, crash, envelope, envelope_of, new_event_id, text};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stored_is_counted_by_reason() {
    let server = TestServer::start().await;
    let id = new_event_id();
    server.accept(envelope(&crash(&id, "Checkout"))).await;
    server.accept(envelope(&crash(&id, "Checkout"))).await;
    for item_type in ["session", "transaction", "client_report", "something_new"] {
        server.accept(envelope_of(&json!({}), item_type, b"{}")).await;
    }
    let two: String = [1, 2].map(|n| format!("{{\"type\":\"event\"}}\n{{\"message\":\"m{n}\"}}\n")).concat();
    server.accept(format!("{{}}\n{two}").into_bytes()).await;
    server.accept(b"{}".to_vec()).await;
    server.settle(SETTLE).await;

    let ledger = server.api.ledger().await;
    // Three events and a client's report.
    assert_eq!(ledger.count("accepted", ""), 4);
    assert_eq!(ledger.count("filtered", "duplicate"), 1);
    assert_eq!(ledger.count("filtered", "not_stored"), 2);
    assert_eq!(ledger.count("invalid", "invalid_item"), 1);
    let received = [("error", 4), ("session", 1), ("transaction", 1), ("internal", 1), ("default", 1)];
    for (category, received) in received {
        assert_eq!(ledger.received.get(category), Some(&received), "{category}: {ledger:#?}");
    }
    assert_eq!(server.api.issues().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sloppy_event_loses_its_bad_fields_only_and_says_which() {
    let server = TestServer::start().await;
    let id = new_event_id();
    let mut event = crash(&id, "Checkout");
    event["level"] = json!(["not", "a", "level"]);
    event["user"] = json!("nobody");
    event["tags"] = json!({"kept": "yes", "long": "a".repeat(3_000), "nested": {"a": 1}});
    event["breadcrumbs"] = json!({"values": vec![json!({"message": "again"}); 1_000]});
    server.accept(envelope(&event)).await;
    server.settle(SETTLE).await;

    let stored = server.api.get(&format!("{}/events/{id}/", server.api.project)).await;
    assert_eq!(stored["title"], "CheckoutException: cart 17 cannot be paid");
    let tags = stored["tags"].as_array().expect("tags");
    assert!(tags.contains(&json!({"key": "kept", "value": "yes"})), "{tags:?}");
    let crumbs =
        stored["entries"].as_array().into_iter().flatten().find(|entry| entry["type"] == "breadcrumbs");
    assert_eq!(crumbs.expect("breadcrumbs")["data"]["values"].as_array().map(Vec::len), Some(250));
    let notes: Vec<&Value> = stored["errors"].as_array().expect("errors").iter().collect();
    for path in ["level", "user", "tags", "breadcrumbs"] {
        let noted = |note: &&&Value| text(&note["data"]["name"]).starts_with(path);
        assert!(notes.iter().any(|note| noted(&note)), "nothing is said of {path}: {notes:#?}");
    }
}
