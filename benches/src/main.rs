//! How fast mayday is, against what, and how much room it takes.
//!
//! Absolute figures drift on shared machines, so ingest is a ratio to a floor server measured in the same run: the
//! same HTTP stack that inflates, discards and answers.
//!
//! ```sh
//! cargo build --release -p mayday -p mayday-benches
//! target/release/mayday-benches run --out table.md
//! target/release/mayday-benches symbolication --debug-file target/release/mayday
//! ```
//!
//! The goals are stated for two cores shared by generator and server; on a larger machine put `taskset -c 0,1` before.

mod clock;
mod dice;
mod envelopes;
mod fleet;
mod floor;
mod http;
mod load;
mod processes;
mod queries;
mod reports;
mod run;
mod servers;
mod soak;
mod symbolication;
mod table;

use std::io::Write;

use clap::{Parser, Subcommand};
use tikv_jemallocator::Jemalloc;

/// What mayday ships with: the floor and the libraries called bare are not to differ by it.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Load generator, floor server and measurements of mayday.
#[derive(Debug, Parser)]
#[command(name = "mayday-benches", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send crashes to a running server and say how it took them
    Load(load::LoadArgs),
    /// Serve the floor: read, inflate, discard, answer
    Floor(floor::FloorArgs),
    /// Start servers, measure everything, print a table
    Run(run::RunArgs),
    /// Ask a server with much data what people ask, beside what its SQL takes alone
    Queries(queries::QueriesArgs),
    /// Load with faults for minutes: nothing lost, nothing unaccounted for, memory flat
    Soak(soak::SoakArgs),
    /// Symbolication and conversion, against the libraries called bare
    Symbolication(symbolication::SymbolicationArgs),
}

fn main() -> anyhow::Result<()> {
    // One thread: the generator must not take more of the machine than it has to.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match Cli::parse().command {
        Command::Load(args) => runtime.block_on(load::command(args)),
        Command::Floor(args) => floor::serve(&args),
        Command::Queries(args) => runtime.block_on(queries::command(args)),
        Command::Soak(args) => runtime.block_on(soak::command(args)),
        Command::Symbolication(args) => symbolication::command(&args),
        Command::Run(args) => runtime.block_on(run::command(args)),
    }
}

/// A line for whoever waits, on the standard error.
fn note(line: &str) {
    // Nobody reads it? Then nobody minds.
    writeln!(std::io::stderr(), "{line}").ok();
}

/// What was asked for, on the standard output.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}
