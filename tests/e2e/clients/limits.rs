//! A project's limit, as a real SDK minds it.

use std::process::Stdio;

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{ChildStdin, ChildStdout},
};

use super::{outcomes, sights};
use crate::harness::{
    Client, SETTLE, TestServer, command, crash, envelope, eventually, http_client, new_event_id,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_sdk_backs_off_and_says_so() {
    let server = TestServer::start().await;
    let limit = json!({"limits": [{"category": "error", "count": 1, "window_seconds": 3600}]});
    server.api.put(&format!("{}/settings/limits/", server.api.project), &limit).await;

    let mut command = command(Client::Python("python_limited.py", &["sentry-sdk"]));
    command.arg(&server.bootstrap.dsn).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("python starts");
    let mut input = child.stdin.take().expect("its input");
    let mut output = BufReader::new(child.stdout.take().expect("its output")).lines();
    for error in ["accepted", "refused", "kept back", "kept back too"] {
        report(&mut input, &mut output, error).await;
    }
    drop(input);
    assert!(child.wait().await.expect("its end").success());

    let seen = sights(&server).await;
    assert_eq!(seen.iter().map(|sight| &sight["title"]).collect::<Vec<_>>(), ["accepted"]);
    let ledger = server.api.ledger().await;
    assert_eq!(ledger.received.get("error"), Some(&2), "what is kept back does not come");
    assert_eq!(outcomes(&server, "error", "rate_limited").await, 1);
    eventually("the SDK's own losses are counted", SETTLE, async || {
        match outcomes(&server, "error", "client_discard").await {
            2 => Ok(()),
            other => Err(format!("{other} of 2")),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_told_in_the_headers_that_sdks_read() {
    let server = TestServer::start().await;
    let limit = json!({"limits": [{"category": "error", "count": 1, "window_seconds": 3600}]});
    server.api.put(&format!("{}/settings/limits/", server.api.project), &limit).await;
    server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;
    let id = new_event_id();
    let refused = http_client()
        .post(server.bootstrap.envelope_url())
        .body(envelope(&crash(&id, "Checkout")))
        .send()
        .await;
    let refused = refused.expect("an answer");
    assert_eq!(refused.status(), 429);
    let header = |name: &str| refused.headers()[name].to_str().expect("text").to_owned();
    let seconds: u64 = header("retry-after").parse().expect("seconds");
    assert!((1..=3600).contains(&seconds), "{seconds}");
    assert!(
        header("x-sentry-rate-limits").starts_with(&format!("{seconds}:error:")),
        "{}",
        header("x-sentry-rate-limits")
    );

    server.settle(SETTLE).await;
    let fate = super::fate(&server, &id).await;
    assert_eq!(fate["fate"], "rate_limited", "{fate:#}");
}

async fn report(input: &mut ChildStdin, output: &mut Lines<BufReader<ChildStdout>>, error: &str) {
    input.write_all(format!("{error}\n").as_bytes()).await.expect("it reads");
    assert_eq!(output.next_line().await.expect("it answers").as_deref(), Some(error));
}
