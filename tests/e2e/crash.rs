//! 200 means durable: SIGKILL at any moment loses nothing, and doubles nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rustix::process::Signal;
use uuid::Uuid;

use crate::harness::{
    Receiver, SETTLE, Sender, Sent, TestServer, crash, envelope, eventually, new_event_id, text,
};

/// Who is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    /// The server and its engine at once.
    Tree,
    /// The same, and again while it starts on what is left.
    TreeWhileStarting,
    /// The server alone; its engine finds that out by itself.
    Server,
    /// The engine alone; the server goes on.
    Engine,
}

const KILLS: [Victim; 11] = [
    Victim::Engine,
    Victim::Tree,
    Victim::Engine,
    Victim::Server,
    Victim::TreeWhileStarting,
    Victim::Engine,
    Victim::Tree,
    Victim::Server,
    Victim::Engine,
    Victim::TreeWhileStarting,
    Victim::Tree,
];

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_event_counts_once_whoever_is_killed() {
    let receiver = Receiver::start();
    let mut server = TestServer::start().await;
    server.add_hook(&receiver, "secret").await;
    let sender = Sender::start(&server.bootstrap, Duration::ZERO);
    for victim in KILLS {
        sender.await_accepted(1 + random_below(120)).await;
        tokio::time::sleep(random_moment(100)).await;
        kill(&mut server, victim).await;
    }
    sender.await_accepted(20).await;
    let sent = sender.stop().await;
    server.settle(SETTLE * 2).await;
    check_events(&server, &sent).await;
    check_calls(&receiver, &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_is_killed_is_made_good_by_the_next() {
    for _ in 0..5 {
        let server = TestServer::start_after_a_kill(random_moment(500)).await;
        server.accept(envelope(&crash(&new_event_id(), "Checkout"))).await;
        server.settle(SETTLE).await;
        assert_eq!(server.api.issues().await.len(), 1);
    }
}

async fn kill(server: &mut TestServer, victim: Victim) {
    match victim {
        Victim::Engine => {
            let engine = eventually("the engine runs", SETTLE, async || {
                server.engine().ok_or_else(|| "no engine".to_owned())
            })
            .await;
            engine.signal(Signal::KILL);
            return;
        }
        Victim::Server => server.kill_server(),
        Victim::Tree => server.kill_tree(),
        Victim::TreeWhileStarting => {
            server.kill_tree();
            server.spawn_again();
            tokio::time::sleep(random_moment(700)).await;
            server.kill_tree();
        }
    }
    server.start_again().await;
}

/// Events, issues' counts and hourly aggregates, each by its own way through the API, say the same.
async fn check_events(server: &TestServer, sent: &Sent) {
    let mut seen = BTreeSet::new();
    let mut by_issue = BTreeMap::<String, u64>::new();
    for event in server.api.all(&format!("{}/events/?limit=100", server.api.project)).await {
        let id = text(&event["eventID"]).to_owned();
        *by_issue.entry(text(&event["groupID"]).to_owned()).or_default() += 1;
        assert!(sent.accepted.contains(&id) || sent.unanswered.contains(&id), "{id} was never sent");
        assert!(seen.insert(id.clone()), "{id} is there twice");
    }
    let lost: Vec<_> = sent.accepted.difference(&seen).collect();
    assert!(lost.is_empty(), "{} of {} accepted events are lost: {lost:?}", lost.len(), sent.accepted.len());
    eprintln!(
        "{} accepted, {} of {} unanswered stored",
        sent.accepted.len(),
        seen.len() - sent.accepted.len(),
        sent.unanswered.len()
    );

    // A report that was sent again counts as received again, and filtered as a duplicate: stored it is once.
    let outcomes = server.api.get(&format!("{}/outcomes/?statsPeriod=24h", server.api.project)).await;
    let groups = outcomes["groups"].as_array().into_iter().flatten();
    let accepted = groups.filter(|group| group["by"]["outcome"] == "accepted");
    let accepted: u64 = accepted.filter_map(|group| group["totals"]["sum(quantity)"].as_u64()).sum();
    assert_eq!(accepted, seen.len() as u64, "{outcomes:#}");

    let issues = server.api.issues().await;
    assert_eq!(issues.len(), by_issue.len());
    for issue in issues {
        let counted = by_issue[text(&issue["id"])];
        assert_eq!(text(&issue["count"]), counted.to_string(), "count of {issue:#}");
        let hourly = issue["stats"]["24h"].as_array().into_iter().flatten();
        let hourly: u64 = hourly.filter_map(|point| point[1].as_u64()).sum();
        assert_eq!(hourly, counted, "hourly aggregates of {issue:#}");
    }
}

/// Each issue was told as new: at least once, always with the same key.
async fn check_calls(receiver: &Receiver, server: &TestServer) {
    let mut keys = BTreeMap::<String, BTreeSet<String>>::new();
    for call in receiver.calls() {
        let body = call.verified("secret");
        assert_eq!(body["action"], "issue.new");
        let issue = text(&body["issue"]["id"]).to_owned();
        keys.entry(issue).or_default().insert(call.header("idempotency-key").to_owned());
    }
    assert!(keys.values().all(|keys| keys.len() == 1), "{keys:?}");
    assert_eq!(keys.len(), server.api.issues().await.len());
}

fn random_moment(below_ms: usize) -> Duration {
    Duration::from_millis(random_below(below_ms) as u64)
}

fn random_below(bound: usize) -> usize {
    usize::from(u16::from_le_bytes([Uuid::new_v4().as_bytes()[0], Uuid::new_v4().as_bytes()[1]])) % bound
}
