//! What can go wrong with the engine.

use std::{io, net::SocketAddr, path::PathBuf};

/// What can go wrong with the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No library, and no way to get one.
    #[error(
        "no ClickHouse engine ({0}): give --clickhouse-url (a server of yours), or --engine-lib (a libchdb.so), \
         or install npm so that it can be fetched"
    )]
    NotFound(String),
    /// What was fetched is not what was asked for.
    #[error("the fetched engine {archive} has sha512 {found}, not {expected}: it was thrown away")]
    WrongDigest {
        /// Name of the archive.
        archive: String,
        /// Its digest, base64.
        found: String,
        /// The pinned digest, base64.
        expected: String,
    },
    /// The file system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried: `read`, `create` …
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The library cannot be opened, or is not libchdb.
    #[error("cannot load the engine library {path}: {detail}")]
    Library {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        detail: String,
    },
    /// ClickHouse did not start on its data.
    #[error("ClickHouse does not start on {path}: {detail}")]
    Start {
        /// The data folder.
        path: PathBuf,
        /// What it said.
        detail: String,
    },
    /// Another process has the data.
    #[error("{path} is in use by another engine")]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The child process cannot be started or ended before it answered.
    #[error("the engine process {0}")]
    Child(String),
}

impl EngineError {
    /// For `map_err`: `path` and what was tried with it.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
