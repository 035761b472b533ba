//! A program that really segfaults, and its minidump by every way that it may come.

use std::fs;

use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{attachments, only_sight};
use crate::harness::{Client, SETTLE, TestServer, eventually, http_client, run_client, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_real_segfault_is_an_event_with_its_minidump() {
    let server = TestServer::start().await;
    let dump = segfault(&server).await;
    // The client does not wait for the process that reports its end.
    eventually("the crash is stored", SETTLE, async || {
        let events = server.api.all(&format!("{}/events/", server.api.project)).await;
        if events.len() == 1 { Ok(()) } else { Err(format!("{} events", events.len())) }
    })
    .await;
    let seen = only_sight(&server).await;
    assert_eq!((&seen["release"], &seen["environment"]), (&json!("shop@1.2.3"), &json!("e2e")), "{seen:#}");
    assert_eq!((&seen["level"], &seen["flavour"]), (&json!("fatal"), &json!("salty")), "{seen:#}");
    assert_eq!(seen["sdk"], "sentry.rust");
    let files = attachments(&server).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].0["type"], "event.minidump");
    assert!(files[0].1 == dump, "the minidump comes back byte for byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_handler_uploads_a_form() {
    let crashed = TestServer::start().await;
    let dump = segfault(&crashed).await;
    let server = TestServer::start().await;
    let url = format!(
        "{}/api/{}/minidump/?sentry_key={}",
        server.bootstrap.url,
        server.bootstrap.project_id,
        server.bootstrap.key()
    );
    let about = json!({"release": "shop@1.2.3", "environment": "e2e", "tags": {"flavour": "salty"}, "user": {"id": "user-7"}});
    let form = Form::new()
        .text("sentry", about.to_string())
        .text("ptype", "browser")
        .part("log", Part::bytes(b"the last words".to_vec()).file_name("app.log"))
        .part("upload_file_minidump", Part::bytes(dump.clone()).file_name("crash.dmp"));
    let response = http_client().post(url).multipart(form).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        text(&Value::from(response.headers()["content-type"].to_str().expect("text")))
            .starts_with("text/plain")
    );
    let id = response.text().await.expect("an id");
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");

    let seen = only_sight(&server).await;
    assert_eq!((&seen["release"], &seen["environment"]), (&json!("shop@1.2.3"), &json!("e2e")), "{seen:#}");
    assert_eq!((&seen["level"], &seen["flavour"]), (&json!("fatal"), &json!("salty")), "{seen:#}");
    assert_eq!(seen["user"][0], "user-7");
    let event = server.api.get(&format!("{}/events/{}/", server.api.project, id.replace('-', ""))).await;
    assert_eq!(event["context"]["ptype"], "browser", "{event:#}");
    let mut files = attachments(&server).await;
    files.sort_by_key(|(file, _)| file["name"].to_string());
    let names: Vec<_> = files.iter().map(|(file, _)| text(&file["name"])).collect();
    assert_eq!(names, ["app.log", "crash.dmp"]);
    assert_eq!(files[0].1, b"the last words");
    assert!(files[1].1 == dump, "the minidump comes back byte for byte");
}

/// Crashes, reported to this server; its minidump.
async fn segfault(server: &TestServer) -> Vec<u8> {
    let folder = TempDir::new().expect("a temporary directory");
    let path = folder.path().to_str().expect("a path in UTF-8");
    let (status, _) = run_client(Client::Rust("rust-crasher"), &[&server.bootstrap.dsn, path]).await;
    assert_eq!(status, None, "ended by a signal");
    eventually("the minidump is written", SETTLE, async || {
        let dump = fs::read(folder.path().join("kept.dmp")).map_err(|error| error.to_string())?;
        if dump.starts_with(b"MDMP") { Ok(dump) } else { Err("not all of it".to_owned()) }
    })
    .await
}
