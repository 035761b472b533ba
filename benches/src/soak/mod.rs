//! `mayday-benches soak`: load with faults, and an account at the end that must add up to the event.
//!
//! While it runs, ClickHouse's engine is killed, the disk is filled to the server's reserve, and one body in a hundred is
//! malformed. Then: what was answered is what was received, what was received is what became of it, and each event that
//! was answered 200 is stored or set aside with its reason.

mod faults;

use std::{path::PathBuf, rc::Rc, time::Duration};

use anyhow::ensure;
use clap::Args;
use tokio::{
    task::LocalSet,
    time::{Instant, sleep},
};

use crate::{
    load::{Amount, Load, Plan, send},
    note, processes,
    reports::Reports,
    servers::{self, Mayday, Outcomes},
};

/// Longest that the worker may take for what the load left.
const DRAIN: Duration = Duration::from_secs(600);
/// Until ingest has journalled its last refusals.
const REFUSALS: Duration = Duration::from_secs(3);
/// Between two looks at memory.
const LOOK: Duration = Duration::from_secs(5);
const MIB: u64 = 1 << 20;

/// What `mayday-benches soak` can be told.
#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// The server [default: mayday beside this program]
    #[arg(long, value_name = "FILE")]
    mayday: Option<PathBuf>,
    /// How long
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Requests a second [default: as many as are answered]
    #[arg(long)]
    rate: Option<f64>,
    /// Bytes of an envelope as sent, gzip
    #[arg(long, default_value_t = 20_000)]
    size: usize,
    /// Kept connections
    #[arg(long, default_value_t = 32)]
    connections: u64,
    /// No faults and no malformed bodies: only whether memory stays flat
    #[arg(long)]
    calm: bool,
}

/// Runs, prints, and fails if the account does not add up.
pub(crate) async fn command(args: SoakArgs) -> anyhow::Result<()> {
    let program = servers::program(args.mayday.as_deref())?;
    let mut server = Mayday::new(&program, None)?;
    let disk = faults::Disk::of(server.directory())?;
    if !args.calm {
        server.argument("--disk-reserve-mib", &disk.reserve_mib().to_string());
    }
    server.start().await?;
    let reports = match args.calm {
        true => Reports::crashes(args.size)?,
        false => Reports::sloppy_crashes(args.size)?,
    };
    let length = Duration::from_secs(args.minutes * 60);
    let plan = Plan { connections: args.connections, amount: Amount::For(length), rate: args.rate };
    let local = LocalSet::new();
    let (load, memory) = {
        let (server, disk) = (&server, &disk);
        let faults =
            async { if args.calm { Ok(Vec::new()) } else { faults::run(server, disk, length).await } };
        let target = server.target()?;
        let reports = Rc::new(reports);
        let work =
            async { tokio::try_join!(send(&target, &reports, plan), watch_memory(server, length), faults) };
        let (load, memory, faults) = local.run_until(work).await?;
        for fault in faults {
            note(&fault);
        }
        (load, memory)
    };
    sleep(REFUSALS).await;
    let mut api = server.api()?;
    api.drained(DRAIN).await?;
    let outcomes = api.outcomes().await?;
    server.stop().await?;
    crate::print(&report(&load, &memory, &outcomes))?;
    check(&load, &outcomes)
}

/// Resident bytes of mayday over time.
async fn watch_memory(server: &Mayday, length: Duration) -> anyhow::Result<Vec<u64>> {
    let until = Instant::now() + length;
    let mut samples = Vec::new();
    while Instant::now() < until {
        sleep(LOOK).await;
        samples.push(processes::resident_bytes(server.pid()?)?);
    }
    Ok(samples)
}

fn report(load: &Load, memory: &[u64], outcomes: &Outcomes) -> String {
    // The first tenth warms up.
    let settled = memory.get(memory.len() / 10..).unwrap_or_default();
    let mean = settled.iter().sum::<u64>() / (settled.len() as u64).max(1);
    let (least, most) = (settled.iter().min().unwrap_or(&0), settled.iter().max().unwrap_or(&0));
    format!(
        "{load}received {}, outcomes {}: {:#?}\nresident memory of mayday: mean {} MiB, least {}, most {}\n",
        outcomes.received,
        outcomes.total(),
        outcomes.by,
        mean / MIB,
        least / MIB,
        most / MIB,
    )
}

fn check(load: &Load, outcomes: &Outcomes) -> anyhow::Result<()> {
    ensure!(load.errors.is_empty(), "requests without an answer: {:?}", load.errors);
    let answered: u64 = load.statuses.values().sum();
    ensure!(outcomes.received == answered, "{answered} were answered, {} received", outcomes.received);
    ensure!(outcomes.is_balanced, "the server says that its outcomes do not add up");
    ensure!(outcomes.total() == outcomes.received, "{} outcomes of {}", outcomes.total(), outcomes.received);
    let came_to = |outcome: &str, reasons: &[&str]| -> u64 {
        let of = |(found, reason): &(String, String)| {
            found == outcome && (reasons.is_empty() || reasons.contains(&reason.as_str()))
        };
        outcomes.by.iter().filter(|(key, _)| of(key)).map(|(_, quantity)| quantity).sum()
    };
    // What the worker found unreadable was answered 200 and is set aside.
    let kept = came_to("accepted", &[]) + came_to("invalid", &["invalid_json"]);
    ensure!(kept == load.accepted(), "{} were answered 200, {kept} are stored or set aside", load.accepted());
    Ok(())
}
