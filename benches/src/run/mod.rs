//! `mayday-benches run`: every measurement of RESULTS.md in one go.

mod bomb;
mod delay;
mod fleet;
mod footprint;
mod idle;
mod ingest;
mod machine;
mod pipeline;
mod start;

use std::{path::PathBuf, rc::Rc};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::{note, reports::Reports, servers, table::Table};

/// Of the floor's requests, for crashes of the ordinary size.
const GOAL: f64 = 0.6;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Accepted requests a second, against the floor
    Ingest,
    /// Events a second from journal to ClickHouse, and the delay at half of that
    Pipeline,
    /// Resident memory without load
    Footprint,
    /// Events a second of a fleet on several platforms, with symbols
    Fleet,
    /// Resident memory with 5,000 connections that are kept and not used
    Idle,
    /// What a compression bomb costs
    Bomb,
    /// Time from start to ready
    Start,
}

/// What `mayday-benches run` can be told.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The server [default: mayday beside this program]
    #[arg(long, value_name = "FILE")]
    mayday: Option<PathBuf>,
    /// What to measure [default: everything]
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Bytes of an envelope as sent, gzip
    #[arg(long, default_value_t = 20_000)]
    size: usize,
    /// The same for the pipeline with small events
    #[arg(long, default_value_t = 3_000)]
    small_size: usize,
    /// Kept connections of the generator
    #[arg(long, default_value_t = 32)]
    connections: u64,
    /// Rounds of each server in turn, and starts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of a round
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Events that go through the pipeline
    #[arg(long, default_value_t = 30_000)]
    events: u64,
    /// Also write the table to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What every measurement needs.
#[derive(Debug)]
struct Bench {
    args: RunArgs,
    program: PathBuf,
    crashes: Rc<Reports>,
}

/// Measures and prints.
pub(crate) async fn command(args: RunArgs) -> anyhow::Result<()> {
    let program = servers::program(args.mayday.as_deref())?;
    let crashes = Rc::new(Reports::crashes(args.size)?);
    let about = format!(
        "{}; crashes of {}, {} connections; rounds of {} s, median (least to greatest) of {}.",
        machine::describe()?,
        crashes.name(),
        args.connections,
        args.seconds,
        args.rounds,
    );
    note(&about);
    let bench = Bench { args, program, crashes };
    let mut table = Table::default();
    let outcome = bench.measure(&mut table).await;
    // What was measured before a failure is worth seeing.
    let text = format!("{about}\n\n{table}");
    crate::print(&text)?;
    if let Some(path) = &bench.args.out {
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    outcome
}

impl Bench {
    async fn measure(&self, table: &mut Table) -> anyhow::Result<()> {
        if self.wants(Part::Start) {
            start::measure(self, table).await?;
        }
        if self.wants(Part::Footprint) {
            footprint::measure(self, table).await?;
        }
        if self.wants(Part::Idle) {
            idle::measure(self, table).await?;
        }
        if self.wants(Part::Bomb) {
            bomb::measure(self, table).await?;
        }
        if self.wants(Part::Ingest) {
            ingest::measure(self, &self.crashes, Some(GOAL), table).await?;
            for reports in [Reports::Tiny, Reports::minidumps(), Reports::Sessions] {
                ingest::measure(self, &Rc::new(reports), None, table).await?;
            }
        }
        if self.wants(Part::Pipeline) {
            let small = Rc::new(Reports::crashes(self.args.small_size)?);
            pipeline::measure(self, &small, table).await?;
            let maximum = pipeline::measure(self, &self.crashes, table).await?;
            delay::measure(self, maximum / 2.0, table).await?;
        }
        if self.wants(Part::Fleet) {
            fleet::measure(self, table).await?;
        }
        Ok(())
    }

    fn wants(&self, part: Part) -> bool {
        self.args.only.is_empty() || self.args.only.contains(&part)
    }
}
