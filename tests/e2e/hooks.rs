//! Deliveries reach a team's own service once, through its outages.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Receiver, TestServer, crash, envelope, eventually, free_port, new_event_id, text};

const SECRET: &str = "s3cret";
/// Longest until a delivery is tried (again).
const TRIED: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_outlasts_the_receiver_s_outage() {
    let receiver = Receiver::start();
    receiver.answer(500);
    let server = TestServer::start().await;
    let hook = server.add_hook(&receiver, SECRET).await;
    server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;

    let pending =
        eventually("a delivery has failed", TRIED, async || match server.deliveries().await.as_slice() {
            [delivery] if delivery["lastStatus"] == 500 => Ok(delivery.clone()),
            other => Err(format!("{other:#?}")),
        })
        .await;
    assert_eq!(pending["state"], "pending");
    assert!(pending["nextAttempt"].is_string(), "{pending:#}");
    receiver.answer(200);
    server.settle(TRIED).await;

    let calls = receiver.calls();
    let bodies: Vec<_> = calls.iter().map(|call| call.verified(SECRET)).collect();
    let taken: Vec<_> = calls.iter().filter(|call| call.answered == 200).collect();
    assert_eq!(taken.len(), 1, "it is taken once");
    assert!(bodies.iter().all(|body| *body == bodies[0]), "every try says the same: {bodies:#?}");
    for call in &calls {
        assert_eq!(call.header("idempotency-key"), text(&bodies[0]["id"]));
        assert_eq!(call.header("content-type"), "application/json");
    }
    check_history(&server, &hook, calls.len(), &bodies[0]).await;
}

/// The history tells what the receiver saw.
async fn check_history(server: &TestServer, hook: &Value, calls: usize, body: &Value) {
    let deliveries = server.deliveries().await;
    let [delivery] = deliveries.as_slice() else { panic!("not one delivery: {deliveries:#?}") };
    assert_eq!(delivery["hookId"], hook["id"]);
    assert_eq!(delivery["id"], body["id"]);
    assert_eq!(delivery["action"], body["action"]);
    assert_eq!(delivery["reason"], body["reason"]);
    assert_eq!(delivery["issueId"], body["issue"]["id"]);
    assert_eq!((&delivery["state"], &delivery["lastStatus"]), (&json!("delivered"), &json!(200)));
    assert_eq!(delivery["attempts"], calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_waits_for_a_receiver_that_is_gone_and_for_a_server_that_restarts() {
    let port = free_port();
    let gone = Receiver::start_on(port);
    let mut server = TestServer::start().await;
    server.add_hook(&gone, SECRET).await;
    gone.stop().await;
    server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;
    eventually("a delivery has failed", TRIED, async || {
        let deliveries = server.deliveries().await;
        let failed = deliveries.first().is_some_and(|delivery| delivery["lastError"].is_string());
        if failed { Ok(()) } else { Err(format!("{deliveries:#?}")) }
    })
    .await;
    server.kill_tree();
    let back = Receiver::start_on(port);
    server.start_again().await;
    server.settle(TRIED).await;
    let calls = back.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].verified(SECRET)["action"], "issue.new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_told_only_what_it_asked_for_and_a_deleted_one_nothing() {
    let (deleted, regressions) = (Receiver::start(), Receiver::start());
    let server = TestServer::start().await;
    let hooks = format!("{}/hooks/", server.api.project);
    let hook = server.add_hook(&deleted, SECRET).await;
    let only = json!({"url": regressions.url, "events": ["issue.regressed"], "secret": SECRET});
    server.api.post(&hooks, &only).await;
    let path = format!("{hooks}{}/", text(&hook["id"]));
    let response = server.api.send(reqwest::Method::DELETE, &path, None).await;
    assert_eq!(response.status(), 204);
    server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;
    server.settle(TRIED).await;
    let issue = &server.api.issues().await[0];
    let issue = format!("/api/0/issues/{}/", text(&issue["id"]));
    server.api.put(&issue, &json!({"status": "resolved"})).await;
    server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;
    eventually("the regression is told", TRIED, async || {
        let calls = regressions.calls();
        if calls.is_empty() { Err("no call".to_owned()) } else { Ok(calls) }
    })
    .await;
    server.settle(TRIED).await;
    let told: Vec<_> =
        regressions.calls().iter().map(|call| call.verified(SECRET)["action"].clone()).collect();
    assert_eq!(told, ["issue.regressed"]);
    assert_eq!(deleted.calls().len(), 0);
}
