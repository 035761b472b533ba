//! The commands.

mod bench;
mod convert;
mod demo;
mod dice;
mod engine;
mod schema;
mod symbolicate;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use crate::{
    config::{Config, ServeArgs},
    roles, telemetry,
};

/// Crash and error reports of mobile apps: received, grouped, searchable, on your own machine.
///
/// Point the Sentry SDK that your app already has at mayday and open the page. Without a command, `mayday`
/// means `mayday serve`: everything in one process tree, data in ./mayday-data, on http://127.0.0.1:8000.
#[derive(Debug, Parser)]
#[command(
    name = "mayday",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Every flag has an environment twin (MAYDAY_LISTEN for --listen) and a key in mayday.toml \
                  (listen = \"…\"); flags win over the environment, the environment over the file."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: ingest, worker, query and alerts in one process tree
    Serve(ServeArgs),
    /// Run the embedded ClickHouse alone, over ClickHouse's own HTTP interface
    Engine(engine::EngineArgs),
    /// Fill a running server with a realistic fortnight of mobile crashes, over its public endpoints
    Demo(demo::DemoArgs),
    /// Print any crash file with functions, files and lines, without a server
    Symbolicate(symbolicate::SymbolicateArgs),
    /// Print the definitions of ClickHouse's tables for a cluster: replicated, and spread over its shards
    Schema(schema::SchemaArgs),
    /// Fill a stopped server's data for measurements
    Bench(bench::BenchArgs),
    /// Make of a symbol file what symbolication reads, within limits: what the server runs for each file
    #[command(hide = true)]
    Convert(convert::ConvertArgs),
}

/// Runs the command of this process's arguments.
pub(crate) fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => {
            let config = Config::load(args)?;
            telemetry::start(config.log_format);
            for name in unknown_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
            {
                tracing::warn!(
                    name,
                    "environment variable means nothing to mayday; see --help for those that do"
                );
            }
            runtime()?.block_on(roles::serve(config))
        }
        Command::Engine(args) => {
            mayday_engine::give_way(args.nice);
            runtime()?.block_on(engine::run(args))
        }
        Command::Demo(args) => runtime()?.block_on(demo::run(args)),
        Command::Schema(args) => schema::run(&args),
        Command::Bench(args) => runtime()?.block_on(bench::run(args)),
        Command::Symbolicate(args) => symbolicate::run(&args),
        Command::Convert(args) => convert::run(&args),
    }
}

/// The runtime of everything but HTTP, whose threads are their own.
fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

/// Variables that look like settings and are none: most likely misspelt.
fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let cli = Cli::command();
    let commands = std::iter::once(&cli).chain(cli.get_subcommands());
    let known: Vec<_> =
        commands.flat_map(|command| command.get_arguments()).filter_map(|arg| arg.get_env()).collect();
    names
        .filter(|name| name.starts_with("MAYDAY_") && !known.iter().any(|known| *known == name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_misspelt_variable_is_noticed() {
        let names = ["MAYDAY_LISTEN", "MAYDAY_LISTNE", "MAYDAY_ENGINE_SECRET", "PATH"];
        assert_eq!(unknown_variables(names.into_iter().map(String::from)), ["MAYDAY_LISTNE"]);
    }
}
