//! Settings: flags over environment over `mayday.toml` over defaults.

mod file;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use url::Url;

use self::file::FileConfig;
use crate::{
    server::{Network, TlsFiles},
    telemetry::LogFormat,
};

/// A part of the server; one process may play any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Accepts reports over HTTP.
    Ingest,
    /// Takes reports from the journal to ClickHouse.
    Worker,
    /// Serves the API and the pages.
    Query,
    /// Delivers notifications.
    Alerts,
}

/// What `mayday serve` can be told; each flag has an environment twin and a key in `mayday.toml`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArgs {
    /// Settings file; without it ./mayday.toml is read if it is there
    #[arg(long, value_name = "FILE", env = "MAYDAY_CONFIG")]
    config: Option<PathBuf>,
    /// Where everything is kept [default: ./mayday-data]
    #[arg(long, value_name = "DIR", env = "MAYDAY_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR:PORT", env = "MAYDAY_LISTEN")]
    listen: Option<SocketAddr>,
    /// Certificate chain, PEM, to serve https with; reloaded when it changes
    #[arg(long, value_name = "FILE", env = "MAYDAY_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// Private key of --tls-cert, PEM
    #[arg(long, value_name = "FILE", env = "MAYDAY_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Address by which SDKs and people reach this server [default: http://LISTEN, with TLS https://LISTEN]
    #[arg(long, value_name = "URL", env = "MAYDAY_BASE_URL")]
    base_url: Option<Url>,
    /// Proxies whose X-Forwarded-For and Forwarded are believed: addresses or ranges, separated by commas [default: none]
    #[arg(long, value_name = "CIDRS", env = "MAYDAY_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Option<Vec<Network>>,
    /// Connections open at once; further ones wait [default: 10000]
    #[arg(long, value_name = "NUMBER", env = "MAYDAY_MAX_CONNECTIONS")]
    max_connections: Option<usize>,
    /// Parts to run in this process, separated by commas [default: all]
    #[arg(long, value_name = "ROLES", env = "MAYDAY_ROLES", value_delimiter = ',')]
    roles: Option<Vec<Role>>,
    /// A ClickHouse server, http://user:password@host:port/database [default: the embedded engine]
    #[arg(long, value_name = "URL", env = "MAYDAY_CLICKHOUSE_URL")]
    clickhouse_url: Option<Url>,
    /// The catalog's database [default: sqlite://DATA_DIR/catalog.db]
    #[arg(long, value_name = "URL", env = "MAYDAY_CATALOG_URL")]
    catalog_url: Option<Url>,
    /// The journal's place [default: file://DATA_DIR/journal]
    #[arg(long, value_name = "URL", env = "MAYDAY_JOURNAL_URL")]
    journal_url: Option<Url>,
    /// Where attachments and other large bytes are kept [default: file://DATA_DIR/blobs]
    #[arg(long, value_name = "URL", env = "MAYDAY_BLOBS_URL")]
    blobs_url: Option<Url>,
    /// Days after which events are deleted [default: 90]
    #[arg(long, value_name = "DAYS", env = "MAYDAY_RETENTION_DAYS")]
    retention_days: Option<u32>,
    /// Free disk space, in MiB, below which reports are answered 503 [default: 512]
    #[arg(long, value_name = "MIB", env = "MAYDAY_DISK_RESERVE_MIB")]
    disk_reserve_mib: Option<u64>,
    /// The ClickHouse engine library, libchdb.so [default: per-user cache, else fetched with npm]
    #[arg(long, value_name = "FILE", env = "MAYDAY_ENGINE_LIB")]
    engine_lib: Option<PathBuf>,
    /// Memory that the embedded engine may take, in MiB [default: a quarter of the machine's, at most 2048]
    #[arg(long, value_name = "MIB", env = "MAYDAY_ENGINE_MEMORY_MIB")]
    engine_memory_mib: Option<u64>,
    /// Disk space that converted symbol files may take, in MiB [default: 4096]
    #[arg(long, value_name = "MIB", env = "MAYDAY_SYMBOL_CACHE_MIB")]
    symbol_cache_mib: Option<u64>,
    /// Share converted symbol files with the other workers of --blobs-url, through it [default: true where --blobs-url is given]
    #[arg(long, value_name = "BOOL", env = "MAYDAY_SHARE_SYMBOL_CACHE", num_args = 0..=1, default_missing_value = "true")]
    share_symbol_cache: Option<bool>,
    /// Directories that projects may name as symbol sources, separated by commas [default: none]
    #[arg(long, value_name = "DIRS", env = "MAYDAY_SYMBOL_DIRECTORIES", value_delimiter = ',')]
    symbol_directories: Option<Vec<PathBuf>>,
    /// Let projects name symbol servers on private networks and on this machine
    #[arg(long, value_name = "BOOL", env = "MAYDAY_ALLOW_PRIVATE_SYMBOL_SERVERS", num_args = 0..=1, default_missing_value = "true")]
    allow_private_symbol_servers: Option<bool>,
    /// How log lines look [default: text]
    #[arg(long, value_enum, env = "MAYDAY_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

#[cfg(test)]
impl ServeArgs {
    /// Nothing but a settings file.
    pub(crate) fn with_file(path: &Path) -> Self {
        Self { config: Some(path.to_owned()), ..Self::default() }
    }
}

/// All settings of `mayday serve`, decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) base_url: Option<Url>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) max_connections: usize,
    pub(crate) roles: Vec<Role>,
    pub(crate) clickhouse_url: Option<Url>,
    pub(crate) catalog_url: Option<Url>,
    /// A folder; only the embedded journal is there.
    pub(crate) journal_dir: Option<PathBuf>,
    pub(crate) blobs_url: Option<Url>,
    pub(crate) retention_days: u32,
    pub(crate) disk_reserve_bytes: u64,
    pub(crate) engine_lib: Option<PathBuf>,
    pub(crate) engine_memory_bytes: Option<u64>,
    pub(crate) symbol_cache_bytes: u64,
    pub(crate) share_symbol_cache: bool,
    pub(crate) symbol_directories: Vec<PathBuf>,
    pub(crate) allow_private_symbol_servers: bool,
    pub(crate) log_format: LogFormat,
}

const DEFAULT_DATA_DIR: &str = "mayday-data";
const DEFAULT_FILE: &str = "mayday.toml";
const DEFAULT_MAX_CONNECTIONS: usize = 10_000;
pub(crate) const DEFAULT_RETENTION_DAYS: u32 = 90;
pub(crate) const MAX_RETENTION_DAYS: u32 = 3650;
const DEFAULT_DISK_RESERVE_MIB: u64 = 512;
const DEFAULT_SYMBOL_CACHE_MIB: u64 = 4096;
const MIN_ENGINE_MEMORY_MIB: u64 = 256;

impl Config {
    /// Decides all settings; the error is one line that names the setting.
    pub(crate) fn load(args: ServeArgs) -> anyhow::Result<Self> {
        let file = match &args.config {
            Some(path) => FileConfig::read(path)?,
            None => FileConfig::read_if_there(Path::new(DEFAULT_FILE))?,
        };
        let blobs_url = args.blobs_url.or(file.blobs_url);
        let config = Self {
            data_dir: args.data_dir.or(file.data_dir).unwrap_or_else(|| DEFAULT_DATA_DIR.into()),
            listen: args.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000))),
            tls: tls_files(args.tls_cert.or(file.tls_cert), args.tls_key.or(file.tls_key))?,
            base_url: args.base_url.or(file.base_url),
            trusted_proxies: args.trusted_proxies.or(file.trusted_proxies).unwrap_or_default(),
            max_connections: args.max_connections.or(file.max_connections).unwrap_or(DEFAULT_MAX_CONNECTIONS),
            roles: decide_roles(args.roles.or(file.roles)),
            clickhouse_url: args.clickhouse_url.or(file.clickhouse_url),
            catalog_url: args.catalog_url.or(file.catalog_url),
            journal_dir: args.journal_url.or(file.journal_url).map(|url| journal_dir(&url)).transpose()?,
            // A blob store in the data directory is nobody else's: sharing would only cost disk.
            share_symbol_cache: args
                .share_symbol_cache
                .or(file.share_symbol_cache)
                .unwrap_or(blobs_url.is_some()),
            blobs_url,
            retention_days: args.retention_days.or(file.retention_days).unwrap_or(DEFAULT_RETENTION_DAYS),
            disk_reserve_bytes: mebibytes(
                args.disk_reserve_mib.or(file.disk_reserve_mib).unwrap_or(DEFAULT_DISK_RESERVE_MIB),
            ),
            engine_lib: args.engine_lib.or(file.engine_lib),
            engine_memory_bytes: args.engine_memory_mib.or(file.engine_memory_mib).map(mebibytes),
            symbol_cache_bytes: mebibytes(
                args.symbol_cache_mib.or(file.symbol_cache_mib).unwrap_or(DEFAULT_SYMBOL_CACHE_MIB),
            ),
            symbol_directories: args.symbol_directories.or(file.symbol_directories).unwrap_or_default(),
            allow_private_symbol_servers: args
                .allow_private_symbol_servers
                .or(file.allow_private_symbol_servers)
                .unwrap_or_default(),
            log_format: args.log_format.or(file.log_format).unwrap_or_default(),
        };
        config.check()?;
        Ok(config)
    }

    /// Whether this process plays a role.
    pub(crate) fn plays(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn check(&self) -> anyhow::Result<()> {
        if !(1..=MAX_RETENTION_DAYS).contains(&self.retention_days) {
            bail!("retention-days is {}, must be 1 to {MAX_RETENTION_DAYS}", self.retention_days);
        }
        if self.engine_memory_bytes.is_some_and(|bytes| bytes < mebibytes(MIN_ENGINE_MEMORY_MIB)) {
            bail!("engine-memory-mib must be at least {MIN_ENGINE_MEMORY_MIB}");
        }
        if self.max_connections == 0 {
            bail!("max-connections must be at least 1");
        }
        let http =
            |url: &Option<Url>| url.as_ref().is_none_or(|url| matches!(url.scheme(), "http" | "https"));
        if !http(&self.base_url) {
            bail!("base-url must begin with http:// or https://");
        }
        if !http(&self.clickhouse_url) {
            bail!(
                "clickhouse-url must begin with http:// or https:// (ClickHouse's HTTP port, 8123 by default)"
            );
        }
        if self.catalog_url.as_ref().is_some_and(|url| url.scheme() != "sqlite") {
            bail!("catalog-url must begin with sqlite://");
        }
        Ok(())
    }
}

fn decide_roles(given: Option<Vec<Role>>) -> Vec<Role> {
    let mut roles = given
        .filter(|roles| !roles.is_empty())
        .unwrap_or_else(|| vec![Role::Ingest, Role::Worker, Role::Query, Role::Alerts]);
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn tls_files(certificates: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<Option<TlsFiles>> {
    match (certificates, key) {
        (Some(certificates), Some(key)) => Ok(Some(TlsFiles { certificates, key })),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("tls-cert is given without tls-key"),
        (None, Some(_)) => bail!("tls-key is given without tls-cert"),
    }
}

fn journal_dir(url: &Url) -> anyhow::Result<PathBuf> {
    if url.scheme() != "file" {
        bail!("journal-url must begin with file://");
    }
    url.to_file_path().ok().context("journal-url must be a file:// URL of an absolute path")
}

fn mebibytes(count: u64) -> u64 {
    count.saturating_mul(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, args: ServeArgs) -> anyhow::Result<Config> {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("mayday.toml");
        std::fs::write(&path, toml).unwrap();
        Config::load(ServeArgs { config: Some(path), ..args })
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let args = ServeArgs { retention_days: Some(7), ..ServeArgs::default() };
        let config = load("retention-days = 30\nlisten = \"0.0.0.0:9000\"\n", args).unwrap();
        assert_eq!(config.retention_days, 7);
        assert_eq!(config.listen.port(), 9000);
        assert_eq!(config.data_dir, Path::new(DEFAULT_DATA_DIR));
        assert!(config.plays(Role::Alerts));
    }

    #[test]
    fn converted_symbols_are_shared_where_the_blob_store_may_be() {
        let shares = |toml: &str| load(toml, ServeArgs::default()).unwrap().share_symbol_cache;
        assert!(!shares(""));
        assert!(shares("blobs-url = \"file:///mnt/blobs\""));
        assert!(!shares("blobs-url = \"file:///mnt/blobs\"\nshare-symbol-cache = false"));
    }

    #[test]
    fn the_example_file_documents_every_key() {
        let example = include_str!("../../../../deploy/mayday.toml");
        let with_all_keys: String = example
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = load(&with_all_keys, ServeArgs::default()).unwrap();
        assert_eq!(config.engine_memory_bytes, Some(2048 << 20));
        assert_eq!(config.retention_days, DEFAULT_RETENTION_DAYS);
    }

    #[test]
    fn a_bad_setting_is_named_in_one_line() {
        for (toml, named) in [
            ("listne = \"127.0.0.1:1\"", "listne"),
            ("listen = \"nowhere\"", "listen"),
            ("retention-days = 0", "retention-days"),
            ("roles = [\"cook\"]", "cook"),
            ("journal-url = \"nats://x\"", "journal-url"),
            ("listen = ", "line 1"),
        ] {
            let error = format!("{:#}", load(toml, ServeArgs::default()).unwrap_err());
            assert!(error.contains(named) && !error.contains('\n'), "{toml}: {error}");
        }
    }
}
