//! The HTTP server that all roles share.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    thread::available_parallelism,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use anyhow::Context;
use mayday_ingest::Ingest;
use mayday_query::Query;
use tokio::task::JoinHandle;
use url::Url;

use crate::{
    config::{Config, Role},
    operations,
    roles::Shared,
};

/// Time for a client to send its request's head (slow-loris).
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Time for answers under way when the server stops, seconds.
const DRAIN_SECONDS: u64 = 3;

/// A bound socket.
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Binds; port 0 picks a free one.
    pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {address}; choose another address with --listen"))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where this machine reaches it.
    pub(crate) fn url(&self) -> anyhow::Result<Url> {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        Ok(Url::parse(&format!("http://{address}"))?)
    }
}

/// A server that runs.
pub(crate) struct Server {
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Takes no more requests and finishes those under way.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.task.await {
            tracing::error!(%error, "HTTP server ended badly");
        }
    }
}

/// Starts serving the roles that answer over HTTP, and the operator's endpoints.
pub(crate) fn start(
    listening: Listening,
    config: &Config,
    shared: &Shared,
    ingest: Option<Ingest>,
) -> anyhow::Result<Server> {
    let query = config.plays(Role::Query).then(|| Query {
        catalog: shared.catalog.clone(),
        store: shared.store.clone(),
        journal: shared.journal.clone(),
        blobs: shared.blobs.clone(),
        clock: shared.clock.clone(),
        base_url: shared.base_url.clone(),
    });
    let shared = web::Data::new(shared.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .configure(operations::configure)
            .configure(|app| {
                if let Some(ingest) = &ingest {
                    mayday_ingest::configure(app, ingest);
                }
            })
            .configure(|app| {
                if let Some(query) = &query {
                    mayday_query::configure(app, query);
                }
            })
    })
    .workers(available_parallelism().map_or(2, usize::from))
    .client_request_timeout(HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .listen(listening.listener)?
    .run();
    let handle = server.handle();
    Ok(Server { handle, task: tokio::spawn(server) })
}
