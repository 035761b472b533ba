//! `mayday.toml`.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use serde::Deserialize;
use url::Url;

use super::Role;
use crate::{server::Network, telemetry::LogFormat};

/// The keys of `mayday.toml`: the long flags without their dashes. An unknown key is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FileConfig {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) base_url: Option<Url>,
    pub(super) trusted_proxies: Option<Vec<Network>>,
    pub(super) max_connections: Option<usize>,
    pub(super) roles: Option<Vec<Role>>,
    pub(super) clickhouse_url: Option<Url>,
    pub(super) catalog_url: Option<Url>,
    pub(super) journal_url: Option<Url>,
    pub(super) blobs_url: Option<Url>,
    pub(super) retention_days: Option<u32>,
    pub(super) disk_reserve_mib: Option<u64>,
    pub(super) engine_lib: Option<PathBuf>,
    pub(super) engine_memory_mib: Option<u64>,
    pub(super) symbol_cache_mib: Option<u64>,
    pub(super) share_symbol_cache: Option<bool>,
    pub(super) symbol_directories: Option<Vec<PathBuf>>,
    pub(super) allow_private_symbol_servers: Option<bool>,
    pub(super) log_format: Option<LogFormat>,
}

impl FileConfig {
    /// Reads the file that the operator named: it must be there.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text, path)
    }

    /// Reads a file that need not be there.
    pub(super) fn read_if_there(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn parse(text: &str, path: &Path) -> anyhow::Result<Self> {
        toml::from_str(text).map_err(|error| {
            let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or("");
            let message = error.message().replace('\n', " ");
            anyhow!(
                "{}, line {}: `{}`: {message}",
                path.display(),
                before.matches('\n').count() + 1,
                line.trim()
            )
        })
    }
}
