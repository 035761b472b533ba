//! `mayday serve`: one composition root builds everything in order, and takes it down in the opposite order.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use anyhow::Context;
use mayday_alerts::Alerts;
use mayday_blobs::Blobs;
use mayday_catalog::{Catalog, access::Bootstrap};
use mayday_engine::Supervisor;
use mayday_event::{Clock, Ledger, Timestamp};
use mayday_fetch::Fetcher;
use mayday_ingest::Ingest;
use mayday_journal::Lanes;
use mayday_store::Store;
use mayday_worker::{Symbols, Worker};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    banner,
    bootstrap::{self, BootstrapFile},
    config::{Config, Role},
    data_dir::DataDir,
    refresh,
    server::{self, Listening},
    shutdown::StopSignals,
    stores,
};

/// How long worker and alerts may take to finish what is under way; with the others it stays under 10 s.
const DRAIN: Duration = Duration::from_secs(4);

/// What every role shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) catalog: Catalog,
    pub(crate) journal: Lanes,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) fetcher: Arc<Fetcher>,
    pub(crate) ledger: Arc<Ledger>,
    /// Things of the last day whose outcomes do not add up.
    pub(crate) unaccounted: Arc<AtomicU64>,
    pub(crate) clock: Clock,
    /// True once ClickHouse's schema is up to date.
    pub(crate) migrated: watch::Receiver<bool>,
    /// Without a slash at its end.
    pub(crate) base_url: String,
}

impl Shared {
    fn ingest(&self) -> Ingest {
        let (catalog, journal, blobs) = (self.catalog.clone(), self.journal.clone(), self.blobs.clone());
        Ingest::new(catalog, journal, blobs, self.ledger.clone(), self.clock.clone())
    }
}

/// Serves until a signal asks to stop.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let data = DataDir::take(&config.data_dir)?;
    let listening = Listening::bind(&config)?;
    let base_url = config.base_url.clone().map_or_else(|| listening.url(), Ok)?;
    let clock = system_clock();

    let catalog = stores::open_catalog(&config, &data, clock.clone()).await?;
    let journal = stores::open_journal(&config, &data)?;
    let blobs = stores::open_blobs(&config, &data)?;
    let fetcher = stores::fetcher(&config);
    let symbols = stores::open_symbols(&config, &data, &catalog, &blobs, &fetcher, &clock)?;
    let (first, known) = introduce(&catalog, &data, &base_url).await?;
    catalog.refresh_keys().await?;
    let clickhouse = stores::open_clickhouse(&config, &data).await?;
    let (migrated_sender, migrated) = watch::channel(false);
    let migration = tokio::spawn(stores::migrate_store(clickhouse.store.clone(), migrated_sender));

    let shared = Shared {
        catalog,
        journal,
        store: clickhouse.store,
        blobs,
        symbols,
        fetcher,
        ledger: Arc::default(),
        unaccounted: Arc::default(),
        clock,
        migrated,
        base_url: bootstrap::plain(&base_url),
    };
    // Whoever sees that the server answers may ask it to stop.
    let mut signals = StopSignals::listen()?;
    let ingest = config.plays(Role::Ingest).then(|| shared.ingest());
    let background = Background::start(&config, &shared, ingest.as_ref());
    let server = server::start(listening, &config, &shared, ingest)?;
    let announced = async {
        await_schema(&shared, &config).await;
        banner::started(&shared.base_url, first.as_ref(), known.as_ref());
        tracing::info!(url = %shared.base_url, roles = ?config.roles, "serving");
    };
    let signal = signals.requested_while(announced).await;
    tracing::info!(signal, "stopping");
    server.stop().await;
    migration.abort();
    background.stop().await;
    close(shared, clickhouse.engine).await;
    drop(data);
    tracing::info!("stopped");
    Ok(())
}

/// Makes organisation, project and administrator on the first start, and keeps `bootstrap.json` true.
pub(crate) async fn introduce(
    catalog: &Catalog,
    data: &DataDir,
    base_url: &Url,
) -> anyhow::Result<(Option<BootstrapFile>, Option<BootstrapFile>)> {
    let path = data.join(BootstrapFile::NAME);
    let mut first = None;
    let keep = |made: &Bootstrap| {
        let file = BootstrapFile::new(made, base_url)?;
        file.write(&path)?;
        first = Some(file);
        anyhow::Ok(())
    };
    if catalog.bootstrap_keeping(keep).await.context("cannot make the first project")?.is_some() {
        return Ok((first, None));
    }
    let Some(known) = BootstrapFile::read(&path)? else { return Ok((None, None)) };
    let moved = known.moved_to(base_url)?;
    if moved != known {
        moved.write(&path)?;
    }
    Ok((None, Some(moved)))
}

/// Waits a little for the schema, so that an ordinary start is announced when everything answers.
async fn await_schema(shared: &Shared, config: &Config) {
    const PATIENCE: Duration = Duration::from_secs(10);
    let mut migrated = shared.migrated.clone();
    if timeout(PATIENCE, migrated.wait_for(|done| *done)).await.is_err() {
        let server = config.clickhouse_url.as_ref().map(|url| url.host_str().unwrap_or_default().to_owned());
        tracing::warn!(server, "ClickHouse does not answer yet; reports are accepted and kept until it does");
    }
}

/// The roles that work in the background.
struct Background {
    stop: CancellationToken,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

impl Background {
    fn start(config: &Config, shared: &Shared, ingest: Option<&Ingest>) -> Self {
        let stop = CancellationToken::new();
        let transitions = Arc::new(Notify::new());
        let mut tasks = Vec::new();
        if config.plays(Role::Worker) {
            let worker = Worker {
                catalog: shared.catalog.clone(),
                journal: shared.journal.clone(),
                store: shared.store.clone(),
                blobs: shared.blobs.clone(),
                symbols: shared.symbols.clone(),
                ledger: shared.ledger.clone(),
                clock: shared.clock.clone(),
                transitions: transitions.clone(),
                unaccounted: shared.unaccounted.clone(),
            };
            tasks.push(("worker", spawn_migrated(shared, &stop, |stop| worker.run(stop))));
        }
        if config.plays(Role::Alerts) {
            let alerts = Alerts {
                catalog: shared.catalog.clone(),
                store: shared.store.clone(),
                clock: shared.clock.clone(),
                transitions,
                base_url: shared.base_url.clone(),
            };
            tasks.push(("alerts", spawn_migrated(shared, &stop, |stop| alerts.run(stop))));
        }
        if config.plays(Role::Ingest) || config.plays(Role::Worker) {
            tasks.push(("keys", tokio::spawn(refresh::keys(shared.catalog.clone(), stop.clone()))));
        }
        if let Some(ingest) = ingest {
            tasks.push(("refusals", tokio::spawn(ingest.clone().report_refusals(stop.clone()))));
        }
        Self { stop, tasks }
    }

    async fn stop(self) {
        self.stop.cancel();
        for (role, task) in self.tasks {
            match timeout(DRAIN, task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(role, %error, "role ended badly"),
                Err(_) => {
                    tracing::warn!(role, "role did not finish in time; what was under way is done again")
                }
            }
        }
    }
}

/// Runs a role once ClickHouse's schema is up to date.
fn spawn_migrated<F>(
    shared: &Shared,
    stop: &CancellationToken,
    run: impl FnOnce(CancellationToken) -> F,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut migrated, stop) = (shared.migrated.clone(), stop.clone());
    let role = run(stop.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => return,
            ready = migrated.wait_for(|done| *done) => if ready.is_err() { return },
        }
        role.await;
    })
}

async fn close(shared: Shared, engine: Option<Supervisor>) {
    shared.journal.close().await;
    if let Some(engine) = engine {
        engine.stop().await;
    }
    shared.catalog.close().await;
}

/// The one place that reads the machine's clock.
#[expect(clippy::disallowed_methods, reason = "the clock that all others are handed")]
pub(crate) fn system_clock() -> Clock {
    Clock::new(|| Timestamp::from(std::time::SystemTime::now()))
}
