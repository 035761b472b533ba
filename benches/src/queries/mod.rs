//! `mayday-benches queries`: what people ask of a server with much data, while reports come in.
//!
//! ClickHouse's engine runs by itself, and mayday reaches it through a proxy that writes down what is asked. So each
//! answer's time stands beside that of the same SQL asked of ClickHouse alone, in the same minute.

mod proxy;
mod questions;

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    path::{Path, PathBuf},
    process::Stdio,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::Args;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    task::{LocalSet, spawn_local},
    time::{Instant, sleep},
};

use self::{proxy::Proxy, questions::Question};
use crate::{
    http::Client,
    load::{Amount, Plan, send},
    processes,
    reports::Reports,
    servers::{self, Mayday, folder_bytes},
    table::{Goal, Table},
};

/// What `mayday-benches queries` can be told.
#[derive(Debug, Args)]
pub(crate) struct QueriesArgs {
    /// Data that `mayday bench load` has filled; reports come on top
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// The server [default: mayday beside this program]
    #[arg(long, value_name = "FILE")]
    mayday: Option<PathBuf>,
    /// Times that each question is asked
    #[arg(long, default_value_t = 40)]
    rounds: usize,
    /// Reports a second that come in meanwhile; 0: none
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Only questions whose name has this in it
    #[arg(long, default_value = "")]
    only: String,
}

/// How much longer than the SQL alone an answer may take.
const OVER_BARE: f64 = 1.5;
/// Of SQL that takes less than this, nobody waits for the rest: milliseconds.
const INSTANT_MS: f64 = 10.0;
/// Longest that the engine may take to answer.
const ENGINE_START: Duration = Duration::from_secs(60);
/// Before the first question: reports come in, and what is asked first is read from disk.
const WARM_UP: Duration = Duration::from_secs(5);
/// Ties the engine to this run alone.
const SECRET: &str = "bench";

pub(crate) async fn command(args: QueriesArgs) -> anyhow::Result<()> {
    let program = servers::program(args.mayday.as_deref())?;
    let engine = Engine::start(&program, &args.data_dir).await?;
    let local = LocalSet::new();
    let table = local.run_until(measure(&args, &program, &engine)).await?;
    crate::print(&table.to_string())?;
    Ok(())
}

async fn measure(args: &QueriesArgs, program: &Path, engine: &Engine) -> anyhow::Result<Table> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = Proxy::default();
    let mut server = Mayday::on(program, &args.data_dir)?;
    let through = listener.local_addr()?;
    server.argument("--clickhouse-url", &format!("http://mayday:{SECRET}@{through}/mayday"));
    spawn_local(proxy.clone().run(listener, engine.address));
    server.start().await?;

    let load = args.rate > 0.0;
    let reports = Rc::new(Reports::crashes(2_000)?);
    let target = server.target()?;
    let plan = Plan {
        connections: 4,
        amount: Amount::For(Duration::from_secs(24 * 3600)),
        rate: load.then_some(args.rate),
    };
    let sending = load.then(|| spawn_local(async move { send(&target, &reports, plan).await }));
    sleep(WARM_UP).await;

    let mut api = server.api()?;
    let mut all = questions::questions(&mut api).await?;
    let pages = questions::pages(&api, &all);
    all.extend(pages);
    let asker = Asker { proxy, engine: engine.address, cookie: server.log_in().await?, server: &server };
    let mut table = Table::default();
    for question in all.iter().filter(|question| question.name.contains(&args.only)) {
        asker.ask(question, args.rounds, &mut table).await?;
    }
    if let Some(sending) = sending {
        ensure!(!sending.is_finished(), "the reports that come in meanwhile have ended");
        sending.abort();
    }
    room(&server, engine, &args.data_dir, &mut table)?;
    server.stop().await?;
    Ok(table)
}

/// Memory, and bytes on disk.
fn room(server: &Mayday, engine: &Engine, data: &Path, table: &mut Table) -> anyhow::Result<()> {
    let mib = |bytes: u64| bytes >> 20;
    let engine_pid = engine.child.id().context("the engine ended")?;
    table.add(
        "resident memory at the end",
        format!(
            "mayday {} MiB, engine {} MiB",
            mib(processes::resident_bytes(server.pid()?)?),
            mib(processes::resident_bytes(engine_pid)?)
        ),
        None,
    );
    let bytes = folder_bytes(&data.join("clickhouse"))?;
    table.add("ClickHouse's data on disk", format!("{} MiB", mib(bytes)), None);
    Ok(())
}

/// Asks questions and measures.
struct Asker<'a> {
    proxy: Proxy,
    engine: SocketAddr,
    cookie: String,
    server: &'a Mayday,
}

impl Asker<'_> {
    async fn ask(&self, question: &Question, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
        let mut api = self.server.api()?;
        let mut browser = Client::new(self.server.address());
        let (mut answered, mut bare, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        for path in question.paths.iter().cycle().take(rounds.max(question.paths.len())) {
            self.proxy.start();
            let begin = Instant::now();
            let mut page = None;
            if question.name.starts_with("page") {
                page = Some(self.visit(&mut browser, path).await?);
            } else if let Err(error) = api.ask(path).await {
                table.add(question.name, format!("not answered: {error:#}"), None);
                return Ok(());
            }
            answered.push(begin.elapsed().as_secs_f64() * 1000.0);
            let asked = self.proxy.stop();
            if let Some(page) = page {
                self.visit_parts(&page).await?;
                whole.push(begin.elapsed().as_secs_f64() * 1000.0);
            }
            bare.push(proxy::ask_again(&asked, self.engine).await?.as_secs_f64() * 1000.0);
        }
        let ((p50, p95), (bare_p50, _)) = (quantiles(&mut answered), quantiles(&mut bare));
        let worst = answered.last().copied().unwrap_or_default();
        let ratio = p50 / bare_p50.max(0.001);
        let near_bare = ratio <= OVER_BARE || p50 < INSTANT_MS;
        table.add(
            question.name,
            format!(
                "p50 {p50:.1} ms, p95 {p95:.1} ms, worst {worst:.1} ms; its SQL alone {bare_p50:.1} ms, ratio {ratio:.2}"
            ),
            Some(Goal::new(
                format!("p95 {} ms, ratio {OVER_BARE}", question.goal_ms),
                p95 <= question.goal_ms && near_bare,
            )),
        );
        if !whole.is_empty() {
            let (p50, p95) = quantiles(&mut whole);
            let value = format!("p50 {p50:.1} ms, p95 {p95:.1} ms");
            table.add(format!("{}, until its last part is there", question.name), value, None);
        }
        Ok(())
    }

    async fn visit(&self, browser: &mut Client, path: &str) -> anyhow::Result<String> {
        let answer = browser.visit(path, &self.cookie).await?;
        ensure!(answer.status == 200, "{path} answered {}", answer.status);
        Ok(String::from_utf8(answer.body)?)
    }

    /// Asks for what comes later of a page, all at once as its script does.
    async fn visit_parts(&self, page: &str) -> anyhow::Result<()> {
        let links = page.split("data-later=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let visits = links.map(|link| {
            let (mut browser, cookie) = (Client::new(self.server.address()), self.cookie.clone());
            let path = link.replace("&#38;", "&");
            spawn_local(async move { browser.visit(&path, &cookie).await })
        });
        for visit in visits.collect::<Vec<_>>() {
            let answer = visit.await??;
            ensure!(answer.status == 200, "a part answered {}", answer.status);
        }
        Ok(())
    }
}

/// p50 and p95; sorts.
fn quantiles(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |quantile: f64| {
        let place = ((values.len() as f64 * quantile).ceil() as usize).saturating_sub(1);
        values.get(place).copied().unwrap_or_default()
    };
    (at(0.5), at(0.95))
}

/// ClickHouse's engine by itself, on a server's data.
struct Engine {
    child: Child,
    address: SocketAddr,
}

impl Engine {
    async fn start(program: &Path, data: &Path) -> anyhow::Result<Self> {
        let address = StdListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(program)
            .args(["engine", "--secret", SECRET, "--listen", &address.to_string(), "--path"])
            .arg(data.join("clickhouse"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let begin = Instant::now();
        while Client::new(address).connect().await.is_err() {
            ensure!(begin.elapsed() < ENGINE_START, "the engine is not ready after {ENGINE_START:?}");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { child, address })
    }
}
