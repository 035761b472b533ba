//! Resident memory with many connections that clients keep and do not use, each after one request.

use std::{rc::Rc, time::Duration};

use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{task::JoinSet, time::sleep};

use super::{Bench, footprint::MIB};
use crate::{
    dice::Dice,
    http::Client,
    processes::resident_bytes,
    reports::Reports,
    servers::Mayday,
    table::{Goal, Table},
};

const CONNECTIONS: usize = 5_000;
/// Opened at once, so that none waits long to be accepted.
const AT_ONCE: usize = 100;
const GOAL: u64 = 150 * MIB;
/// Longest that the worker may take for what was sent.
const DRAIN: Duration = Duration::from_secs(120);
/// Until memory that is no longer used may have gone back.
const REST: Duration = Duration::from_secs(5);

pub(super) async fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    raise_limit()?;
    for reports in [&Rc::new(Reports::Tiny), &bench.crashes] {
        measure_after(bench, reports, table).await?;
    }
    Ok(())
}

/// A request each: a connection that has not been used costs less.
async fn measure_after(bench: &Bench, reports: &Reports, table: &mut Table) -> anyhow::Result<()> {
    let mut server = Mayday::started(&bench.program, None).await?;
    let (target, mut dice) = (server.target()?, Dice::seeded(5));
    let before = resident_bytes(server.pid()?)?;
    let mut kept = Vec::with_capacity(CONNECTIONS);
    while kept.len() < CONNECTIONS {
        let mut opening = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (mut client, mut request) = (Client::new(server.address()), Vec::new());
            reports.write_request(&target, &mut dice, &mut request);
            opening.spawn(async move { client.send(&request).await.map(|answer| (client, answer.status)) });
        }
        while let Some(opened) = opening.join_next().await {
            let (client, status) = opened??;
            ensure!(status == 200, "a report was answered {status}");
            kept.push(client);
        }
    }
    server.api()?.drained(DRAIN).await?;
    sleep(REST).await;
    let after = resident_bytes(server.pid()?)?;
    // All of them still answer.
    for client in &mut kept {
        client.get("/healthz", "none").await?;
    }
    drop(kept);
    server.stop().await?;
    table.add(
        format!(
            "resident memory with {CONNECTIONS} idle connections, a report each of {}: mayday itself",
            reports.name()
        ),
        format!(
            "{} MiB ({} KiB a connection)",
            after.div_ceil(MIB),
            (after.saturating_sub(before) / CONNECTIONS as u64) >> 10
        ),
        Some(Goal::new("under 150 MB", after < GOAL)),
    );
    Ok(())
}

/// This end of the connections needs as many file descriptors.
fn raise_limit() -> std::io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}
