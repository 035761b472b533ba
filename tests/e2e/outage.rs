//! ClickHouse away, the disk full: what is accepted is kept, and what is not is told so.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{
    Engine, SETTLE, Sender, TestServer, crash, envelope, eventually, http_client, new_event_id, text,
};

/// For so long it hangs, then for so long it is gone.
const HALF: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_clickhouse_is_away() {
    let mut engine = Engine::start().await;
    let mut server = TestServer::start_with(&["--clickhouse-url", &engine.url()]).await;
    let sender = Sender::start(&server.bootstrap, Duration::from_millis(15));
    sender.await_accepted(100).await;

    let start = Instant::now();
    engine.freeze();
    await_not_ready(&server).await;
    accept_until(&sender, start + HALF).await;
    engine.kill();
    await_not_ready(&server).await;
    let refused = server.api.send(Method::GET, &format!("{}/issues/", server.api.project), None).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "questions are answered so that one knows");
    accept_until(&sender, start + 2 * HALF).await;

    engine.start_again().await;
    server.await_ready(SETTLE).await;
    let sent = sender.stop().await;
    assert_eq!((sent.refusals, sent.unanswered), (Vec::new(), BTreeSet::new()), "no request failed");
    server.settle(SETTLE).await;
    let events = server.api.all(&format!("{}/events/?limit=100", server.api.project)).await;
    let ids: BTreeSet<String> = events.iter().map(|event| text(&event["eventID"]).to_owned()).collect();
    assert_eq!(ids.len(), events.len(), "none is there twice");
    assert_eq!(ids, sent.accepted);
    drop(server);
}

/// Reports go on being accepted until then.
async fn accept_until(sender: &Sender, end: Instant) {
    while Instant::now() < end {
        sender.await_accepted(10).await;
    }
}

async fn await_not_ready(server: &TestServer) {
    eventually("/readyz says that ClickHouse is away", Duration::from_secs(8), async || {
        let answer = server.api.ready().await;
        let Some((StatusCode::SERVICE_UNAVAILABLE, body)) = &answer else {
            return Err(format!("{answer:?}"));
        };
        let says = |store: &str| body["stores"][store].as_str().unwrap_or_default().to_owned();
        assert_eq!((&body["ready"], says("catalog").as_str()), (&Value::Bool(false), "ok"), "{body}");
        if says("clickhouse") != "ok" { Ok(()) } else { Err(body.to_string()) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nearly_full_disk_is_told_before_it_is_full() {
    // No disk has so much left.
    let server = TestServer::start_with(&["--disk-reserve-mib", "1000000000"]).await;
    let response = http_client()
        .post(server.bootstrap.envelope_url())
        .body(envelope(&crash(&new_event_id(), "Checkout")))
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"), "{response:?}");
    assert_eq!(server.api.ledger().await.count("unavailable", "disk_nearly_full"), 1);
}
