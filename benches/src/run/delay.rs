//! From the 200 to the event in the API, at half of what the pipeline takes.

use std::time::Duration;

use anyhow::ensure;
use hdrhistogram::Histogram;
use tokio::{
    task::LocalSet,
    time::{Instant, sleep},
};

use super::Bench;
use crate::{
    dice::Dice,
    http::Client,
    load::{Amount, Plan, Target, send},
    reports::Reports,
    servers::{Api, Mayday},
    table::{Goal, Table},
};

/// How long there is load; probes begin after a tenth of it.
const LENGTH: Duration = Duration::from_secs(30);
/// Probes under way at a time: few, since each look is a query that takes the load's place.
const PROBES: u64 = 4;
/// Between two looks for an event.
const LOOK: Duration = Duration::from_millis(100);
/// Longest that an event may take to be seen.
const PATIENCE: Duration = Duration::from_secs(60);
/// Milliseconds, p99.
const GOAL: f64 = 2_000.0;

pub(super) async fn measure(bench: &Bench, rate: f64, table: &mut Table) -> anyhow::Result<()> {
    let mut server = Mayday::started(&bench.program, None).await?;
    let target = server.target()?;
    let plan = Plan { connections: bench.args.connections, amount: Amount::For(LENGTH), rate: Some(rate) };
    let until = Instant::now() + LENGTH;
    let local = LocalSet::new();
    let mut probes = Vec::new();
    for _ in 0..PROBES {
        let probe = Probe { target: target.clone(), api: server.api()?, dice: Dice::fresh()?, until };
        let reports = bench.crashes.clone();
        probes.push(local.spawn_local(async move { probe.run(&reports).await }));
    }
    let mut delays = Histogram::<u64>::new(3)?;
    let load = local
        .run_until(async {
            let load = send(&target, &bench.crashes, plan).await?;
            for probe in probes {
                delays.add(probe.await??)?;
            }
            anyhow::Ok(load)
        })
        .await?;
    load.all_accepted()?;
    server.stop().await?;
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|quantile| delays.value_at_quantile(quantile));
    table.add(
        "delay from 200 to visible in the API, at half of the above",
        format!(
            "p50 {p50} ms, p99 {p99} ms, max {max} ms ({} probes, at {:.0} /s)",
            delays.len(),
            load.accepted_per_second()
        ),
        Some(Goal::new("p99 under 2 s", (p99 as f64) < GOAL)),
    );
    let [p50, p99] = [0.5, 0.99].map(|quantile| load.latency_ms(quantile));
    table.add("time to the 200 at that load", format!("p50 {p50:.1} ms, p99 {p99:.1} ms"), None);
    Ok(())
}

/// Sends an event, waits until it is seen, sends the next.
struct Probe {
    target: Target,
    api: Api,
    dice: Dice,
    until: Instant,
}

impl Probe {
    /// Delays in milliseconds.
    async fn run(mut self, reports: &Reports) -> anyhow::Result<Histogram<u64>> {
        let mut delays = Histogram::new(3)?;
        let mut client = Client::new(self.target.address);
        let mut request = Vec::new();
        sleep(LENGTH / 10).await;
        while Instant::now() < self.until {
            let event_id = reports.write_request(&self.target, &mut self.dice, &mut request);
            let answer = client.send(&request).await?;
            ensure!(answer.status == 200, "a probe was answered {}", answer.status);
            let accepted = Instant::now();
            while !self.api.shows(&event_id).await? {
                ensure!(accepted.elapsed() < PATIENCE, "event {event_id} is not seen after {PATIENCE:?}");
                sleep(LOOK).await;
            }
            delays.record(accepted.elapsed().as_millis() as u64)?;
        }
        Ok(delays)
    }
}
