//! What scripts and operators depend on: files, endpoints, exit codes.

use std::{
    collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio, time::Duration,
};

use reqwest::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use crate::harness::{
    Process, SETTLE, Sender, TestServer, descendants, free_port, http_client, mayday, text,
};

/// Longest that a refused start may take.
const REFUSAL: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_tells_scripts_how_to_go_on() {
    let mut server = TestServer::start().await;
    let path = server.data("bootstrap.json");
    let mode = fs::metadata(&path).expect("bootstrap.json").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let known = server.bootstrap.clone();
    assert_eq!((known.organization.as_str(), known.project_id.as_str()), ("mayday", "1"));
    let host = known.url.strip_prefix("http://").expect("an http URL");
    assert_eq!(known.dsn, format!("http://{}@{host}/{}", known.key(), known.project_id));
    assert!(known.admin_email.contains('@') && known.admin_password.len() >= 12);
    let project = server.api.get(&format!("{}/", server.api.project)).await;
    assert_eq!(project["slug"], known.project.as_str());

    assert!(server.terminate().await.success());
    let before = fs::read(&path).expect("bootstrap.json");
    server.start_again().await;
    assert_eq!(fs::read(&path).expect("bootstrap.json"), before, "a later start changes nothing");
    server.api.get("/api/0/organizations/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_can_ask_how_it_is() {
    let server = TestServer::start().await;
    let http = http_client();
    let get = async |path: &str| {
        let url = format!("{}{path}", server.bootstrap.url);
        let response = http.get(url).send().await.expect("an answer");
        (response.status(), response.text().await.expect("a body"))
    };
    assert_eq!(get("/healthz").await.0, StatusCode::OK);
    let (status, ready) = get("/readyz").await;
    let ready: Value = serde_json::from_str(&ready).expect("JSON");
    let stores = json!({"blobs": "ok", "catalog": "ok", "clickhouse": "ok"});
    assert_eq!((status, ready), (StatusCode::OK, json!({"ready": true, "stores": stores})));
    let (_, metrics) = get("/metrics").await;
    for name in ["mayday_received_total", "mayday_outcomes_total", "mayday_journal_backlog_records"] {
        assert!(metrics.contains(&format!("# TYPE {name} ")), "{metrics}");
    }
    let (status, document) = get("/api/0/openapi.json").await;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(status, StatusCode::OK);
    assert!(text(&document["openapi"]).starts_with("3."));
    assert!(document["paths"].as_object().is_some_and(|paths| paths.len() > 10), "{document:#}");

    let (status, refused) = get("/api/0/organizations/").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(refused.contains("\"detail\""), "{refused}");
    let nowhere = server.api.send(Method::GET, "/api/0/nowhere/", None).await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert!(nowhere.json::<Value>().await.expect("JSON")["detail"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_is_clean_and_loses_nothing() {
    let mut server = TestServer::start().await;
    let sender = Sender::start(&server.bootstrap, Duration::ZERO);
    sender.await_accepted(100).await;
    let engine = server.engine().expect("an engine");
    assert!(server.terminate().await.success());
    assert!(!engine.lives(), "the engine outlives the server");
    server.start_again().await;
    let sent = sender.stop().await;
    server.settle(SETTLE).await;
    let events = server.api.all(&format!("{}/events/?limit=100", server.api.project)).await;
    let stored: BTreeSet<String> = events.iter().map(|event| text(&event["eventID"]).to_owned()).collect();
    assert_eq!(stored.len(), events.len(), "none is there twice");
    assert_eq!(sent.accepted.difference(&stored).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_comes_as_soon_as_the_server_answers_is_clean() {
    // Alive first, ready later: whoever sees either may stop it.
    for answered in ["/healthz", "/readyz"] {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let url = format!("http://127.0.0.1:{}", free_port());
        let listen = url.trim_start_matches("http://");
        let mut server = command(temp.path())
            .args(["serve", "--data-dir", "data", "--listen", listen])
            .stdout(Stdio::null())
            .spawn()
            .expect("mayday starts");
        let http = http_client();
        let answers = async {
            while !http.get(format!("{url}{answered}")).send().await.is_ok_and(|it| it.status() == 200) {
                tokio::task::yield_now().await;
            }
        };
        timeout(REFUSAL, answers).await.expect("the server answers");
        let pid =
            server.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).expect("a process id");
        let children = descendants(pid.as_raw_nonzero().get());
        kill_process(pid, Signal::TERM).expect("SIGTERM");
        let ended = timeout(REFUSAL, server.wait()).await.expect("an end").expect("its status");
        assert!(ended.success(), "{answered}: {ended}");
        assert!(!children.iter().any(Process::lives), "{answered}: a process was left behind: {children:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_serves_one_server() {
    let server = TestServer::start().await;
    let data = server.data("");
    let (code, said) =
        refused_start(&["--data-dir", &data.to_string_lossy(), "--listen", "127.0.0.1:0"], "").await;
    assert_eq!(code, Some(1));
    assert!(said.contains("in use by process"), "{said}");
    assert!(said.contains(&server.pid().to_string()) && said.contains("--data-dir"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn port_0_is_a_free_one_and_a_taken_port_is_named() {
    let server = TestServer::start_on("127.0.0.1:0", &[]).await;
    let address = server.bootstrap.url.strip_prefix("http://").expect("an http URL");
    assert!(!address.ends_with(":0"), "{address}");
    let (code, said) = refused_start(&["--listen", address], "").await;
    assert_eq!(code, Some(1));
    assert!(said.contains(address) && said.contains("--listen"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_makes_no_sense_stops_the_start_and_is_named() {
    let elsewhere = format!("127.0.0.1:{}", free_port());
    let in_file = [
        ("listne = \"127.0.0.1:0\"", "listne"),
        ("listen = \"nowhere\"", "listen"),
        ("retention-days = \"long\"", "retention-days"),
        ("retention-days = 0", "retention-days"),
        ("roles = [\"cook\"]", "cook"),
        ("catalog-url = \"mysql://there\"", "catalog-url"),
        ("clickhouse-url = \"tcp://there\"", "clickhouse-url"),
    ];
    for (line, named) in in_file {
        let (code, said) = refused_start(&["--listen", &elsewhere], line).await;
        assert_eq!(code, Some(1), "{line}: {said}");
        assert!(said.contains(named), "{line}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{line}: {said}");
    }
    for (arguments, named) in [
        (["--listen", "nowhere"], "--listen"),
        (["--retention-days", "0"], "retention-days"),
        (["--roles", "cook"], "cook"),
        (["--lisen", "127.0.0.1:0"], "--lisen"),
    ] {
        let (code, said) = refused_start(&arguments, "").await;
        assert!(matches!(code, Some(1 | 2)), "{arguments:?}: {said}");
        let first = said.trim().lines().next().unwrap_or_default();
        assert!(first.contains(named), "{arguments:?}: {said}");
    }
}

/// Runs `mayday serve` with this `mayday.toml` in an empty folder; its exit code and what it complained of.
async fn refused_start(arguments: &[&str], toml: &str) -> (Option<i32>, String) {
    let temp = tempfile::tempdir().expect("a temporary directory");
    fs::write(temp.path().join("mayday.toml"), toml).expect("mayday.toml");
    let started = command(temp.path()).arg("serve").args(arguments).output();
    let output = timeout(REFUSAL, started).await.expect("an end").expect("mayday starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(mayday());
    command.current_dir(folder).env("RUST_LOG", "off").stdin(Stdio::null()).kill_on_drop(true);
    command
}
