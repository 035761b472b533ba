//! From a socket to HTTP: TLS, time-outs, caps.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    thread::available_parallelism,
    time::Duration,
};

use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App,
    dev::AppConfig,
    middleware::from_fn,
    rt::net::TcpStream,
    web::{self, ServiceConfig},
};
use rustix::net::sockopt;
use tokio::{sync::Semaphore, time::timeout};
use tokio_rustls::TlsAcceptor;

use super::{
    connection::{HEAD_TIME, QUIET_TIME, Watched, Wire},
    entrance::{self, TrustedProxies},
    network::Network,
};

/// Time for a client to agree on TLS.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// TLS handshakes at once: they are the dearest thing that a stranger can ask for.
const HANDSHAKES: usize = 256;
/// Time for a client to take an answer that waits in its socket, milliseconds.
const STALL_MS: u32 = 30_000;
/// Time for answers under way when the server stops, seconds.
const DRAIN_SECONDS: u64 = 3;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// How connections are taken.
pub(super) struct Transport {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<TlsAcceptor>,
    /// Of the whole process; beyond it clients wait.
    pub(super) max_connections: usize,
    pub(super) trusted_proxies: Vec<Network>,
}

impl Transport {
    /// Serves an application; it runs once the result is polled.
    pub(super) fn serve(
        self,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> io::Result<Server> {
        rustix::net::listen(&self.listener, BACKLOG)?;
        let threads = available_parallelism().map_or(2, usize::from);
        let builder = Server::build()
            .workers(threads)
            .max_concurrent_connections(self.max_connections.div_ceil(threads))
            .shutdown_timeout(DRAIN_SECONDS)
            .disable_signals();
        let stopping = builder.graceful_shutdown_signal();
        let trusted = web::Data::new(TrustedProxies(self.trusted_proxies));
        let tls = self.tls.map(|acceptor| (acceptor, Arc::new(Semaphore::new(HANDSHAKES))));
        let server = builder.listen("http", self.listener, move || {
            let app = App::new()
                .app_data(trusted.clone())
                .configure(configure.clone())
                .wrap(from_fn(entrance::enter))
                .into_factory()
                .map_err(|error: actix_web::Error| error.error_response());
            let (stopping, tls) = (stopping.clone(), tls.clone());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .keep_alive(QUIET_TIME)
                .client_request_timeout(HEAD_TIME)
                .client_disconnect_timeout(Duration::from_secs(1))
                .on_connect_ext(|connection: &Watched, extensions| {
                    extensions.insert(Rc::clone(connection.life()));
                })
                .finish(map_config(app, |()| AppConfig::default()));
            fn_service(move |socket: TcpStream| open(socket, tls.clone())).and_then(http)
        })?;
        Ok(server.run())
    }
}

type Opened = (Watched, Protocol, Option<SocketAddr>);

/// Agrees with a client on how to talk.
async fn open(
    socket: TcpStream,
    tls: Option<(TlsAcceptor, Arc<Semaphore>)>,
) -> Result<Opened, DispatchError> {
    let peer = socket.peer_addr().ok();
    socket.set_nodelay(true)?;
    sockopt::set_tcp_user_timeout(&socket, STALL_MS).map_err(io::Error::from)?;
    let Some((acceptor, turns)) = tls else {
        return Ok((Watched::new(Wire::Plain(socket), true), Protocol::Http1, peer));
    };
    let handshake = async {
        let _turn = turns.acquire().await.map_err(io::Error::other)?;
        acceptor.accept(socket).await
    };
    let stream = timeout(HANDSHAKE_TIME, handshake)
        .await
        .map_err(|_| io::Error::from(ErrorKind::TimedOut))?
        .inspect_err(|error| tracing::debug!(%error, client = ?peer, "TLS handshake failed"))?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
    Ok((Watched::new(Wire::Tls(Box::new(stream)), !is_http2), protocol, peer))
}
