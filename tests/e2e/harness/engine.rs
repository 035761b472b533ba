//! A `mayday engine` on its own, standing for a ClickHouse server that the test may stop.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{eventually, free_port, http_client, mayday, processes::send};

const START: Duration = Duration::from_secs(30);
const SECRET: &str = "e2e";

/// A running engine; killed when dropped.
pub(crate) struct Engine {
    temp: TempDir,
    port: u16,
    child: Child,
}

impl Engine {
    /// A new one, answering.
    pub(crate) async fn start() -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let child = spawn(temp.path().join("clickhouse"), port);
        let engine = Self { temp, port, child };
        engine.await_answer().await;
        engine
    }

    /// For `--clickhouse-url`.
    pub(crate) fn url(&self) -> String {
        format!("http://mayday:{SECRET}@127.0.0.1:{}", self.port)
    }

    /// Makes it hang: connections are taken, nothing is answered.
    pub(crate) fn freeze(&self) {
        send(i32::try_from(self.child.id()).expect("a process id"), Signal::STOP);
    }

    /// Makes it go: connections are refused.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("its end");
    }

    /// Starts it again on the same data and port.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.temp.path().join("clickhouse"), self.port);
        self.await_answer().await;
    }

    async fn await_answer(&self) {
        let (http, url) = (http_client(), format!("http://127.0.0.1:{}/ping", self.port));
        eventually("the engine answers", START, async || {
            http.get(&url).send().await.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Both fail only if it ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(path: PathBuf, port: u16) -> Child {
    Command::new(mayday())
        .args(["engine", "--secret", SECRET, "--listen", &format!("127.0.0.1:{port}"), "--path"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("mayday starts")
}
