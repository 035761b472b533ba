//! The transport over real sockets.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, HttpResponse, web};
use reqwest::{Certificate, Client, StatusCode, Version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    Listening, Server, TlsFiles, serve,
    tls::tests::{files_in, write_certificate},
};
use crate::config::{Config, ServeArgs};

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

fn config(toml: &str) -> Config {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("mayday.toml");
    std::fs::write(&path, format!("listen = \"127.0.0.1:0\"\n{toml}")).unwrap();
    Config::load(ServeArgs::with_file(&path)).unwrap()
}

fn with_tls(files: &TlsFiles) -> Config {
    let text = |path: &Path| path.display().to_string();
    config(&format!("tls-cert = \"{}\"\ntls-key = \"{}\"\n", text(&files.certificates), text(&files.key)))
}

/// A server that says who asks, and takes bodies.
fn start(config: &Config) -> (Server, SocketAddr) {
    let listening = Listening::bind(config).unwrap();
    let address = listening.address;
    let server = serve(listening, config, |app| {
        let whoami = async |request: HttpRequest| {
            let host = request.connection_info().host().to_owned();
            HttpResponse::Ok().body(format!("{} {host}", request.peer_addr().unwrap().ip()))
        };
        let length = async |body: web::Bytes| body.len().to_string();
        app.route("/", web::get().to(whoami)).route("/", web::post().to(length));
    });
    (server.unwrap(), address)
}

fn client(trusted: &rcgen::Certificate) -> Client {
    // Another test of this process may have done so.
    rustls::crypto::ring::default_provider().install_default().ok();
    let builder = reqwest::Client::builder();
    builder.tls_certs_only([Certificate::from_der(trusted.der()).unwrap()]).build().unwrap()
}

async fn ask(client: &Client, address: SocketAddr) -> reqwest::Result<(StatusCode, Version)> {
    let response = client.get(format!("https://{address}/")).send().await?;
    Ok((response.status(), response.version()))
}

/// Sends bytes and returns all that comes back until the connection ends.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn https_speaks_http_2_and_follows_its_certificate() {
    let temp = tempfile::tempdir().unwrap();
    let files = files_in(temp.path());
    let first = write_certificate(&files);
    let (server, address) = start(&with_tls(&files));
    let early = client(&first);
    assert_eq!(ask(&early, address).await.unwrap(), (StatusCode::OK, Version::HTTP_2));

    std::fs::write(&files.certificates, "broken").unwrap();
    let second = write_certificate(&files);
    let began = Instant::now();
    let late = client(&second);
    while ask(&late, address).await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the new certificate is not taken up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ask(&early, address).await.unwrap().0, StatusCode::OK, "the open connection goes on");
    client(&first).get(format!("https://{address}/")).send().await.unwrap_err();
    server.stop().await;
}

#[tokio::test]
async fn proxies_are_believed_only_if_they_are_named() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: b\r\n\
                   Connection: close\r\n\r\n";
    for (toml, seen) in [("", "127.0.0.1 a"), ("trusted-proxies = [\"127.0.0.0/8\"]\n", "203.0.113.7 b")] {
        let (server, address) = start(&config(toml));
        let answer = exchange(address, request).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{seen}")), "{answer}");
        server.stop().await;
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let (server, address) = start(&config(""));
    let answer = exchange(address, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("content-length: 11"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn who_drips_a_second_request_is_cut_off_and_others_are_served() {
    let (server, address) = start(&config(""));
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(slow.read(&mut [0; 1024]).await.unwrap() > 0);
    let began = Instant::now();
    let mut head = b"GET / HTTP/1.1\r\nX-Long: ".iter().chain(std::iter::repeat(&b'a'));
    loop {
        assert!(began.elapsed() < PATIENCE, "it is still connected");
        let sent = slow.write_all(&[*head.next().unwrap()]).await;
        let heard = slow.try_read(&mut [0; 1024]);
        let is_open = sent.is_ok() && heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        if !is_open {
            break;
        }
        let answer = exchange(address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_stop_lets_an_upload_finish_and_takes_no_more() {
    let (server, address) = start(&config(""));
    let idle = TcpStream::connect(address).await.unwrap();
    let mut upload = TcpStream::connect(address).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n";
    upload.write_all(head).await.unwrap();
    // Only this very connection can tell that the upload has begun: others are served by other threads.
    let mut proceed = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    upload.read_exact(&mut proceed).await.unwrap();
    assert_eq!(proceed, *b"HTTP/1.1 100 Continue\r\n\r\n");
    upload.write_all(b"abc").await.unwrap();
    let stopping = tokio::spawn(server.stop());
    let began = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(began.elapsed() < PATIENCE, "it still takes connections");
        tokio::task::yield_now().await;
    }
    upload.write_all(b"def").await.unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n6"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    stopping.await.unwrap();
    drop(idle);
}
