//! Accepted requests a second, against the floor server: short rounds in turn, so that a machine that gets slower
//! gets slower for both.

use std::{rc::Rc, time::Duration};

use tokio::time::sleep;

use super::Bench;
use crate::{
    load::{Amount, Load, Plan, Target, send},
    reports::Reports,
    servers::{Floor, Mayday},
    table::{Goal, Spread, Table},
};

/// Not measured: connections open, caches fill.
const WARM_UP: Duration = Duration::from_millis(500);
/// Between two rounds.
const REST: Duration = Duration::from_millis(500);
/// Longest that the worker may take for what a round left.
const DRAIN: Duration = Duration::from_secs(300);

/// The rounds of one server.
#[derive(Debug, Default)]
struct Series {
    loads: Vec<Load>,
    /// Microseconds of processor time a request, generator not counted.
    processor: Vec<f64>,
}

/// `goal` is the least ratio of `--roles ingest` to the floor.
pub(super) async fn measure(
    bench: &Bench,
    reports: &Rc<Reports>,
    goal: Option<f64>,
    table: &mut Table,
) -> anyhow::Result<()> {
    let floor = Floor::start().await?;
    let mut alone = Mayday::started(&bench.program, Some("ingest")).await?;
    let mut whole = Mayday::started(&bench.program, None).await?;
    let mut api = whole.api()?;
    let [mut by_floor, mut by_alone, mut by_whole] =
        [Series::default(), Series::default(), Series::default()];
    for _ in 0..bench.args.rounds {
        by_floor.round(bench, reports, &floor.target, || floor.processor_time()).await?;
        by_alone.round(bench, reports, &alone.target()?, || Ok(alone.processor_time()?.total())).await?;
        by_whole.round(bench, reports, &whole.target()?, || Ok(whole.processor_time()?.total())).await?;
        api.drained(DRAIN).await?;
    }
    alone.stop().await?;
    whole.stop().await?;
    let subject = format!("ingest, {}", reports.name());
    by_floor.report(&subject, "floor server", table)?;
    by_alone.report(&subject, "`mayday serve --roles ingest`", table)?;
    by_whole.report(&subject, "`mayday serve`, the worker running beside", table)?;
    let ratio = by_alone.ratio(&by_floor)?;
    table.add(
        format!("{subject}: ratio of `--roles ingest` to the floor, round by round"),
        ratio.show(2),
        goal.map(|goal| Goal::new(format!("at least {goal}"), ratio.median >= goal)),
    );
    let ratio = by_whole.ratio(&by_floor)?;
    table.add(format!("{subject}: ratio of `mayday serve` to the floor"), ratio.show(2), None);
    Ok(())
}

impl Series {
    async fn round(
        &mut self,
        bench: &Bench,
        reports: &Rc<Reports>,
        target: &Target,
        processor_time: impl Fn() -> anyhow::Result<Duration>,
    ) -> anyhow::Result<()> {
        let plan =
            |length| Plan { connections: bench.args.connections, amount: Amount::For(length), rate: None };
        sleep(REST).await;
        send(target, reports, plan(WARM_UP)).await?;
        let before = processor_time()?;
        let load = send(target, reports, plan(Duration::from_secs(bench.args.seconds))).await?;
        load.all_accepted()?;
        let used = processor_time()?.saturating_sub(before);
        self.processor.push(used.as_secs_f64() * 1e6 / load.accepted() as f64);
        self.loads.push(load);
        Ok(())
    }

    fn report(&self, subject: &str, server: &str, table: &mut Table) -> anyhow::Result<()> {
        let of = |figure: fn(&Load) -> f64| Spread::of(self.loads.iter().map(figure).collect());
        let rate = of(Load::accepted_per_second)?;
        let (p50, p99) = (of(|load| load.latency_ms(0.5))?, of(|load| load.latency_ms(0.99))?);
        let processor = Spread::of(self.processor.clone())?;
        let result = format!(
            "{} /s; p50 {:.1} ms, p99 {:.1} ms; {:.0} µs of processor time each",
            rate.show(0),
            p50.median,
            p99.median,
            processor.median
        );
        table.add(format!("{subject}: accepted by {server}"), result, None);
        Ok(())
    }

    fn ratio(&self, floor: &Self) -> anyhow::Result<Spread> {
        let pairs = self.loads.iter().zip(&floor.loads);
        Spread::of(
            pairs.map(|(own, floor)| own.accepted_per_second() / floor.accepted_per_second()).collect(),
        )
    }
}
