//! `mayday bench load`: fills a stopped server's data through what the worker stores with.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mayday_catalog::{
    Catalog,
    batch::{BatchRange, BegunBatch, Occurrence},
};
use mayday_event::{ProjectId, Timestamp, entry::SessionUpdate};
use mayday_store::{
    Store,
    rows::{EventRow, SessionRow},
};
use tokio::task::spawn_blocking;
use url::Url;
use uuid::Uuid;

use super::{
    fleet::{self, PEOPLE, Person},
    issues::Frequencies,
    moment::{DAYS, Moment, Rows},
};
use crate::{
    banner,
    bootstrap::BootstrapFile,
    cli::dice::Dice,
    config::{Config, ServeArgs},
    data_dir::DataDir,
    roles::{introduce, system_clock},
    stores,
};

/// What `mayday bench load` can be told, besides where the data are.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Events to store; a fifth as many sessions come with them. Of more than 10 million each has copies of other people at
    /// other times, which ClickHouse makes; sessions have none
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    events: u64,
    /// The same seed gives the same events
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the thirty days end, milliseconds since 1970 [default: now]
    #[arg(long, value_name = "MS")]
    until: Option<i64>,
    #[command(flatten)]
    server: ServeArgs,
}

/// Events of an insert.
const BATCH: u64 = 100_000;
/// Events for each session.
const EVENTS_A_SESSION: u64 = 5;
/// Most events that are made one by one; of more, each has as many copies as it takes.
const MADE: u64 = 10_000_000;
/// What the engine may take while it copies and merges what it has copied, bytes: by 2 GiB a week of 24 million is refused.
const COPYING_MEMORY: u64 = 6 << 30;

pub(crate) async fn run(args: LoadArgs) -> anyhow::Result<()> {
    let mut config = Config::load(args.server)?;
    let of_each = args.events.div_ceil(MADE);
    if of_each > 1 {
        config.engine_memory_bytes.get_or_insert(COPYING_MEMORY);
    }
    let data = DataDir::take(&config.data_dir)?;
    let clock = system_clock();
    let until = args.until.map_or_else(|| clock.now(), Timestamp);
    let catalog = stores::open_catalog(&config, &data, clock).await?;
    let base_url = match &config.base_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{}", config.listen))?,
    };
    introduce(&catalog, &data, &base_url).await?;
    let file = BootstrapFile::read(&data.join(BootstrapFile::NAME))?;
    let file = file.context("the data directory has no bootstrap.json, which names the project to fill")?;
    let project = ProjectId(file.project_id.parse().context("bootstrap.json has no valid project_id")?);
    let clickhouse = stores::open_clickhouse(&config, &data).await?;
    clickhouse.store.migrate().await.context("cannot bring ClickHouse's schema up to date")?;

    let begun = Instant::now();
    let plan = Plan { events: args.events / of_each, seed: args.seed, until, project };
    let filled = async {
        fill(&plan, &catalog, &clickhouse.store).await?;
        copy(&plan, of_each - 1, &clickhouse.store).await?;
        settle(&clickhouse.store).await
    }
    .await;
    catalog.close().await;
    if let Some(engine) = clickhouse.engine {
        engine.stop().await;
    }
    filled?;
    let seconds = begun.elapsed().as_secs_f64().max(0.001);
    banner::say(&format!(
        "stored {} events and {} sessions in {seconds:.0} s, {:.0} events a second; \
         start the server with --data-dir {}",
        plan.events * of_each,
        plan.events / EVENTS_A_SESSION,
        (plan.events * of_each) as f64 / seconds,
        config.data_dir.display(),
    ));
    Ok(())
}

/// What is made.
#[derive(Debug, Clone)]
struct Plan {
    events: u64,
    seed: u64,
    until: Timestamp,
    project: ProjectId,
}

impl Plan {
    /// The seed of an event, in a run of its own for each kind.
    fn seed_of(&self, kind: u64, number: u64) -> u64 {
        Dice::new(self.seed.wrapping_mul(3).wrapping_add(kind) ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d))
            .next()
    }

    /// They are as far apart as thirty days allow.
    fn at(&self, number: u64, of: u64) -> Timestamp {
        let age = (of - number) as f64 / of as f64;
        self.until.plus_ms(-((age * (DAYS * Timestamp::DAY_MS) as f64) as i64))
    }

    fn batches(&self) -> impl Iterator<Item = std::ops::Range<u64>> {
        let events = self.events;
        (0..events.div_ceil(BATCH)).map(move |batch| batch * BATCH..events.min((batch + 1) * BATCH))
    }
}

/// What one insert stores.
struct Batch {
    rows: Vec<EventRow>,
    news: Vec<Occurrence>,
    sessions: Vec<SessionRow>,
}

async fn fill(plan: &Plan, catalog: &Catalog, store: &Store) -> anyhow::Result<()> {
    let progress = ProgressBar::new(plan.events);
    progress.set_style(ProgressStyle::with_template(
        "  {bar:40} {human_pos}/{human_len} events  {per_sec}  {eta} left",
    )?);
    let journal = Uuid::from_u128(u128::from(plan.seed) << 64 | u128::from(plan.events));
    let frequencies = Arc::new(Frequencies::new());
    let mut maker = Some(Rows::new(plan.project));
    let mut making = None;
    let mut last_position = 0;
    // While one batch is stored, the next is made.
    for range in plan.batches().map(Some).chain([None]) {
        let made = match making.take() {
            Some(task) => Some(await_batch(task, &mut maker).await?),
            None => None,
        };
        if let Some(range) = range {
            let (plan, frequencies) = (plan.clone(), Arc::clone(&frequencies));
            let rows = maker.take().context("a batch is being made already")?;
            making = Some(spawn_blocking(move || make(&plan, &frequencies, rows, range)));
        }
        if let Some(batch) = made {
            last_position += 1;
            let range = BatchRange { journal, first: last_position, last: last_position };
            keep(catalog, store, range, &batch).await?;
            progress.inc(batch.rows.len() as u64);
        }
    }
    finish(plan, &frequencies, catalog, journal, last_position + 1).await?;
    progress.finish();
    Ok(())
}

/// Copies what is there, a week at a time.
async fn copy(plan: &Plan, copies: u64, store: &Store) -> anyhow::Result<()> {
    if copies == 0 {
        return Ok(());
    }
    let weeks = store.event_weeks().await?;
    let progress = of_weeks(weeks.len(), "copied")?;
    for week in weeks {
        store.copy_events(plan.project, &week, copies, PEOPLE).await.context("cannot copy events")?;
        progress.inc(1);
    }
    progress.finish();
    Ok(())
}

/// Merges the weeks that are over, as they would be where events had come for thirty days.
async fn settle(store: &Store) -> anyhow::Result<()> {
    let mut weeks = store.event_weeks().await?;
    weeks.pop();
    let progress = of_weeks(weeks.len(), "merged")?;
    for week in weeks {
        store.settle_events(&week).await.context("cannot merge the events of a week")?;
        progress.inc(1);
    }
    progress.finish();
    Ok(())
}

fn of_weeks(weeks: usize, done: &str) -> anyhow::Result<ProgressBar> {
    let progress = ProgressBar::new(weeks as u64);
    let style =
        ProgressStyle::with_template(&format!("  {{bar:40}} {{pos}}/{{len}} weeks {done}  {{elapsed}}"))?;
    progress.set_style(style);
    progress.enable_steady_tick(Duration::from_secs(1));
    Ok(progress)
}

type Making = tokio::task::JoinHandle<anyhow::Result<(Rows, Batch)>>;

async fn await_batch(task: Making, maker: &mut Option<Rows>) -> anyhow::Result<Batch> {
    let (rows, batch) = task.await.context("making events ended badly")??;
    *maker = Some(rows);
    Ok(batch)
}

fn make(
    plan: &Plan,
    frequencies: &Frequencies,
    mut maker: Rows,
    range: std::ops::Range<u64>,
) -> anyhow::Result<(Rows, Batch)> {
    let mut batch = Batch { rows: Vec::new(), news: Vec::new(), sessions: Vec::new() };
    for number in range {
        let at = plan.at(number, plan.events);
        let moment = Moment::roll(plan.seed_of(0, number), frequencies, at, plan.until);
        let (row, news) = maker.make(&moment)?;
        batch.rows.push(row);
        batch.news.extend(news);
        if number % EVENTS_A_SESSION == 0 {
            batch.sessions.push(session(plan, number, at));
        }
    }
    Ok((maker, batch))
}

/// A session that began at some time: one of two hundred ends in a crash.
fn session(plan: &Plan, number: u64, started: Timestamp) -> SessionRow {
    let mut dice = Dice::new(plan.seed_of(1, number));
    let person = Person::of(dice.next() % PEOPLE);
    let crashed = dice.below(200) == 0;
    let sid = dice.uuid(0);
    SessionRow {
        project_id: plan.project,
        position: number,
        index: 0,
        received: started.plus_ms(60_000),
        update: SessionUpdate {
            sid: Some(sid),
            user_hash: person.number + 1,
            sequence: 1,
            started,
            release: fleet::release_name(person.release(started, plan.until)),
            environment: person.environment().to_owned(),
            init: true,
            is_counted: false,
            duration_ms: Some(dice.next() % 600_000),
            errors: 0,
            status: if crashed { "crashed" } else { "exited" }.to_owned(),
            abnormal_mechanism: String::new(),
            exited: u32::from(!crashed),
            errored: 0,
            abnormal: 0,
            crashed: u32::from(crashed),
        },
    }
}

async fn keep(catalog: &Catalog, store: &Store, range: BatchRange, batch: &Batch) -> anyhow::Result<()> {
    note(catalog, &range, &batch.news).await?;
    let token = format!("{}/{}", range.journal, range.first);
    let (events, sessions) =
        tokio::join!(store.insert_events(&token, &batch.rows), store.insert_sessions(&batch.sessions));
    events.context("cannot store events")?;
    sessions.context("cannot store sessions")
}

/// Tells the catalog of issues and releases.
async fn note(catalog: &Catalog, range: &BatchRange, news: &[Occurrence]) -> anyhow::Result<()> {
    let begun = BegunBatch { range: range.clone(), skipped: Vec::new() };
    let resolutions = catalog.begin_batch(&begun, news).await.context("cannot tell the catalog of issues")?;
    ensure!(resolutions.len() == news.len(), "the catalog left out issues");
    Ok(catalog.finish_batch(range).await?)
}

/// Tells the catalog each issue's last event: it has heard of the first alone.
async fn finish(
    plan: &Plan,
    frequencies: &Frequencies,
    catalog: &Catalog,
    journal: Uuid,
    position: u64,
) -> anyhow::Result<()> {
    // Those that are not among the last million events are seldom, and stay as old as they are.
    let mut last = std::collections::BTreeMap::new();
    for number in (plan.events.saturating_sub(1_000_000)..plan.events).rev() {
        let at = plan.at(number, plan.events);
        let moment = Moment::roll(plan.seed_of(0, number), frequencies, at, plan.until);
        last.entry(moment.issue.number).or_insert(moment);
    }
    let occurrences = last.values().map(|moment| Ok(moment.whole(plan.project)?.0));
    let occurrences = occurrences.collect::<anyhow::Result<Vec<_>>>()?;
    note(catalog, &BatchRange { journal, first: position, last: position }, &occurrences).await
}
