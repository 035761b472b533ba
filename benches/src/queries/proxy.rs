//! Stands between mayday and ClickHouse and writes down what is asked, so that the same can be asked alone.

use std::{cell::RefCell, net::SocketAddr, rc::Rc, time::Duration};

use anyhow::ensure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    time::Instant,
};

use crate::http::Client;

/// Most bytes that are passed on at once.
const BUFFER: usize = 64 << 10;

/// A request to ClickHouse as its bytes, with when it was begun and answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    bytes: Vec<u8>,
    begin: Instant,
    /// The last that came of its answer so far.
    end: Option<Instant>,
}

/// One that its connection still writes to.
type Shared = Rc<RefCell<Asked>>;

impl Asked {
    fn is_query(&self) -> bool {
        // An insert has its SQL in the address.
        let line = self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        !String::from_utf8_lossy(line).contains("query=INSERT")
    }
}

/// The proxy; everything of this bench runs on one thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Proxy {
    /// What was asked since recording began; `None`: not recording.
    record: Rc<RefCell<Option<Vec<Shared>>>>,
}

impl Proxy {
    /// Serves for ever; to be spawned on a local set.
    pub(super) async fn run(self, listener: TcpListener, engine: SocketAddr) {
        while let Ok((client, _)) = listener.accept().await {
            let proxy = self.clone();
            tokio::task::spawn_local(async move {
                // A connection that breaks is its client's to open again.
                proxy.connection(client, engine).await.ok();
            });
        }
    }

    /// Writes down what is asked until [`Proxy::stop`].
    pub(super) fn start(&self) {
        *self.record.borrow_mut() = Some(Vec::new());
    }

    /// What was asked and answered, inserts aside, in the order in which it was begun. What is still under way is no part of an
    /// answer that is there already: counts that are made anew while older ones are shown.
    pub(super) fn stop(&self) -> Vec<Asked> {
        let record = self.record.borrow_mut().take().unwrap_or_default();
        let asked = record.iter().map(|asked| asked.borrow().clone());
        asked.filter(|asked| asked.is_query() && asked.end.is_some()).collect()
    }

    async fn connection(&self, client: TcpStream, engine: SocketAddr) -> std::io::Result<()> {
        let server = TcpStream::connect(engine).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let current = RefCell::new(None);
        let requests = pass(from_client, to_server, |bytes| self.note_request(bytes, &current));
        let answers = pass(from_server, to_client, |_| note_answer(&current));
        tokio::select! { done = requests => done, done = answers => done }
    }

    /// A connection's requests do not overlap: what comes after an answer is the next one.
    fn note_request(&self, bytes: &[u8], current: &RefCell<Option<Shared>>) {
        let mut current = current.borrow_mut();
        if let Some(asked) = current.as_ref().filter(|asked| asked.borrow().end.is_none()) {
            asked.borrow_mut().bytes.extend_from_slice(bytes);
            return;
        }
        let asked = Asked { bytes: bytes.to_vec(), begin: Instant::now(), end: None };
        let asked = current.insert(Rc::new(RefCell::new(asked)));
        if let Some(record) = self.record.borrow_mut().as_mut() {
            record.push(Rc::clone(asked));
        }
    }
}

fn note_answer(current: &RefCell<Option<Shared>>) {
    if let Some(asked) = current.borrow().as_ref() {
        asked.borrow_mut().end = Some(Instant::now());
    }
}

async fn pass(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    note: impl Fn(&[u8]),
) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        note(&buffer[..read]);
        to.write_all(&buffer[..read]).await?;
    }
}

/// Asks the same of ClickHouse alone: at once what was asked at once, one after the other what waited for an answer.
/// Returns how long it took.
pub(super) async fn ask_again(asked: &[Asked], engine: SocketAddr) -> anyhow::Result<Duration> {
    let mut took = Duration::ZERO;
    let mut rest = asked;
    while !rest.is_empty() {
        let (together, later) = rest.split_at(wave(rest));
        // Connections are opened before the clock runs, as mayday's are kept; not all at first, since idle ones are closed.
        let mut clients: Vec<Client> = Vec::new();
        for _ in together {
            let mut client = Client::new(engine);
            client.connect().await?;
            clients.push(client);
        }
        let begin = Instant::now();
        let answers = together.iter().zip(clients).map(|(asked, mut client)| {
            let bytes = asked.bytes.clone();
            tokio::task::spawn_local(async move { client.send(&bytes).await })
        });
        for answer in answers.collect::<Vec<_>>() {
            let answer = answer.await??;
            ensure!(answer.status == 200, "ClickHouse answered {} the second time", answer.status);
        }
        took += begin.elapsed();
        rest = later;
    }
    Ok(took)
}

/// How many of the first were begun before any of them was answered.
fn wave(asked: &[Asked]) -> usize {
    let answered = asked.iter().filter_map(|asked| asked.end).min();
    asked.iter().take_while(|asked| answered.is_none_or(|answered| asked.begin < answered)).count().max(1)
}
