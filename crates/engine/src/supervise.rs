//! The engine as a child process, restarted whenever it ends.
//!
//! The child prints its address once it answers, and stops when its standard input closes: so it cannot outlive a
//! parent that was killed.

use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{EngineError, EngineLimits};

/// How long the child may take until it answers.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to end.
const STOP_PATIENCE: Duration = Duration::from_secs(8);
/// First pause before a restart; doubled at each, up to [`BACKOFF_MAX`].
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// A child that lived so long starts the pauses anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);
/// By how much the child gives way: under load reports are accepted first, the journal keeps what is not stored yet.
const NICE: &str = "5";
/// What the child prints before its address.
const READY: &str = "listening on http://";

/// How the child is started: `program engine --path … --listen …`, the secret in its environment.
#[derive(Debug, Clone)]
pub struct SuperviseOptions {
    /// The `mayday` binary itself.
    pub program: PathBuf,
    /// The engine library.
    pub library: PathBuf,
    /// Where ClickHouse keeps its data.
    pub path: PathBuf,
    /// What it may take.
    pub limits: EngineLimits,
}

/// The engine as a supervised child process; restarted with backoff whenever it ends.
#[derive(Debug)]
pub struct Supervisor {
    address: String,
    secret: String,
    pid: watch::Receiver<Option<u32>>,
    stop: CancellationToken,
    watching: JoinHandle<()>,
}

impl Supervisor {
    /// Starts the child and waits until it answers. Its address and secret stay the same over restarts.
    pub async fn start(options: SuperviseOptions) -> Result<Self, EngineError> {
        let secret = uuid::Uuid::new_v4().simple().to_string();
        let mut launch = Launch { options, secret: secret.clone(), listen: "127.0.0.1:0".to_owned() };
        let running = launch.start().await?;
        launch.listen = running.address.clone();
        let address = running.address.clone();
        let (pid_sender, pid) = watch::channel(running.child.id());
        let stop = CancellationToken::new();
        let watching = tokio::spawn(watch_over(launch, running, pid_sender, stop.clone()));
        Ok(Self { address, secret, pid, stop, watching })
    }

    /// `http://mayday:SECRET@127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://mayday:{}@{}", self.secret, self.address)
    }

    /// Process id of the child that runs now.
    pub fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Stops the child cleanly (SIGTERM, SIGKILL after some seconds).
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.watching.await {
            tracing::error!(%error, "the engine's supervisor ended badly");
        }
    }
}

/// A child that answers.
struct Running {
    child: Child,
    /// Held open: the child stops when it closes (`Child::wait` would close it).
    _stdin: Option<ChildStdin>,
    address: String,
    since: Instant,
}

struct Launch {
    options: SuperviseOptions,
    secret: String,
    listen: String,
}

impl Launch {
    async fn start(&self) -> Result<Running, EngineError> {
        let SuperviseOptions { program, library, path, limits } = &self.options;
        let mut child = Command::new(program)
            .arg("engine")
            .arg("--path")
            .arg(path)
            .args(["--listen", &self.listen, "--until-stdin-closes", "--nice", NICE])
            .args(["--memory-mib", &(limits.memory_bytes >> 20).to_string()])
            .args(["--threads", &limits.threads.to_string()])
            .args(["--connections", &limits.connections.to_string()])
            .env("MAYDAY_ENGINE_SECRET", &self.secret)
            .env("MAYDAY_ENGINE_LIB", library)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| EngineError::Child(format!("cannot be started: {error}")))?;
        match timeout(START_PATIENCE, read_address(&mut child)).await {
            Ok(Some(address)) => {
                let stdin = child.stdin.take();
                Ok(Running { child, _stdin: stdin, address, since: Instant::now() })
            }
            Ok(None) => {
                let status = child.wait().await.map(describe).unwrap_or_else(|error| error.to_string());
                Err(EngineError::Child(format!("{status} before it answered; its last log line says why")))
            }
            Err(_) => Err(EngineError::Child(format!("gave no answer within {START_PATIENCE:?}"))),
        }
    }
}

/// The address that the child prints; what it prints later is read and dropped.
async fn read_address(child: &mut Child) -> Option<String> {
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix(READY) {
            let address = address.trim().to_owned();
            tokio::spawn(async move {
                let mut rest = lines.into_inner();
                let mut dropped = [0; 1024];
                while matches!(rest.read(&mut dropped).await, Ok(read) if read > 0) {}
            });
            return Some(address);
        }
    }
    None
}

async fn watch_over(
    launch: Launch,
    running: Running,
    pid: watch::Sender<Option<u32>>,
    stop: CancellationToken,
) {
    let mut backoff = BACKOFF_MIN;
    let mut running = running;
    loop {
        let ended = tokio::select! {
            status = running.child.wait() => status,
            () = stop.cancelled() => return end(running.child).await,
        };
        pid.send_replace(None);
        if running.since.elapsed() > HEALTHY_AFTER {
            backoff = BACKOFF_MIN;
        }
        let status = ended.map(describe).unwrap_or_else(|error| error.to_string());
        tracing::error!(status, restart_in = ?backoff, "the engine ended");
        running = loop {
            tokio::select! {
                () = tokio::time::sleep(backoff) => {}
                () = stop.cancelled() => return,
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
            // A start that is given up takes its child with it (`kill_on_drop`).
            let started = tokio::select! {
                started = launch.start() => started,
                () = stop.cancelled() => return,
            };
            match started {
                Ok(running) => break running,
                Err(error) => tracing::error!(%error, restart_in = ?backoff, "the engine does not start"),
            }
        };
        pid.send_replace(running.child.id());
        tracing::info!(address = running.address, "the engine answers again");
    }
}

/// SIGTERM, then patience, then SIGKILL.
async fn end(mut child: Child) {
    let pid = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid
        && let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::TERM)
    {
        tracing::warn!(%error, "cannot ask the engine to stop");
    }
    if timeout(STOP_PATIENCE, child.wait()).await.is_err() {
        tracing::warn!("the engine does not stop: killing it");
        if let Err(error) = child.kill().await {
            tracing::error!(%error, "cannot kill the engine");
        }
    }
}

fn describe(status: ExitStatus) -> String {
    status.to_string()
}
