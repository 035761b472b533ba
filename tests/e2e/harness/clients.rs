//! Published SDKs, unmodified, in small programs of their own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::provision;

/// Longest that a client may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program in `tests/clients`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Client {
    /// A script for the provisioned Python.
    Python(&'static str),
    /// A script for Node.js with the provisioned packages.
    Node(&'static str),
    /// This package's binary.
    Rust,
}

/// Runs a client to its end; its exit code and what it printed.
pub(crate) async fn run_client(client: Client, arguments: &[&str]) -> (Option<i32>, String) {
    let provision = provision();
    let mut command = match client {
        Client::Python(script) => {
            let mut command = Command::new(provision.join("python/bin/python"));
            command.arg(scripts().join(script));
            command
        }
        Client::Node(script) => {
            let mut command = Command::new("node");
            command.arg(scripts().join(script));
            command
        }
        Client::Rust => Command::new(env!("CARGO_BIN_EXE_rust-client")),
    };
    command
        .args(arguments)
        .env("MAYDAY_PROVISION", &provision)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command.spawn().unwrap_or_else(|error| panic!("{client:?} cannot be started: {error}"));
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("{client:?} did not end within {PATIENCE:?}"))
        .expect("its output");
    // Shown by the test runner if the test fails.
    eprintln!("{client:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where the clients' sources are.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}
