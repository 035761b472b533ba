//! One random thing after another, done to the server and to the model alike.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Model, Sent};
use crate::harness::{SETTLE, TestServer, crash, envelope, text};

const KINDS: u64 = 6;
const USERS: u64 = 9;
const RELEASES: u64 = 3;
const HOUR_MS: i64 = 3_600_000;
/// How late events come at most, hours: twelve days.
const LATE_HOURS: u64 = 288;

/// A sequence under way.
pub(super) struct Steps {
    pub(super) model: Model,
    /// What was done, for whoever reads a failure.
    pub(super) story: Vec<String>,
    /// Kinds that the project's rule makes one.
    united: BTreeSet<u64>,
    dice: u64,
}

impl Steps {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            model: Model::default(),
            story: vec![format!("seed {seed}")],
            united: BTreeSet::new(),
            dice: seed,
        }
    }

    /// Does one more thing. Events may still be under way when it begins and when it ends.
    pub(super) async fn take(&mut self, server: &mut TestServer) {
        self.report(server).await;
        match self.below(9) {
            0 | 1 => self.merge(server).await,
            2 => self.part(server).await,
            3 => self.delete_issue(server).await,
            4 => self.regroup(server).await,
            5 => self.delete_user(server).await,
            6 => {
                self.story.push("everything is killed".into());
                server.kill_tree();
                server.start_again().await;
            }
            _ => {}
        }
    }

    /// A number under `bound`: splitmix64, so that a seed tells the whole sequence.
    fn below(&mut self, bound: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    async fn report(&mut self, server: &TestServer) {
        let count = 1 + self.below(12);
        self.story.push(format!("{count} events"));
        for _ in 0..count {
            let (kind, user, release) = (self.below(KINDS), self.below(USERS), self.below(RELEASES));
            // Most come at once; of the late, many fall into hours that were counted long ago.
            let hours = if self.below(3) == 0 { self.below(LATE_HOURS) } else { 0 };
            let key = if self.united.contains(&kind) { "united".to_owned() } else { format!("kind {kind}") };
            let sent = Sent {
                id: Uuid::new_v4(),
                key,
                user: format!("user-{user}"),
                release: format!("shop@1.{release}.0"),
                at: now_ms() - HOUR_MS * i64::try_from(hours).expect("few hours"),
            };
            server.accept(envelope(&event_of(&sent, kind))).await;
            self.model.add(sent);
        }
    }

    async fn merge(&mut self, server: &TestServer) {
        let (Some(from), Some(into)) = (self.any_issue(|_| true), self.any_issue(|_| true)) else { return };
        if from == into {
            return;
        }
        // Only what the server has heard of can be merged.
        server.settle(SETTLE).await;
        let (from_id, into_id) = (self.id_of(server, from).await, self.id_of(server, into).await);
        self.story.push(format!("{from} ({from_id}) is merged into {into} ({into_id})"));
        // Sentry merges into the first one named.
        let path = format!("{}/issues/?id={into_id}&id={from_id}", server.api.project);
        let merged = server.api.put(&path, &json!({"merge": 1})).await;
        // The server may choose the greater one; that one is the model's, too.
        let kept = text(&merged["merge"]["parent"]);
        if kept == into_id {
            self.model.merge(from, into);
        } else {
            assert_eq!(kept, from_id);
            self.model.merge(into, from);
        }
    }

    async fn part(&mut self, server: &TestServer) {
        let Some(issue) = self.any_issue(|keys| keys.len() > 1) else { return };
        server.settle(SETTLE).await;
        let id = self.id_of(server, issue).await;
        let hashes = server.api.all(&format!("/api/0/issues/{id}/hashes/")).await;
        let hash = &hashes[self.below(hashes.len() as u64) as usize];
        let Some(event) = hash["latestEvent"]["eventID"].as_str() else { return };
        let event = Uuid::parse_str(event).expect("an event's id");
        let sent = self.model.events.iter().find(|sent| sent.id == event).expect("an event that was sent");
        let key = sent.key.clone();
        self.story.push(format!("{key:?} is parted from {issue} ({id})"));
        let path = format!("/api/0/issues/{id}/hashes/?id={}", text(&hash["id"]));
        let answer = server.api.send(Method::DELETE, &path, None).await;
        assert_eq!(answer.status(), 202, "{:?}: {:#?}", answer.text().await, self.story);
        self.model.part(&key);
    }

    async fn delete_issue(&mut self, server: &TestServer) {
        let Some(issue) = self.any_issue(|_| true) else { return };
        server.settle(SETTLE).await;
        let id = self.id_of(server, issue).await;
        self.story.push(format!("{issue} ({id}) is deleted"));
        let answer = server.api.send(Method::DELETE, &format!("/api/0/issues/{id}/"), None).await;
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
        self.model.delete_issue(issue);
    }

    /// A rule of the project unites other kinds, for events to come.
    async fn regroup(&mut self, server: &TestServer) {
        server.settle(SETTLE).await;
        let (one, other) = (self.below(KINDS), self.below(KINDS));
        self.united = BTreeSet::from([one, other]);
        self.story.push(format!("the kinds {one} and {other} are united from here on"));
        let rules = self.united.iter().map(|kind| format!("tags.kind:k{kind} -> united")).collect::<Vec<_>>();
        let settings = json!({"fingerprint_rules": rules.join("\n")});
        server.api.put(&format!("{}/settings/grouping/", server.api.project), &settings).await;
    }

    async fn delete_user(&mut self, server: &TestServer) {
        server.settle(SETTLE).await;
        let user = format!("user-{}", self.below(USERS));
        self.story.push(format!("{user} is deleted"));
        let path = format!("{}/users/id:{user}/", server.api.project);
        let answer = server.api.send(Method::DELETE, &path, None).await;
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
        self.model.delete_user(&user);
    }

    /// Some issue that has events, if any.
    fn any_issue(&mut self, fits: impl Fn(&BTreeSet<&str>) -> bool) -> Option<usize> {
        let issues = self.model.issues();
        let fitting = issues.iter().filter(|(issue, keys)| fits(keys) && !self.model.of(**issue).is_empty());
        let fitting: Vec<usize> = fitting.map(|(issue, _)| *issue).collect();
        (!fitting.is_empty()).then(|| fitting[self.below(fitting.len() as u64) as usize])
    }

    async fn id_of(&self, server: &TestServer, issue: usize) -> String {
        super::compare::id_of(server, &self.model, issue)
            .await
            .unwrap_or_else(|error| panic!("{error}\n{:#?}", self.story))
    }
}

fn event_of(sent: &Sent, kind: u64) -> Value {
    let mut event = crash(&sent.id.simple().to_string(), &format!("K{kind}"));
    event["timestamp"] = json!(sent.at as f64 / 1000.0);
    event["fingerprint"] = json!([format!("kind {kind}")]);
    event["tags"] = json!({"kind": format!("k{kind}")});
    event["user"] = json!({"id": sent.user});
    event["release"] = json!(sent.release);
    event
}

#[expect(clippy::disallowed_methods, reason = "what a device would write; the server's clock is its own")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock behind 1970");
    i64::try_from(since.as_millis()).expect("milliseconds")
}
