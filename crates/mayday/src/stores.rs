//! Opening the stores: engine, ClickHouse, catalog and journal.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use mayday_blobs::Blobs;
use mayday_catalog::Catalog;
use mayday_engine::{EngineLimits, LocateOptions, SuperviseOptions, Supervisor};
use mayday_event::Clock;
use mayday_fetch::{Fetcher, SourceLimits};
use mayday_journal::{Lanes, Options};
use mayday_store::{Store, StoreOptions};
use mayday_symbolication::caches;
use mayday_worker::{Converter, Symbols};
use tokio::sync::watch;
use url::Url;

use crate::{config::Config, data_dir::DataDir, seal_key};

/// ClickHouse's database where the URL names none.
const DEFAULT_DATABASE: &str = "mayday";
/// Memory that converting one symbol file may take besides the file, in MiB: a debug file of a gigabyte takes about two.
const CONVERSION_MEMORY_MIB: u64 = 4096;
/// Time on a processor that it may take.
const CONVERSION_TIME: Duration = Duration::from_secs(300);
/// Longest pause between two tries to bring ClickHouse's schema up to date.
const MIGRATE_RETRY_MAX: Duration = Duration::from_secs(5);

/// ClickHouse: an engine of our own, or somebody's server.
pub(crate) struct ClickHouse {
    pub(crate) store: Store,
    pub(crate) engine: Option<Supervisor>,
}

/// Finds or starts ClickHouse. An embedded engine answers when this returns; a server need not.
pub(crate) async fn open_clickhouse(config: &Config, data: &DataDir) -> anyhow::Result<ClickHouse> {
    let (url, engine) = match &config.clickhouse_url {
        Some(url) => (url.clone(), None),
        None => {
            let engine = start_engine(config, data.join("clickhouse")).await?;
            (Url::parse(&engine.url()).context("the engine's URL cannot be read")?, Some(engine))
        }
    };
    let store = Store::new(store_options(url, config.retention_days))?;
    Ok(ClickHouse { store, engine })
}

async fn start_engine(config: &Config, path: PathBuf) -> anyhow::Result<Supervisor> {
    let options = LocateOptions { library: config.engine_lib.clone(), offline: false };
    let library = tokio::task::spawn_blocking(move || mayday_engine::locate(&options)).await??;
    let mut limits = EngineLimits::default();
    if let Some(bytes) = config.engine_memory_bytes {
        limits.memory_bytes = bytes;
    }
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(Supervisor::start(SuperviseOptions { program, library, path, limits }).await?)
}

fn store_options(mut url: Url, retention_days: u32) -> StoreOptions {
    let database = match url.path().trim_matches('/') {
        "" => DEFAULT_DATABASE.to_owned(),
        named => named.to_owned(),
    };
    url.set_path("");
    StoreOptions { url: url.into(), database, retention_days }
}

/// Opens the catalog and brings it up to date.
pub(crate) async fn open_catalog(config: &Config, data: &DataDir, clock: Clock) -> anyhow::Result<Catalog> {
    let url = match &config.catalog_url {
        Some(url) => url.to_string(),
        None => format!("sqlite://{}", data.join("catalog.db").display()),
    };
    let key = seal_key::read_or_make(&data.join(seal_key::NAME))?;
    Ok(Catalog::open(&url, clock).await.context("cannot open the catalog")?.with_seal_key(key))
}

/// Opens the journal and recovers what a crash left.
pub(crate) fn open_journal(config: &Config, data: &DataDir) -> anyhow::Result<Lanes> {
    let directory = config.journal_dir.clone().unwrap_or_else(|| data.join("journal"));
    let options = Options { reserve_bytes: config.disk_reserve_bytes, ..Options::default() };
    Ok(Lanes::open(&directory, options)?)
}

/// Opens the blob store.
pub(crate) fn open_blobs(config: &Config, data: &DataDir) -> anyhow::Result<Blobs> {
    let url = match &config.blobs_url {
        Some(url) => url.clone(),
        None => directory_url(&data.join("blobs"))?,
    };
    Ok(Blobs::open(&url)?.with_reserve(config.disk_reserve_bytes))
}

/// Opens the cache of converted symbol files, and says how files are converted.
pub(crate) fn open_symbols(
    config: &Config,
    data: &DataDir,
    catalog: &Catalog,
    blobs: &Blobs,
    fetcher: &Arc<Fetcher>,
    clock: &Clock,
) -> anyhow::Result<Arc<Symbols>> {
    let cache =
        caches::Options { directory: data.join("symbol-cache"), max_bytes: config.symbol_cache_bytes };
    let converter = Converter::Process {
        program: std::env::current_exe().context("cannot tell where this program is")?,
        memory_mib: CONVERSION_MEMORY_MIB,
        time: CONVERSION_TIME,
    };
    let (catalog, blobs, clock) = (catalog.clone(), blobs.clone(), clock.clone());
    let symbols = Symbols::open(cache, converter, Arc::clone(fetcher), catalog, blobs, clock)?;
    Ok(Arc::new(if config.share_symbol_cache { symbols.shared() } else { symbols }))
}

/// What asks symbol sources, within what the operator allows.
pub(crate) fn fetcher(config: &Config) -> Arc<Fetcher> {
    Arc::new(Fetcher::new(SourceLimits {
        allow_private_addresses: config.allow_private_symbol_servers,
        directories: config.symbol_directories.clone(),
        ..SourceLimits::default()
    }))
}

fn directory_url(directory: &Path) -> anyhow::Result<Url> {
    let directory = std::path::absolute(directory).context("cannot tell the current directory")?;
    Url::from_directory_path(&directory).ok().context("the data directory has no URL")
}

/// Brings ClickHouse's schema up to date, however long ClickHouse takes to answer; then says so.
pub(crate) async fn migrate_store(store: Store, migrated: watch::Sender<bool>) {
    let mut pause = Duration::from_millis(100);
    loop {
        match store.migrate().await {
            Ok(()) => {
                migrated.send_replace(true);
                return;
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, retry_in = ?pause, "ClickHouse's schema is not up to date yet");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(MIGRATE_RETRY_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clickhouse_url_may_name_its_database() {
        let options = |url| store_options(Url::parse(url).unwrap(), 1);
        assert_eq!(options("http://u:p@ch:8123/crashes").database, "crashes");
        assert_eq!(options("http://u:p@ch:8123").database, DEFAULT_DATABASE);
        assert_eq!(options("http://u:p@ch:8123/crashes").url, "http://u:p@ch:8123/");
    }
}
