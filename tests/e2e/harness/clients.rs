//! Published SDKs, unmodified, in small programs of their own.

use std::{
    env,
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
    /// A script for Python, and the provisioned packages that it sees; no others.
    Python(&'static str, &'static [&'static str]),
    /// A script for Node.js with the provisioned packages.
    Node(&'static str),
    /// A script for Ruby with Debian's packages.
    Ruby(&'static str),
    /// One of this package's binaries.
    Rust(&'static str),
    /// A command that a provisioned npm package brings.
    Npm(&'static str),
}

/// Runs a client to its end; its exit code and what it printed.
pub(crate) async fn run_client(client: Client, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = command(client);
    command.args(arguments);
    run(&format!("{client:?}"), command).await
}

/// Runs a command of the caller's making to its end; its exit code and what it printed.
pub(crate) async fn run(name: &str, mut command: Command) -> (Option<i32>, String) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("{name} did not end within {PATIENCE:?}"))
        .expect("its output");
    // Shown by the test runner if the test fails.
    eprintln!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command that starts a client, without arguments.
pub(crate) fn command(client: Client) -> Command {
    let provision = provision();
    let script = |program: &str, script: &str| {
        let mut command = Command::new(program);
        command.arg(scripts().join(script));
        command
    };
    let mut command = match client {
        Client::Python(name, packages) => {
            // Without `site`, Python sees nothing that the machine happens to have.
            let mut command = Command::new("python3");
            let folders = packages.iter().map(|package| provision.join("python").join(package));
            command.env("PYTHONPATH", env::join_paths(folders).expect("paths")).arg("-S");
            command.arg(scripts().join(name));
            command
        }
        Client::Node(name) => script("node", name),
        Client::Ruby(name) => script("/usr/bin/ruby", name),
        Client::Rust("rust-client") => Command::new(env!("CARGO_BIN_EXE_rust-client")),
        Client::Rust("rust-everything") => Command::new(env!("CARGO_BIN_EXE_rust-everything")),
        Client::Rust("rust-reporter") => Command::new(env!("CARGO_BIN_EXE_rust-reporter")),
        Client::Rust("rust-crasher") => Command::new(env!("CARGO_BIN_EXE_rust-crasher")),
        Client::Rust(name) => panic!("no binary {name}"),
        Client::Npm(path) => Command::new(provision.join("node/node_modules").join(path)),
    };
    command.env("MAYDAY_PROVISION", &provision);
    command
}

/// Where the clients' sources are.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}
