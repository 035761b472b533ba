//! Events a second from the first request to the last event in ClickHouse; generator and server share the machine.

use std::{rc::Rc, time::Duration};

use anyhow::ensure;
use tokio::time::{Instant, sleep};

use super::{Bench, footprint};
use crate::{
    load::{Amount, Plan, send},
    reports::Reports,
    servers::Mayday,
    table::{Goal, Table},
};

/// Longest that the worker may take for all of it.
pub(super) const DRAIN: Duration = Duration::from_secs(600);
/// Until memory that was needed for the load is given back.
const REST: Duration = Duration::from_secs(5);
/// Events a second.
const GOAL: f64 = 3_000.0;

/// Returns the events a second.
pub(super) async fn measure(bench: &Bench, reports: &Rc<Reports>, table: &mut Table) -> anyhow::Result<f64> {
    let mut server = Mayday::started(&bench.program, None).await?;
    let rate = of(&server, bench, reports, Some(GOAL), table).await?;
    server.stop().await?;
    Ok(rate)
}

/// The same on a server that may have events already. `goal`: events a second.
pub(super) async fn of(
    server: &Mayday,
    bench: &Bench,
    reports: &Rc<Reports>,
    goal: Option<f64>,
    table: &mut Table,
) -> anyhow::Result<f64> {
    let (target, mut api) = (server.target()?, server.api()?);
    let (there, bytes_there) = (api.counted_events().await?, server.clickhouse_bytes()?);
    let plan =
        Plan { connections: bench.args.connections, amount: Amount::Requests(bench.args.events), rate: None };
    let (begin, before) = (Instant::now(), server.processor_time()?);
    let load = send(&target, reports, plan).await?;
    load.all_accepted()?;
    let backlog = api.journal().await?;
    let draining = Instant::now();
    api.drained(DRAIN).await?;
    let rate = bench.args.events as f64 / begin.elapsed().as_secs_f64();
    let drained = (backlog.last - backlog.committed) as f64 / draining.elapsed().as_secs_f64();
    let after = server.processor_time()?;
    let micros = |after: Duration, before: Duration| {
        after.saturating_sub(before).as_micros() / u128::from(bench.args.events)
    };

    let counted = api.counted_events().await? - there;
    ensure!(counted == bench.args.events, "{counted} events are counted, {} were sent", bench.args.events);
    let subject = format!("pipeline, {}", reports.name());
    table.add(
        format!("{subject}: events/s from first request to last event in ClickHouse"),
        format!(
            "{rate:.0} /s ({} events; accepted at {:.0} /s, the {} then waiting stored at {drained:.0} /s; processor time each: mayday {} µs, engine {} µs)",
            bench.args.events,
            load.accepted_per_second(),
            backlog.last - backlog.committed,
            micros(after.mayday, before.mayday),
            micros(after.engine, before.engine),
        ),
        goal.map(|goal| Goal::new(format!("at least {goal} /s"), rate >= goal)),
    );
    sleep(REST).await;
    let bytes = server.clickhouse_bytes()?.saturating_sub(bytes_there) as f64 / bench.args.events as f64;
    table.add(format!("{subject}: bytes on disk an event in ClickHouse"), format!("{bytes:.0}"), None);
    let resident = footprint::Resident::of(server)?;
    table.add(format!("{subject}: resident memory afterwards"), resident.to_string(), None);
    Ok(rate)
}
