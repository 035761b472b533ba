//! `mayday bench`: data in bulk, to measure with.

mod fleet;
mod issues;
mod load;
mod moment;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// Fill a stopped server's data with the events of a mobile fleet: 200,000 people with 400 kinds of devices and 60
    /// releases have 5,000 issues, few of them often, over 30 days
    #[command(
        after_help = "The same --events, --seed and --until make the same events, ids included. They go through \
                            what the worker stores with, so that 100 million take a while and not a week; \
                            start the server on the same --data-dir afterwards."
    )]
    Load(load::LoadArgs),
}

pub(crate) async fn run(args: BenchArgs) -> anyhow::Result<()> {
    match args.command {
        BenchCommand::Load(args) => load::run(args).await,
    }
}
