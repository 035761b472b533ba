//! ClickHouse embedded: finds, supervises and serves libchdb over ClickHouse's HTTP interface.

use std::{net::SocketAddr, path::PathBuf};

use tokio_util::sync::CancellationToken;

/// Where the engine library may come from.
#[derive(Debug, Clone, Default)]
pub struct LocateOptions {
    /// `MAYDAY_ENGINE_LIB`: used as is, never fetched over.
    pub library: Option<PathBuf>,
    /// Never fetch; fail with the line that names the three ways.
    pub offline: bool,
}

/// Resource limits of the engine process.
#[derive(Debug, Clone)]
pub struct EngineLimits {
    /// ClickHouse's `max_server_memory_usage`, bytes.
    pub memory_bytes: u64,
    /// `max_threads` of a query.
    pub threads: usize,
    /// Statements at once.
    pub connections: usize,
}

/// What `mayday engine` serves.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    pub library: PathBuf,
    pub path: PathBuf,
    /// Port 0 picks a free one.
    pub listen: SocketAddr,
    /// Password that clients must give.
    pub secret: String,
    pub limits: EngineLimits,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// To be refined by kind.
    #[error("{0}")]
    Failed(String),
}

/// Finds the engine library, or fetches it (blocking; shows a progress bar on a terminal).
pub fn locate(options: &LocateOptions) -> Result<PathBuf, EngineError> {
    let _ = options;
    Err(EngineError::Failed("not yet".into()))
}

/// Serves until `stop` is cancelled; `ready` is called with the bound address once queries are answered.
pub async fn serve(
    options: ServeOptions,
    ready: impl FnOnce(SocketAddr),
    stop: CancellationToken,
) -> Result<(), EngineError> {
    let _ = (options, ready, stop);
    Err(EngineError::Failed("not yet".into()))
}

/// How [`supervise`] starts the child: `program engine --path … --listen …`, the secret in its environment.
#[derive(Debug, Clone)]
pub struct SuperviseOptions {
    /// The `mayday` binary itself.
    pub program: PathBuf,
    pub library: PathBuf,
    pub path: PathBuf,
    pub limits: EngineLimits,
}

/// The engine as a supervised child process; restarted with backoff whenever it ends.
#[derive(Debug)]
pub struct Supervisor {}

impl Supervisor {
    /// Starts the child and waits until it answers. Its address and secret stay the same over restarts.
    pub async fn start(options: SuperviseOptions) -> Result<Self, EngineError> {
        let _ = options;
        Err(EngineError::Failed("not yet".into()))
    }

    /// `http://mayday:SECRET@127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        String::new()
    }

    /// Process id of the child that runs now.
    pub fn pid(&self) -> Option<u32> {
        None
    }

    /// Stops the child cleanly (SIGTERM, SIGKILL after some seconds).
    pub async fn stop(self) {}
}
