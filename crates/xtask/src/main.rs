//! `cargo xtask`: what a developer runs.

mod conformance;
mod provision;
mod schemathesis;
mod test;
mod tidy;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

use crate::workspace::Workspace;

/// What a developer of mayday runs; everything works on a fresh checkout.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
enum Task {
    /// Provision what the tests need, build everything and run all tests
    ///
    /// Runs with cargo-nextest where it is installed, else with `cargo test`. Exits with the runner's status.
    #[command(after_help = "Examples:\n  \
        cargo xtask test                    all tests\n  \
        cargo xtask test -p mayday-event    one crate's\n  \
        cargo xtask test -- crash           those whose name contains `crash`")]
    Test {
        /// Passed on to the test runner
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "RUNNER ARGS")]
        runner_args: Vec<String>,
    },
    /// Fetch what the end-to-end tests need: published SDKs, a browser, Ruby and the ClickHouse engine
    ///
    /// Everything goes to `<target dir>/provision` (or where MAYDAY_PROVISION says), in the versions that
    /// tests/provision pins; what is there already is left alone. Browser and Ruby are the system's.
    Provision,
    /// Judge parsing, grouping and symbolication by real files and results from outside the project
    ///
    /// Prints a table; exits with 1 where a result is below its floor. Outside truth is not committed: without the
    /// folder there is nothing to judge, and that is an error.
    Conformance {
        /// Only symbolication: a folder with `minidump/`, `symbols/`, `native/`, `apple/`, `android/` …
        #[arg(long, value_name = "DIR")]
        fixtures: Option<PathBuf>,
        /// Folder with `grouping/` and `fixtures/`
        #[arg(long, env = "MAYDAY_SHARED", value_name = "DIR", default_value = "../shared")]
        shared: PathBuf,
        /// Also print what made the fingerprint of the events of these groups or themes
        #[arg(long, value_name = "NAME")]
        explain: Vec<String>,
    },
    /// Ask the API what its OpenAPI document allows and what it does not, and check each answer against the document
    ///
    /// Schemathesis does, over a new server filled by `mayday demo`. Exits with its status: 1 where an answer is a 5xx or
    /// not as documented.
    #[command(after_help = "Examples:\n  \
        cargo xtask schemathesis                                      everything\n  \
        cargo xtask schemathesis -- --include-operation-id listIssues  one endpoint")]
    Schemathesis {
        /// Passed on to `schemathesis run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        asked: Vec<String>,
    },
    /// Check that the workspace is built as ARCHITECTURE.md says
    Tidy,
}

fn main() -> ExitCode {
    run(Task::parse()).unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match task {
        Task::Test { runner_args } => test::run(&workspace, &runner_args),
        Task::Provision => provision::run(&workspace).map(|_| ExitCode::SUCCESS),
        Task::Conformance { fixtures: Some(fixtures), .. } => {
            conformance::run_fixtures(&workspace.path(fixtures))
        }
        Task::Conformance { shared, explain, fixtures: None } => {
            conformance::run(&workspace.path(shared), &explain)
        }
        Task::Schemathesis { asked } => schemathesis::run(&workspace, &asked),
        Task::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
    }
}
