//! All that an SDK sends besides errors: kept where mayday keeps it, else counted.

use serde_json::json;

use super::{attachments, fate, only_sight, outcomes, sessions};
use crate::harness::{
    Client, SETTLE, TestServer, crash, envelope, envelope_of, http_client, new_event_id, run_client, text,
};

#[tokio::test(flavor = "multi_thread")]
async fn python_sdk() {
    let server = TestServer::start().await;
    let client = Client::Python("python_everything.py", &["sentry-sdk"]);
    let (status, printed) = run_client(client, &[&server.bootstrap.dsn]).await;
    assert_eq!(status, Some(0));
    let id = printed.trim();
    let seen = only_sight(&server).await;
    assert_eq!((&seen["title"], &seen["level"]), (&json!("ValueError: the till is empty"), &json!("error")));

    let files = attachments(&server).await;
    assert_eq!(files.len(), 1, "{files:?}");
    let (file, content) = &files[0];
    assert_eq!((&file["name"], &file["mimetype"]), (&json!("cart.bin"), &json!("application/octet-stream")));
    assert_eq!((&file["event_id"], content.as_slice()), (&json!(id), b"cart 17\n\x00\xff\n".as_slice()));

    let sessions = sessions(&server).await;
    assert_eq!(sessions["releases"][0]["release"], "shop@1.2.3");
    assert_eq!(sessions["totals"]["sessions"], 4, "{sessions:#}");
    assert_eq!(
        (&sessions["totals"]["errored"], &sessions["totals"]["crashed"]),
        (&json!(1), &json!(0)),
        "{sessions:#}"
    );

    let mut feedback = server.api.all(&format!("{}/user-feedback/", server.api.project)).await;
    feedback.sort_by_key(|said| said["comments"].to_string());
    let said: Vec<_> =
        feedback.iter().map(|said| (text(&said["comments"]), text(&said["eventID"]))).collect();
    assert_eq!(said, [("It ate my cart.", id), ("Where is my cart?", id)]);

    assert_eq!(outcomes(&server, "error", "client_discard").await, 1, "what before_send dropped");
    for category in ["transaction", "monitor", "log_item", "metric_bucket"] {
        assert!(outcomes(&server, category, "filtered").await >= 1, "{category} is counted as not stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_sdk() {
    let server = TestServer::start().await;
    let (status, printed) = run_client(Client::Rust("rust-everything"), &[&server.bootstrap.dsn]).await;
    assert_eq!(status, Some(0));
    let id = printed.trim();
    let seen = only_sight(&server).await;
    assert_eq!(seen["title"], "ParseIntError: invalid digit found in string");

    let files = attachments(&server).await;
    let [(file, content)] = &files[..] else { panic!("one file: {files:?}") };
    assert_eq!((&file["name"], &file["event_id"]), (&json!("cart.bin"), &json!(id)));
    assert_eq!(content, b"cart 17\n\x00\xff\n");

    let sessions = sessions(&server).await;
    assert_eq!(sessions["releases"][0]["release"], "shop@1.2.3", "{sessions:#}");
    let totals = &sessions["totals"];
    assert_eq!(
        (&totals["sessions"], &totals["errored"], &totals["crashed"]),
        (&json!(1), &json!(1), &json!(0)),
        "{sessions:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fate_of_any_event_is_told() {
    let server = TestServer::start().await;
    let [stored, repeated, invalid, never] = [(); 4].map(|()| new_event_id());
    server.accept(envelope(&crash(&stored, "Checkout"))).await;
    for _ in 0..2 {
        server.accept(envelope(&crash(&repeated, "Checkout"))).await;
    }
    let broken = envelope_of(&json!({"event_id": invalid}), "event", b"[1]");
    let refused =
        http_client().post(server.bootstrap.envelope_url()).body(broken).send().await.expect("an answer");
    assert_eq!(refused.status(), 400);
    server.settle(SETTLE).await;

    let told = fate(&server, &stored).await;
    assert_eq!(told["fate"], "stored", "{told:#}");
    assert!(told["issue"]["id"].is_string(), "{told:#}");
    let told = fate(&server, &repeated).await;
    let all: Vec<_> =
        told["happenings"].as_array().into_iter().flatten().map(|it| text(&it["fate"])).collect();
    assert_eq!(all, ["stored", "duplicate"], "{told:#}");
    let told = fate(&server, &invalid).await;
    assert_eq!((&told["fate"], &told["reason"]), (&json!("invalid"), &json!("event_json")), "{told:#}");
    assert_eq!(fate(&server, &never).await["fate"], "unknown");
}
