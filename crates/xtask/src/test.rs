//! `cargo xtask test`.

use std::process::{ExitCode, Stdio};

use anyhow::Context;

use crate::{provision, workspace::Workspace};

/// Provisions, builds and runs all tests; the runner's status is the result.
pub(crate) fn run(workspace: &Workspace, runner_args: &[String]) -> anyhow::Result<ExitCode> {
    let provisioned = provision::run(workspace)?;
    let mut runner = workspace.cargo();
    let nextest = has_nextest(workspace);
    if nextest {
        runner.args(["nextest", "run"]);
    } else {
        eprintln!("xtask: cargo-nextest is not installed, so `cargo test` runs the tests, one by one");
        runner.args(["test", "--no-fail-fast"]);
    }
    if !names_packages(runner_args) {
        runner.arg("--workspace");
    }
    runner.args(runner_args);
    if !nextest && !runner_args.iter().any(|arg| arg == "--") {
        // A process holds one embedded engine at a time; nextest gives each test a process of its own.
        runner.args(["--", "--test-threads=1"]);
    }
    let status =
        runner.env("MAYDAY_PROVISION", provisioned).status().context("the test runner cannot be started")?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

fn has_nextest(workspace: &Workspace) -> bool {
    workspace
        .cargo()
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn names_packages(runner_args: &[String]) -> bool {
    runner_args.iter().take_while(|arg| *arg != "--").any(|arg| {
        ["-p", "--package", "--workspace", "--all"].contains(&arg.as_str()) || arg.starts_with("--package=")
    })
}
