//! A real `mayday serve` in a temporary directory.
//!
//! Dropping it stops it as an operator would, and fails the test if then something is unaccounted for: a report
//! without outcome, an undelivered delivery, a process left behind, an exit status other than 0.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread::panicking,
    time::Duration,
};

use reqwest::StatusCode;
use rustix::process::Signal;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{
    Api, Process, Receiver, descendants, eventually, free_port, http_client, mayday, processes::send,
};

/// Longest that a start may take; a first one on a busy machine makes tables and hashes a password.
const START: Duration = Duration::from_secs(40);
/// Longest from SIGTERM to the end: a contract.
const STOP: Duration = Duration::from_secs(10);
/// Longest until what was received has come to its outcome, once nothing more comes.
pub(crate) const SETTLE: Duration = Duration::from_secs(30);
/// Of the server's log, shown when a test fails.
const LOG_LINES: usize = 60;

/// `bootstrap.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bootstrap {
    pub(crate) url: String,
    pub(crate) dsn: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) project_id: String,
    pub(crate) api_token: String,
    pub(crate) admin_email: String,
    pub(crate) admin_password: String,
}

impl Bootstrap {
    /// The DSN's key.
    pub(crate) fn key(&self) -> &str {
        self.dsn.split("//").nth(1).and_then(|rest| rest.split('@').next()).expect("a DSN with a key")
    }

    /// Where envelopes go, authenticated as browsers do it.
    pub(crate) fn envelope_url(&self) -> String {
        format!("{}/api/{}/envelope/?sentry_key={}&sentry_version=7", self.url, self.project_id, self.key())
    }

    /// Where single events go.
    pub(crate) fn store_url(&self) -> String {
        format!("{}/api/{}/store/?sentry_key={}&sentry_version=7", self.url, self.project_id, self.key())
    }
}

/// A running server.
pub(crate) struct TestServer {
    temp: TempDir,
    child: Child,
    arguments: Vec<String>,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) api: Api,
}

impl TestServer {
    /// A new one, ready.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A new one with more arguments.
    pub(crate) async fn start_with(more: &[&str]) -> Self {
        // A fixed port, so that clients find it again after a restart.
        Self::start_on(&format!("127.0.0.1:{}", free_port()), more).await
    }

    /// A new one whose first start was killed after so long.
    pub(crate) async fn start_after_a_kill(moment: Duration) -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let arguments = arguments(&format!("127.0.0.1:{}", free_port()), &[]);
        let mut child = spawn(&temp, &arguments);
        tokio::time::sleep(moment).await;
        kill_tree(&mut child);
        Self::spawned(temp, arguments).await
    }

    /// A new one at this address.
    pub(crate) async fn start_on(listen: &str, more: &[&str]) -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory");
        Self::spawned(temp, arguments(listen, more)).await
    }

    async fn spawned(temp: TempDir, arguments: Vec<String>) -> Self {
        let mut child = spawn(&temp, &arguments);
        let bootstrap = await_bootstrap(&temp, &mut child).await;
        let api = Api::new(&bootstrap);
        let mut server = Self { temp, child, arguments, bootstrap, api };
        server.await_ready(START).await;
        // An earlier start that was killed may have left one that counts no more.
        server.bootstrap = await_bootstrap(&server.temp, &mut server.child).await;
        server.api = Api::new(&server.bootstrap);
        server
    }

    /// Starts it again after it was killed, on the same data and port, until it is ready.
    pub(crate) async fn start_again(&mut self) {
        self.spawn_again();
        self.await_ready(START).await;
    }

    /// Starts it again and waits for nothing.
    pub(crate) fn spawn_again(&mut self) {
        assert!(self.try_wait().is_some(), "the server still runs");
        self.child = spawn(&self.temp, &self.arguments);
    }

    /// Waits until every store answers; a server that ends meanwhile fails the test.
    pub(crate) async fn await_ready(&mut self, deadline: Duration) {
        let api = self.api.clone();
        eventually("the server is ready", deadline, async || {
            if let Some(status) = self.try_wait() {
                panic!("the server ended with {status}:\n{}", log_tail(&self.temp));
            }
            match api.ready().await {
                Some((StatusCode::OK, _)) => Ok(()),
                other => Err(format!("/readyz: {other:?}")),
            }
        })
        .await;
    }

    /// Waits until all that was received is accounted for and every delivery is made.
    pub(crate) async fn settle(&self, deadline: Duration) {
        eventually("everything received has its outcome", deadline, async || {
            let ledger = self.api.ledger().await;
            ledger.check()?;
            let received = ledger.received_by_project.get(&self.bootstrap.project_id);
            // What is refused for want of disk is written down once there is room.
            let unwritten = ledger.count("unavailable", "disk_nearly_full");
            self.check_outcomes(received.map_or(0, |received| received - unwritten)).await?;
            let deliveries = self.deliveries().await;
            match deliveries.iter().find(|delivery| delivery["state"] == "pending") {
                Some(pending) => Err(format!("a delivery is pending: {pending}")),
                None => Ok(()),
            }
        })
        .await;
    }

    /// Whether the project's stored outcomes add up to what it was sent: this much, and before the last restart more.
    async fn check_outcomes(&self, received: u64) -> Result<(), String> {
        let outcomes = self.api.get(&format!("{}/outcomes/?statsPeriod=24h", self.api.project)).await;
        let total = |counted: &Value| counted["totals"]["sum(quantity)"].as_u64().expect("a sum");
        // What clients dropped themselves was never received.
        let groups = outcomes["groups"].as_array().into_iter().flatten();
        let here = groups.filter(|group| group["by"]["outcome"] != "client_discard");
        let (stored, accounted) = (total(&outcomes["received"]), here.map(total).sum::<u64>());
        if outcomes["balanced"] == true && stored == accounted && stored >= received {
            return Ok(());
        }
        Err(format!("of {received} received, the outcomes hold: {outcomes:#}"))
    }

    /// Adds a hook of all events.
    pub(crate) async fn add_hook(&self, receiver: &Receiver, secret: &str) -> Value {
        let hook = json!({"url": receiver.url, "events": ["issue.new", "issue.regressed"], "secret": secret});
        self.api.post(&format!("{}/hooks/", self.api.project), &hook).await
    }

    /// Sends an envelope that must be accepted.
    pub(crate) async fn accept(&self, envelope: Vec<u8>) {
        let response = http_client().post(self.bootstrap.envelope_url()).body(envelope).send().await;
        let response = response.expect("an answer");
        let status = response.status();
        assert_eq!(status, StatusCode::OK, "{:?}", response.text().await);
    }

    /// The project's deliveries, newest first.
    pub(crate) async fn deliveries(&self) -> Vec<Value> {
        self.api.all(&format!("{}/hooks/deliveries/", self.api.project)).await
    }

    pub(crate) fn pid(&self) -> i32 {
        pid_of(&self.child)
    }

    /// The engine's process, if it runs now.
    pub(crate) fn engine(&self) -> Option<Process> {
        descendants(self.pid()).into_iter().find(|process| process.command.contains(" engine "))
    }

    /// SIGKILL to the server's own process; its children are on their own.
    pub(crate) fn kill_server(&mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("its end");
    }

    /// SIGKILL to the server and all its children at once.
    pub(crate) fn kill_tree(&mut self) {
        kill_tree(&mut self.child);
    }

    /// SIGTERM, and how it ended; it must not take longer than promised.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        send(self.pid(), Signal::TERM);
        eventually("the server ends after SIGTERM", STOP, async || {
            self.try_wait().ok_or_else(|| log_tail(&self.temp))
        })
        .await
    }

    /// A file or folder in the data directory.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.temp.path().join("data").join(name)
    }

    fn try_wait(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("its status")
    }

    async fn check_and_stop(&mut self) {
        if self.try_wait().is_none() {
            self.settle(SETTLE).await;
            let children = descendants(self.pid());
            let status = self.terminate().await;
            assert!(status.success(), "the server ended with {status}:\n{}", log_tail(&self.temp));
            for child in children {
                assert!(!child.lives(), "a process was left behind: {child:?}");
            }
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if !panicking() {
            tokio::task::block_in_place(|| Handle::current().block_on(self.check_and_stop()));
            return;
        }
        eprintln!("--- the server's log ends:\n{}", log_tail(&self.temp));
        if self.try_wait().is_none() {
            self.kill_tree();
        }
    }
}

fn arguments(listen: &str, more: &[&str]) -> Vec<String> {
    let all = ["serve", "--listen", listen, "--data-dir", "data"].into_iter().chain(more.iter().copied());
    all.map(str::to_owned).collect()
}

fn pid_of(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a process id")
}

fn kill_tree(child: &mut Child) {
    let children = descendants(pid_of(child));
    child.kill().expect("SIGKILL");
    children.iter().for_each(|child| child.signal(Signal::KILL));
    child.wait().expect("its end");
}

fn spawn(temp: &TempDir, arguments: &[String]) -> Child {
    let log = File::options().create(true).append(true).open(temp.path().join("log")).expect("a log file");
    let mut command = Command::new(mayday());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("MAYDAY_") && name != "MAYDAY_ENGINE_LIB" {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .current_dir(temp.path())
        .env("RUST_LOG", "info,mayday=debug")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .expect("mayday starts")
}

async fn await_bootstrap(temp: &TempDir, child: &mut Child) -> Bootstrap {
    let path = temp.path().join("data/bootstrap.json");
    eventually("bootstrap.json is written", START, async || {
        if let Some(status) = child.try_wait().expect("its status") {
            panic!("the server ended with {status}:\n{}", log_tail(temp));
        }
        let bytes = fs::read(&path).map_err(|error| error.to_string())?;
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    })
    .await
}

fn log_tail(temp: &TempDir) -> String {
    let log = fs::read(temp.path().join("log")).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
