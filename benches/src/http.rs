//! HTTP/1.1 over one kept connection: no more than a load generator needs, and as cheap as it gets.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest head of an answer.
const HEAD_BYTES: usize = 16 << 10;

/// A connection that is opened when first needed, and again after an error.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    head: Vec<u8>,
    last_of_connection: bool,
}

impl Answer {
    /// Of a header, the first.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        header(&String::from_utf8_lossy(&self.head), name).map(str::to_owned)
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Opens the connection before it is needed.
    pub(crate) async fn connect(&mut self) -> anyhow::Result<()> {
        self.stream = Some(connect(self.address).await?);
        Ok(())
    }

    /// Sends a whole request and reads the whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        // Not put back after an error: whatever else comes over it would be out of step.
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        let exchange = async {
            stream.write_all(request).await?;
            read_answer(&mut stream).await
        };
        let answer = timeout(PATIENCE, exchange).await.context("no answer in time")??;
        if !answer.last_of_connection {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    /// `GET path` as a browser that is logged in.
    pub(crate) async fn visit(&mut self, path: &str, cookie: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: mayday\r\nCookie: {cookie}\r\n\r\n");
        self.send(request.as_bytes()).await
    }

    /// `GET path`, with a bearer token.
    pub(crate) async fn get(&mut self, path: &str, token: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: mayday\r\nAuthorization: Bearer {token}\r\n\r\n");
        self.send(request.as_bytes()).await
    }
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn read_answer(stream: &mut TcpStream) -> anyhow::Result<Answer> {
    let mut received = Vec::with_capacity(1 << 10);
    let body_at = loop {
        if stream.read_buf(&mut received).await? == 0 {
            bail!("the server closed the connection");
        }
        if let Some(end) = memmem::find(&received, b"\r\n\r\n") {
            break end + 4;
        }
        if received.len() > HEAD_BYTES {
            bail!("the answer's head has more than {HEAD_BYTES} bytes");
        }
    };
    let mut body = received.split_off(body_at);
    let head = String::from_utf8_lossy(&received);
    let status = head.get(9..12).and_then(|status| status.parse().ok()).context("not an HTTP/1.1 answer")?;
    if header(&head, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        body = read_chunks(stream, body).await?;
    } else {
        let length: usize = match header(&head, "content-length") {
            Some(length) => length.parse().context("content-length is no number")?,
            None if matches!(status, 204 | 304) => 0,
            None => bail!("the answer has no content-length"),
        };
        read_upto(stream, &mut body, length).await?;
    }
    let last_of_connection =
        header(&head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Answer { status, body, last_of_connection, head: received })
}

async fn read_upto(stream: &mut TcpStream, received: &mut Vec<u8>, length: usize) -> anyhow::Result<()> {
    while received.len() < length {
        if stream.read_buf(received).await? == 0 {
            bail!("the answer was cut off");
        }
    }
    Ok(())
}

/// The chunks' content; `received` is what came of them so far.
async fn read_chunks(stream: &mut TcpStream, mut received: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line_end = loop {
            match memmem::find(&received[at..], b"\r\n") {
                Some(end) => break at + end,
                None => {
                    let more = received.len() + 1;
                    read_upto(stream, &mut received, more).await?;
                }
            }
        };
        let size = std::str::from_utf8(&received[at..line_end])?;
        let size = usize::from_str_radix(size.trim(), 16).context("a chunk's size is no number")?;
        let (begin, end) = (line_end + 2, line_end + 2 + size);
        read_upto(stream, &mut received, end + 2).await?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&received[begin..end]);
        at = end + 2;
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
