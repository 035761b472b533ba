//! `cargo xtask schemathesis`: the API against its own document, by a program from outside the project.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{provision, workspace::Workspace};

/// Longest that a first start may take.
const START: Duration = Duration::from_secs(60);

/// Fetches Schemathesis, fills a new server as `mayday demo` does, and has it asked; Schemathesis's status is the
/// result. `asked`: more arguments of `schemathesis run`.
pub(crate) fn run(workspace: &Workspace, asked: &[String]) -> anyhow::Result<ExitCode> {
    let pins = workspace.path("tests/provision/schemathesis");
    let packages = provision::schemathesis(workspace, &pins)?;
    workspace.build_server()?;
    let data = workspace.new_folder("schemathesis")?;
    let server = Server::start(workspace, &data)?;
    let filled = Command::new(workspace.mayday()).arg("demo").arg("--data-dir").arg(&data).status()?;
    if !filled.success() {
        bail!("the server cannot be filled; its log is {}", data.join(LOG).display());
    }
    let config = fs::read_to_string(pins.join(CONFIG))?.replace("AN_EVENT", &server.an_event()?);
    fs::write(data.join(CONFIG), config)?;
    let status = Command::new("python3")
        .args(["-m", "schemathesis.cli", "--config-file", CONFIG])
        .arg("run")
        .arg(format!("{}/api/0/openapi.json", server.url))
        .args(asked)
        .current_dir(&data)
        .env("PYTHONPATH", packages)
        .env("MAYDAY_API_TOKEN", &server.token)
        .status()
        .context("python3 cannot be started")?;
    drop(server);
    if status.success() {
        fs::remove_dir_all(&data)?;
    } else {
        eprintln!("xtask: the server's log is {}", data.join(LOG).display());
    }
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

const CONFIG: &str = "schemathesis.toml";
const LOG: &str = "server.log";

/// A server with data of its own, killed when it is dropped.
struct Server {
    child: Child,
    url: String,
    token: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to keep.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    fn start(workspace: &Workspace, data: &Path) -> anyhow::Result<Self> {
        let log = fs::File::create(data.join(LOG))?;
        let child = Command::new(workspace.mayday())
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("mayday cannot be started")?;
        let mut server = Self { child, url: String::new(), token: String::new() };
        let end = Instant::now() + START;
        while !server.is_ready(data) {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended ({status}); its log is {}", data.join(LOG).display());
            }
            if Instant::now() > end {
                bail!("the server is not ready; its log is {}", data.join(LOG).display());
            }
            wait();
        }
        Ok(server)
    }

    fn is_ready(&mut self, data: &Path) -> bool {
        let Ok(text) = fs::read_to_string(data.join("bootstrap.json")) else { return false };
        let Ok(file) = serde_json::from_str::<Value>(&text) else { return false };
        let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
        (self.url, self.token) = (text("url"), text("api_token"));
        self.get("/readyz").is_ok()
    }

    /// The id of an event that it has.
    fn an_event(&self) -> anyhow::Result<String> {
        let events: Value = serde_json::from_str(&self.get("/api/0/projects/mayday/app/events/")?)?;
        events[0]["eventID"].as_str().map(str::to_owned).context("the server has no events")
    }

    /// What it answers, if that is 200.
    fn get(&self, path: &str) -> anyhow::Result<String> {
        let (address, token) = (self.url.trim_start_matches("http://"), &self.token);
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of its head")?;
        if !head.contains(" 200 ") {
            bail!("{path} is answered {}", head.lines().next().unwrap_or_default());
        }
        Ok(body.to_owned())
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing here is async")]
fn wait() {
    thread::sleep(Duration::from_millis(200));
}
