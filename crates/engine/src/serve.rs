//! `mayday engine`: the engine in this process, answering over HTTP until it is told to stop.

use std::{fs::File, net::SocketAddr, path::Path, path::PathBuf, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::Server};
use rustix::fs::{FlockOperation, flock};
use tokio_util::sync::CancellationToken;

use crate::{
    EngineError, EngineLimits,
    ffi::Library,
    http::{self, Face},
    pool::Pool,
};

/// Threads that read and write requests; the statements run on others.
const HTTP_WORKERS: usize = 2;
/// How long statements under way may go on after the order to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
/// How long an engine that was on the same data may take to end.
const LOCK_PATIENCE: Duration = Duration::from_secs(15);
/// How often the lock is tried.
const LOCK_TICK: Duration = Duration::from_millis(20);

/// What `mayday engine` serves.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The engine library.
    pub library: PathBuf,
    /// Where ClickHouse keeps its data; made if it is not there.
    pub path: PathBuf,
    /// Port 0 picks a free one.
    pub listen: SocketAddr,
    /// Password that clients must give.
    pub secret: String,
    /// What it may take.
    pub limits: EngineLimits,
}

/// Serves until `stop` is cancelled; `ready` is called with the bound address once queries are answered.
pub async fn serve(
    options: ServeOptions,
    ready: impl FnOnce(SocketAddr),
    stop: CancellationToken,
) -> Result<(), EngineError> {
    let ServeOptions { library, path, listen, secret, limits } = options;
    std::fs::create_dir_all(&path).map_err(EngineError::io("create", &path))?;
    let _lock = take_lock(&path).await?;
    let data = path.clone();
    let start = move || Pool::start(Library::load(&library)?, data, limits);
    let pool = tokio::task::spawn_blocking(start)
        .await
        .map_err(|error| EngineError::Start { path, detail: format!("its start panicked: {error}") })??;
    let pool = Arc::new(pool);
    let face = Face { pool: pool.clone(), secret: secret.into() };
    let (server, address) = start_server(face, listen)?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    ready(address);
    stop.cancelled().await;
    // Statements that wait or run are answered first; then the engine closes its files.
    let stopped = handle.stop(true);
    let (_, ()) = tokio::join!(stopped, pool.stop(STOP_PATIENCE));
    match serving.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(source)) => Err(EngineError::Listen { address, source }),
        Err(error) => Err(EngineError::Child(format!("lost its HTTP server: {error}"))),
    }
}

fn start_server(face: Face, listen: SocketAddr) -> Result<(Server, SocketAddr), EngineError> {
    let server = HttpServer::new(move || App::new().configure(|config| http::configure(config, &face)))
        .workers(HTTP_WORKERS)
        .keep_alive(Duration::from_secs(60))
        // An answer is several writes: held back, the last would wait for the client's delayed acknowledgement, 40 ms.
        .tcp_nodelay(true)
        // A client that closes its end has gone: its statement is killed, not finished for nobody.
        .h1_allow_half_closed(false)
        .shutdown_timeout(STOP_PATIENCE.as_secs())
        .disable_signals()
        .bind(listen)
        .map_err(|source| EngineError::Listen { address: listen, source })?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), address))
}

/// One engine on a folder; one that is just ending is waited for.
async fn take_lock(path: &Path) -> Result<File, EngineError> {
    let file_path = path.join("engine.lock");
    let file = File::create(&file_path).map_err(EngineError::io("create", &file_path))?;
    let locking = async {
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            tokio::time::sleep(LOCK_TICK).await;
        }
    };
    match tokio::time::timeout(LOCK_PATIENCE, locking).await {
        Ok(()) => Ok(file),
        Err(_) => Err(EngineError::InUse { path: path.to_owned() }),
    }
}
