//! The HTTP server that all roles share.

mod body;
mod connection;
mod descriptors;
mod entrance;
mod forwarding;
mod network;
#[cfg(test)]
mod tests;
mod tls;
mod transport;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use actix_server::ServerHandle;
use actix_web::web;
use anyhow::Context;
use mayday_ingest::Ingest;
use mayday_query::{KeptAnswers, Query};
use tokio::task::JoinHandle;
use url::Url;

pub(crate) use self::{network::Network, tls::TlsFiles};
use self::{tls::Certificate, transport::Transport};
use crate::{
    config::{Config, Role},
    operations,
    roles::Shared,
};

/// A bound socket, and the certificate that its clients will be shown.
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Certificate>,
}

impl Listening {
    /// Binds; port 0 picks a free one.
    pub(crate) fn bind(config: &Config) -> anyhow::Result<Self> {
        let certificate = config.tls.clone().map(Certificate::load).transpose()?;
        let listener = TcpListener::bind(config.listen).with_context(|| {
            format!("cannot listen on {}; choose another address with --listen", config.listen)
        })?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, certificate })
    }

    /// Where this machine reaches it.
    pub(crate) fn url(&self) -> anyhow::Result<Url> {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        Ok(Url::parse(&format!("{scheme}://{address}"))?)
    }
}

/// A server that runs.
pub(crate) struct Server {
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
    certificate: Option<JoinHandle<()>>,
}

impl Server {
    /// Takes no more requests and finishes those under way.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.task.await {
            tracing::error!(%error, "HTTP server ended badly");
        }
        if let Some(following) = self.certificate {
            following.abort();
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
        fetcher: shared.fetcher.clone(),
        clock: shared.clock.clone(),
        kept: KeptAnswers::default(),
        base_url: shared.base_url.clone(),
    });
    let shared = web::Data::new(shared.clone());
    serve(listening, config, move |app| {
        app.app_data(shared.clone());
        operations::configure(app);
        if let Some(ingest) = &ingest {
            mayday_ingest::configure(app, ingest);
        }
        if let Some(query) = &query {
            mayday_query::configure(app, query);
        }
    })
}

fn serve(
    listening: Listening,
    config: &Config,
    configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> anyhow::Result<Server> {
    let Listening { listener, certificate, .. } = listening;
    let transport = Transport {
        listener,
        tls: certificate.as_ref().map(Certificate::acceptor).transpose()?,
        max_connections: descriptors::room_for_connections(config.max_connections),
        trusted_proxies: config.trusted_proxies.clone(),
    };
    let server = transport.serve(configure)?;
    let handle = server.handle();
    let certificate = certificate.map(|certificate| tokio::spawn(certificate.follow()));
    Ok(Server { handle, task: tokio::spawn(server), certificate })
}
