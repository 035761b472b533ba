//! An engine of its own for each test.

use std::{net::SocketAddr, path::Path};

use clickhouse::Client;
use mayday_engine::{EngineLimits, LocateOptions, ServeOptions, locate, serve};
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub(crate) const SECRET: &str = "only-for-this-test";

/// An engine in this process; its data goes when it is dropped.
pub(crate) struct Engine {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    _data: Option<tempfile::TempDir>,
}

impl Engine {
    pub(crate) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut engine = Self::start_on(data.path()).await;
        engine._data = Some(data);
        engine
    }

    pub(crate) async fn start_on(path: &Path) -> Self {
        let stop = CancellationToken::new();
        let options = options(path);
        let (sender, ready) = oneshot::channel();
        let stopping = stop.clone();
        let serving = tokio::spawn(async move {
            serve(options, |address| sender.send(address).unwrap(), stopping).await.unwrap();
        });
        let address = ready.await.expect("the engine answers");
        Self { address, stop, serving, _data: None }
    }

    pub(crate) fn client(&self) -> Client {
        client(self.address)
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
    }
}

pub(crate) fn options(path: &Path) -> ServeOptions {
    let library = std::env::var_os("MAYDAY_ENGINE_LIB").map(Into::into);
    let library = locate(&LocateOptions { library, offline: false }).unwrap();
    let limits = EngineLimits::default();
    let listen = "127.0.0.1:0".parse().unwrap();
    ServeOptions { library, path: path.to_owned(), listen, secret: SECRET.into(), limits }
}

pub(crate) fn client(address: SocketAddr) -> Client {
    Client::default().with_url(format!("http://{address}")).with_user("mayday").with_password(SECRET)
}
