//! The load generator: kept connections that send crashes one after the other, as fast as they are answered or at
//! a pace.

use std::{
    collections::BTreeMap,
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use tokio::{
    task::LocalSet,
    time::{Instant, sleep_until},
};
use url::Url;

use crate::{dice::Dice, http::Client, reports::Reports};

/// What `mayday-benches load` can be told.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Where to send, as the server printed it: http://KEY@127.0.0.1:8000/1
    dsn: Url,
    /// Kept connections
    #[arg(long, default_value_t = 32)]
    connections: u64,
    /// Bytes of an envelope as sent, gzip
    #[arg(long, default_value_t = 20_000)]
    size: usize,
    /// How long to send
    #[arg(long, default_value_t = 10, conflicts_with = "requests")]
    seconds: u64,
    /// How many to send, instead of how long
    #[arg(long)]
    requests: Option<u64>,
    /// Requests a second [default: as many as are answered]
    #[arg(long)]
    rate: Option<f64>,
}

/// Sends to a server that runs, and prints how it took it.
pub(crate) async fn command(args: LoadArgs) -> anyhow::Result<()> {
    let target = Target::of_dsn(&args.dsn)?;
    let reports = Reports::crashes(args.size)?;
    let name = reports.name();
    let amount = args.requests.map_or(Amount::For(Duration::from_secs(args.seconds)), Amount::Requests);
    let plan = Plan { connections: args.connections, amount, rate: args.rate };
    let load = send(&target, &Rc::new(reports), plan).await?;
    Ok(crate::print(&format!("{name}\n{load}"))?)
}

/// A server and the key of a project there.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) project: String,
    pub(crate) key: String,
}

impl Target {
    pub(crate) fn of_dsn(dsn: &Url) -> anyhow::Result<Self> {
        let at =
            (dsn.host_str().context("the DSN names no host")?, dsn.port_or_known_default().unwrap_or(80));
        let address = at.to_socket_addrs()?.next().context("the DSN's host has no address")?;
        // A load generator must not be let loose on others' machines by a mistyped address.
        ensure!(address.ip().is_loopback(), "{address} is not on this machine");
        let project = dsn.path().trim_matches('/').to_owned();
        Ok(Self { address, project, key: dsn.username().to_owned() })
    }

    /// A server that asks for no key.
    pub(crate) fn floor(address: SocketAddr) -> Self {
        Self { address, project: "1".into(), key: "0".repeat(32) }
    }
}

/// How much to send.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Amount {
    For(Duration),
    Requests(u64),
}

/// How to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) connections: u64,
    pub(crate) amount: Amount,
    /// Requests a second over all connections; `None` sends the next when the last is answered.
    pub(crate) rate: Option<f64>,
}

/// How it was taken.
#[derive(Debug)]
pub(crate) struct Load {
    /// Requests by HTTP status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Requests without an answer, by cause.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) elapsed: Duration,
    /// Of those with 200, microseconds; at a pace, from the moment at which it was due.
    pub(crate) latency: Histogram<u64>,
}

impl Load {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            statuses: BTreeMap::new(),
            errors: BTreeMap::new(),
            elapsed: Duration::ZERO,
            latency: Histogram::new(3)?,
        })
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.statuses.get(&200).copied().unwrap_or(0)
    }

    pub(crate) fn accepted_per_second(&self) -> f64 {
        self.accepted() as f64 / self.elapsed.as_secs_f64()
    }

    /// Milliseconds within which this share of the accepted was answered.
    pub(crate) fn latency_ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// Fails unless every request was answered 200.
    pub(crate) fn all_accepted(&self) -> anyhow::Result<()> {
        let all = self.statuses.keys().all(|status| *status == 200) && self.errors.is_empty();
        ensure!(all, "not every request was accepted: {self}");
        Ok(())
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        for (error, count) in &other.errors {
            *self.errors.entry(error.clone()).or_default() += count;
        }
        self.latency.add(&other.latency)?;
        Ok(())
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "accepted {} in {:.2?}: {:.0}/s",
            self.accepted(),
            self.elapsed,
            self.accepted_per_second()
        )?;
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|quantile| self.latency_ms(quantile));
        writeln!(f, "latency p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")?;
        writeln!(f, "statuses {:?}, without answer {:?}", self.statuses, self.errors)
    }
}

/// Sends as planned.
pub(crate) async fn send(target: &Target, reports: &Rc<Reports>, plan: Plan) -> anyhow::Result<Load> {
    let start = Instant::now();
    let local = LocalSet::new();
    let senders: Vec<_> = (0..plan.connections)
        .map(|lane| {
            let sender = Sender { target: target.clone(), reports: reports.clone(), start, lane, plan };
            local.spawn_local(sender.run())
        })
        .collect();
    let mut load = Load::new()?;
    local
        .run_until(async {
            for sender in senders {
                load.add(&sender.await??)?;
            }
            anyhow::Ok(())
        })
        .await?;
    load.elapsed = start.elapsed();
    Ok(load)
}

/// One connection's share of a plan.
struct Sender {
    target: Target,
    reports: Rc<Reports>,
    start: Instant,
    lane: u64,
    plan: Plan,
}

impl Sender {
    async fn run(self) -> anyhow::Result<Load> {
        let mut load = Load::new()?;
        let mut client = Client::new(self.target.address);
        let mut dice = Dice::fresh()?;
        let mut request = Vec::new();
        for turn in 0.. {
            // The requests of all lanes together are numbered 0, 1, 2 …
            let number = turn * self.plan.connections + self.lane;
            let due = self.due(number);
            if self.is_over(number, due) {
                break;
            }
            if let Some(due) = due {
                sleep_until(due).await;
            }
            self.reports.write_request(&self.target, &mut dice, &mut request);
            let since = due.unwrap_or_else(Instant::now);
            match client.send(&request).await {
                Ok(answer) => {
                    *load.statuses.entry(answer.status).or_default() += 1;
                    if answer.status == 200 {
                        load.latency.record(since.elapsed().as_micros() as u64)?;
                    }
                }
                Err(error) => *load.errors.entry(format!("{error:#}")).or_default() += 1,
            }
        }
        Ok(load)
    }

    fn due(&self, number: u64) -> Option<Instant> {
        self.plan.rate.map(|rate| self.start + Duration::from_secs_f64(number as f64 / rate))
    }

    fn is_over(&self, number: u64, due: Option<Instant>) -> bool {
        match self.plan.amount {
            Amount::For(duration) => due.unwrap_or_else(Instant::now) >= self.start + duration,
            Amount::Requests(count) => number >= count,
        }
    }
}
