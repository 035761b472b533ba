//! Resident memory with many connections that clients keep and do not use.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinSet;

use super::{Bench, footprint::MIB};
use crate::{
    http::Client,
    processes::resident_bytes,
    servers::Mayday,
    table::{Goal, Table},
};

const CONNECTIONS: usize = 5_000;
/// Opened at once, so that none waits long to be accepted.
const AT_ONCE: usize = 100;
const GOAL: u64 = 150 * MIB;

pub(super) async fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    raise_limit()?;
    let mut server = Mayday::started(&bench.program, None).await?;
    let before = resident_bytes(server.pid()?)?;
    let mut kept = Vec::with_capacity(CONNECTIONS);
    while kept.len() < CONNECTIONS {
        let mut opening = JoinSet::new();
        for _ in 0..AT_ONCE {
            let mut client = Client::new(server.address());
            // A request each: a connection that has not been used costs less.
            opening.spawn(async move { client.get("/healthz", "none").await.map(|_| client) });
        }
        while let Some(opened) = opening.join_next().await {
            kept.push(opened??);
        }
    }
    let after = resident_bytes(server.pid()?)?;
    // All of them still answer.
    for client in &mut kept {
        client.get("/healthz", "none").await?;
    }
    drop(kept);
    server.stop().await?;
    table.add(
        format!("resident memory with {CONNECTIONS} idle connections: mayday itself"),
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
