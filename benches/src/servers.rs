//! The servers under measurement, each a process of its own.

use std::{
    collections::BTreeMap,
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};
use url::Url;

use crate::{http::Client, load::Target, processes};

/// Longest that a start may take.
const START: Duration = Duration::from_secs(60);
/// Longest from SIGTERM to the end.
const STOP: Duration = Duration::from_secs(15);
/// Between two looks at a server that starts.
const LOOK: Duration = Duration::from_millis(5);

/// The floor server.
#[derive(Debug)]
pub(crate) struct Floor {
    child: Child,
    pub(crate) target: Target,
}

impl Floor {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("floor").stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("the floor server has no output")?;
        let mut line = String::new();
        timeout(START, BufReader::new(stdout).read_line(&mut line)).await??;
        let address = line.trim().parse().context("the floor server printed no address")?;
        Ok(Self { child, target: Target::floor(address) })
    }

    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        processes::processor_time(self.child.id().context("the floor server ended")?)
    }
}

/// `bootstrap.json`, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct Bootstrap {
    dsn: Url,
    organization: String,
    project: String,
    api_token: String,
    admin_email: String,
    admin_password: String,
}

/// The server to measure: the one that is named, else that beside this program.
pub(crate) fn program(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    match named {
        Some(program) => Ok(program.to_owned()),
        None => Ok(std::env::current_exe()?.with_file_name("mayday")),
    }
}

/// A data directory and the server on it, running or not.
#[derive(Debug)]
pub(crate) struct Mayday {
    program: PathBuf,
    arguments: Vec<String>,
    address: SocketAddr,
    directory: TempDir,
    child: Option<Child>,
}

impl Mayday {
    /// A new data directory; `roles` as `--roles` takes them, `None` for all.
    pub(crate) fn new(program: &Path, roles: Option<&str>) -> anyhow::Result<Self> {
        // Chosen once, so that the address is known before the server writes it down.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut arguments = vec!["serve".into(), "--data-dir".into(), "data".into()];
        arguments.extend(["--listen".into(), address.to_string()]);
        if let Some(roles) = roles {
            arguments.extend(["--roles".into(), roles.into()]);
        }
        let program = program.canonicalize().with_context(|| {
            let path = program.display();
            format!("{path} is not there; build it: cargo build --release -p mayday -p mayday-benches")
        })?;
        Ok(Self { program, arguments, address, directory: tempfile::tempdir()?, child: None })
    }

    /// Adds a flag, before it is started.
    pub(crate) fn argument(&mut self, flag: &str, value: &str) {
        self.arguments.extend([flag.to_owned(), value.to_owned()]);
    }

    /// One on data that are there already, and stay.
    pub(crate) fn on(program: &Path, data: &Path) -> anyhow::Result<Self> {
        let server = Self::new(program, None)?;
        let data = data.canonicalize().with_context(|| format!("{} is not there", data.display()))?;
        std::os::unix::fs::symlink(data, server.directory().join("data"))?;
        Ok(server)
    }

    /// Where its data are.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A new one, ready.
    pub(crate) async fn started(program: &Path, roles: Option<&str>) -> anyhow::Result<Self> {
        let mut server = Self::new(program, roles)?;
        server.start().await?;
        Ok(server)
    }

    /// Starts it; returns how long it took until every store answered.
    pub(crate) async fn start(&mut self) -> anyhow::Result<Duration> {
        let log = File::options().create(true).append(true).open(self.directory.path().join("log"))?;
        let begin = Instant::now();
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        self.child = Some(child);
        let mut client = Client::new(self.address);
        while begin.elapsed() < START {
            // Refused connections are what is waited over.
            if client.get("/readyz", "").await.is_ok_and(|answer| answer.status == 200) {
                return Ok(begin.elapsed());
            }
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().transpose()) {
                bail!("mayday ended with {}:\n{}", status?, self.log());
            }
            sleep(LOOK).await;
        }
        bail!("mayday is not ready after {START:?}:\n{}", self.log())
    }

    /// Stops it as an operator would; the data stays.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        let pid = self.pid()?;
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("not a process id")?;
        kill_process(pid, Signal::TERM)?;
        let mut child = self.child.take().context("mayday does not run")?;
        let status = timeout(STOP, child.wait()).await.context("mayday does not stop")??;
        ensure!(status.success(), "mayday ended with {status}:\n{}", self.log());
        Ok(())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.as_ref().and_then(Child::id).context("mayday does not run")
    }

    /// The ClickHouse engine, its only child.
    pub(crate) fn engine_pid(&self) -> anyhow::Result<u32> {
        let children = processes::children(self.pid()?)?;
        let [engine] = children[..] else { bail!("expected one child of mayday, found {children:?}") };
        Ok(engine)
    }

    pub(crate) fn processor_time(&self) -> anyhow::Result<ProcessorTime> {
        let (mayday, engine) = (self.pid()?, self.engine_pid()?);
        Ok(ProcessorTime {
            mayday: processes::processor_time(mayday)?,
            engine: processes::processor_time(engine)?,
        })
    }

    /// Bytes that ClickHouse's data take on disk.
    pub(crate) fn clickhouse_bytes(&self) -> anyhow::Result<u64> {
        folder_bytes(&self.directory.path().join("data/clickhouse"))
    }

    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        Target::of_dsn(&self.bootstrap()?.dsn)
    }

    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        let bootstrap = self.bootstrap()?;
        let project = format!("/api/0/projects/{}/{}", bootstrap.organization, bootstrap.project);
        Ok(Api { client: Client::new(self.address), token: bootstrap.api_token, project })
    }

    /// Logs the administrator in; returns the cookie.
    pub(crate) async fn log_in(&self) -> anyhow::Result<String> {
        let Bootstrap { admin_email, admin_password, .. } = self.bootstrap()?;
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("email", &admin_email)
            .append_pair("password", &admin_password)
            .finish();
        let request = format!(
            "POST /login HTTP/1.1\r\nHost: mayday\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = Client::new(self.address).send(request.as_bytes()).await?;
        let cookie =
            answer.header("set-cookie").with_context(|| format!("login answered {}", answer.status))?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    fn bootstrap(&self) -> anyhow::Result<Bootstrap> {
        let text = std::fs::read(self.directory.path().join("data/bootstrap.json"))?;
        Ok(serde_json::from_slice(&text)?)
    }

    fn log(&self) -> String {
        let log = std::fs::read(self.directory.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// Processor time that a server's processes used so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessorTime {
    pub(crate) mayday: Duration,
    pub(crate) engine: Duration,
}

impl ProcessorTime {
    pub(crate) fn total(&self) -> Duration {
        self.mayday + self.engine
    }
}

/// Bytes of all files in a folder.
pub(crate) fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // ClickHouse merges while this looks: what is gone takes no room.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { folder_bytes(&entry.path()).unwrap_or(0) } else { metadata.len() };
    }
    Ok(bytes)
}

/// What a server says of itself.
#[derive(Debug)]
pub(crate) struct Api {
    client: Client,
    token: String,
    project: String,
}

/// Where the journal is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JournalState {
    pub(crate) last: u64,
    pub(crate) committed: u64,
}

/// What a project received and what became of it.
#[derive(Debug)]
pub(crate) struct Outcomes {
    pub(crate) received: u64,
    /// By outcome and reason.
    pub(crate) by: BTreeMap<(String, String), u64>,
    pub(crate) is_balanced: bool,
}

impl Outcomes {
    /// All outcomes together.
    pub(crate) fn total(&self) -> u64 {
        self.by.values().sum()
    }
}

impl Api {
    /// The address of a page of the project.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.project.trim_start_matches("/api/0"))
    }

    /// Asks for a path under `/api/0/`, or for one of the project's where it begins with `~`.
    pub(crate) async fn ask(&mut self, path: &str) -> anyhow::Result<Value> {
        let path = path.replacen('~', &self.project, 1);
        let answer = self.client.get(&path, &self.token).await?;
        let text = || String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
        ensure!(answer.status == 200, "{path} answered {}: {}", answer.status, text());
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Posts to a path under `/api/0/`, or to one of the project's where it begins with `~`.
    pub(crate) async fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> anyhow::Result<Value> {
        let path = path.replacen('~', &self.project, 1);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: mayday\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let answer = self.client.send(&[head.as_bytes(), body].concat()).await?;
        let text = || String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
        ensure!(matches!(answer.status, 200 | 201), "{path} answered {}: {}", answer.status, text());
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// The slugs of organization and project.
    pub(crate) fn slugs(&self) -> Option<(&str, &str)> {
        self.project.trim_start_matches("/api/0/projects/").split_once('/')
    }

    /// All that was received so far.
    pub(crate) async fn outcomes(&mut self) -> anyhow::Result<Outcomes> {
        let path = format!("{}/outcomes/?statsPeriod=24h&interval=1d&groupBy=outcome,reason", self.project);
        let answer = self.client.get(&path, &self.token).await?;
        ensure!(answer.status == 200, "{path} answered {}", answer.status);
        let json: Value = serde_json::from_slice(&answer.body)?;
        let quantity = |value: &Value| value["totals"]["sum(quantity)"].as_u64().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let groups = json["groups"].as_array().into_iter().flatten();
        let line =
            |group: &Value| ((text(&group["by"]["outcome"]), text(&group["by"]["reason"])), quantity(group));
        Ok(Outcomes {
            received: quantity(&json["received"]),
            by: groups.map(line).filter(|((outcome, _), _)| outcome != "client_discard").collect(),
            is_balanced: json["balanced"].as_bool().unwrap_or_default(),
        })
    }

    pub(crate) async fn journal(&mut self) -> anyhow::Result<JournalState> {
        let answer = self.client.get("/metrics", &self.token).await?;
        let text = String::from_utf8_lossy(&answer.body);
        // A line a lane.
        let value = |name: &str| -> anyhow::Result<u64> {
            let lanes = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{'));
            let values =
                lanes.map(|lane| lane.rsplit_once(' ').and_then(|(_, value)| value.parse::<u64>().ok()));
            values.sum::<Option<u64>>().with_context(|| format!("no {name} in /metrics"))
        };
        let (last, committed) =
            (value("mayday_journal_last_position")?, value("mayday_journal_committed_position")?);
        Ok(JournalState { last, committed })
    }

    /// Waits until ClickHouse has all that the journal has.
    pub(crate) async fn drained(&mut self, patience: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let state = self.journal().await?;
            if state.last == state.committed {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("the worker did not catch up within {patience:?}: {:?}", self.journal().await?)
    }

    /// Whether the API shows an event.
    pub(crate) async fn shows(&mut self, event_id: &str) -> anyhow::Result<bool> {
        let path = format!("{}/events/{event_id}/", self.project);
        let answer = self.client.get(&path, &self.token).await?;
        match answer.status {
            200 => Ok(true),
            404 => Ok(false),
            status => bail!("{path} answered {status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }

    /// Events of all issues, as the issue list counts them.
    pub(crate) async fn counted_events(&mut self) -> anyhow::Result<u64> {
        let path = format!("{}/issues/?limit=100&query=", self.project);
        let answer = self.client.get(&path, &self.token).await?;
        ensure!(answer.status == 200, "{path} answered {}", answer.status);
        let issues: Vec<Value> = serde_json::from_slice(&answer.body)?;
        ensure!(issues.len() < 100, "more issues than one page holds");
        let counts = issues.iter().map(|issue| {
            let count = &issue["count"];
            count.as_u64().or_else(|| count.as_str()?.parse().ok()).context("an issue without count")
        });
        counts.sum()
    }
}
