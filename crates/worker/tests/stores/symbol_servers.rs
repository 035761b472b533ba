//! Symbols from servers and directories.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mayday_catalog::symbol_sources::SymbolSource;
use mayday_fetch::SourceLimits;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    harness::Fixture,
    symbols::{BUILDS, breakpad_id, symbols_of},
};

/// A server of one thing to say, and the first lines of what it was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` is given the path; `None`: it never answers.
    async fn start(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/symbols", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                noted.lock().unwrap().push(request.clone());
                let path = request.split(' ').nth(1).unwrap_or_default();
                match answer(path) {
                    Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap_or_default(),
                    None => held.push(stream),
                }
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> Option<String> {
    Some(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
}

fn answer(head: &str) -> Option<String> {
    Some(format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
}

impl Fixture {
    async fn use_source(&self, settings: Value, secret: Option<&str>) {
        let name = settings["name"].as_str().unwrap().to_owned();
        let source = SymbolSource { name, settings: settings.to_string(), secret: secret.map(str::to_owned) };
        self.worker.catalog.put_symbol_sources(self.project, &[source], "ann@example.com").await.unwrap();
        // What is looked at in the moment of a change is looked at once more; this clock would stay in it.
        self.advance_ms(1);
    }
}

fn breakpad(server: &Server) -> Value {
    json!({"name": "ours", "type": "http", "url": server.url, "layout": "breakpad", "username": "ann"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_asked_for_what_was_not_uploaded() {
    let server = Server::start(|path| {
        let wanted = format!("/symbols/libshop.so/{}/libshop.so.sym", breakpad_id(BUILDS[0]));
        if path == wanted { ok(&symbols_of(BUILDS[0])) } else { answer("404 Not Found") }
    })
    .await;
    let fixture = Fixture::new().await;
    fixture.use_source(breakpad(&server), Some("hunter2")).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.crash(2, BUILDS[1]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    assert_eq!(fixture.named(2).await, "not uploaded; ours answered 404");
    let asked = server.asked();
    // ann:hunter2
    assert!(asked[0].to_lowercase().contains("authorization: basic yw5uomh1bnrlcji="), "{}", asked[0]);
    // What is known is not asked again.
    fixture.crash(3, BUILDS[0]).await;
    fixture.crash(4, BUILDS[1]).await;
    fixture.work_off().await;
    assert_eq!(server.asked(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_costs_one_time_out() {
    let server = Server::start(|_| None).await;
    let limits = SourceLimits {
        allow_private_addresses: true,
        file_time: Duration::from_millis(300),
        ..SourceLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    fixture.use_source(breakpad(&server), None).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    fixture.crash(2, BUILDS[1]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "not uploaded; ours did not answer in time");
    assert_eq!(fixture.named(2).await, "not uploaded; ours did not answer a moment ago");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked_unless_the_operator_allows_it() {
    let inner = Server::start(|_| ok("secret")).await;
    let fixture = Fixture::with_limits(SourceLimits::default()).await;
    let by_name = inner.url.replace("127.0.0.1", "localhost");
    for (id, url) in [(1, &inner.url), (2, &by_name)] {
        let source = json!({"name": "inner", "type": "http", "url": url, "layout": "breakpad"});
        fixture.use_source(source, None).await;
        fixture.crash(id, BUILDS[id as usize - 1]).await;
        fixture.work_off().await;
        let named = fixture.named(id).await;
        assert!(named.contains("inner: its address is private"), "{named}");
    }
    assert_eq!(inner.asked(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_do_not_follow_a_redirection_to_another_server() {
    let other = Server::start(|_| ok(&symbols_of(BUILDS[0]))).await;
    let location = format!("302 Found\r\nlocation: {}/x", other.url);
    let server = Server::start(move |_| answer(&location)).await;
    let fixture = Fixture::new().await;
    fixture.use_source(breakpad(&server), Some("hunter2")).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    assert!(server.asked()[0].to_lowercase().contains("authorization:"));
    assert!(!other.asked()[0].to_lowercase().contains("authorization:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_the_operator_allows_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("libshop.so").join(breakpad_id(BUILDS[0]));
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("libshop.so.sym"), symbols_of(BUILDS[0])).unwrap();
    let limits = SourceLimits { directories: vec![folder.path().to_owned()], ..SourceLimits::default() };
    let fixture = Fixture::with_limits(limits).await;
    let source = json!({"name": "disk", "type": "directory", "path": folder.path(), "layout": "breakpad"});
    fixture.use_source(source, None).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.crash(2, BUILDS[1]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    assert_eq!(fixture.named(2).await, "not uploaded; disk does not have it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_asked_with_a_signature() {
    let server = Server::start(|path| {
        let wanted = format!("/symbols/builds/native/libshop.so/{}/libshop.so.sym", breakpad_id(BUILDS[0]));
        if path == wanted { ok(&symbols_of(BUILDS[0])) } else { answer("403 Forbidden") }
    })
    .await;
    let fixture = Fixture::new().await;
    let source = json!({
        "name": "bucket", "type": "s3", "url": server.url, "bucket": "builds", "region": "eu-central-1",
        "prefix": "native", "username": "AKIA", "layout": "breakpad",
    });
    fixture.use_source(source, Some("hunter2")).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    let asked = server.asked();
    assert!(asked[0].contains("AWS4-HMAC-SHA256 Credential=AKIA/20261124/eu-central-1/s3/aws4_request"));
    assert!(!asked[0].contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debuginfod_server_is_asked_for_the_source_files_of_a_binary() {
    const BUILD_ID: &str = "c22813ac7d101e2ff13b4f2a1d0e6c6011223344";
    let server = Server::start(|path| {
        let source: String = (1..=50).map(|line| format!("line {line}\n")).collect();
        let wanted = format!("/symbols/buildid/{BUILD_ID}/source/build/src/pay%2B.cpp");
        if path == wanted { ok(&source) } else { answer("404 Not Found") }
    })
    .await;
    let fixture = Fixture::new().await;
    for (build, file) in [(BUILDS[0], "/build/obj/../src/pay+.cpp"), (BUILDS[1], "/build/src/gone.cpp")] {
        fixture.upload_file(build, &symbols_of(build).replace("src/pay.cpp", file)).await;
    }
    // A server of other files is not asked for these.
    fixture.use_source(breakpad(&server), None).await;
    fixture.crash_with(1, BUILDS[0], Some(BUILD_ID)).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    assert_eq!(fixture.source_line(1).await, None);

    let source = json!({"name": "distro", "type": "http", "url": server.url, "layout": "debuginfod"});
    fixture.use_source(source, None).await;
    let newest = AtomicU64::new(100);
    fixture
        .work_until("the server's line is shown", async || {
            let id = u128::from(newest.fetch_add(1, Ordering::Relaxed));
            fixture.crash_with(id, BUILDS[0], Some(BUILD_ID)).await;
            while fixture.worker.journal.backlog() > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            fixture.source_line(id).await.as_deref() == Some("line 42")
        })
        .await;
    let sources = || server.asked().iter().filter(|asked| asked.contains("/source/")).count();
    let before = sources();
    for id in [3, 4] {
        fixture.crash_with(id, BUILDS[0], Some(BUILD_ID)).await;
        fixture.crash_with(id + 10, BUILDS[1], Some(BUILD_ID)).await;
        fixture.work_off().await;
        assert_eq!(fixture.source_line(id).await.as_deref(), Some("line 42"));
        assert_eq!(fixture.source_line(id + 10).await, None);
    }
    assert_eq!(sources(), before + 1, "what is known is not asked again, that there is none neither");
}
