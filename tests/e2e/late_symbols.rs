//! Symbols that come after the crash.

mod crasher;
mod managed;
mod portable_pdb;

use std::{path::Path, time::Duration};

use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use self::crasher::{Program, folder, line_of};
use crate::harness::{Client, Receiver, SETTLE, TestServer, command, eventually, http_client, run, text};

/// From the end of the upload until every issue that the symbols are for is healed: a promise.
pub(crate) const HEALED: Duration = Duration::from_secs(10);
const SENTRY_CLI: &str = "@sentry/cli-linux-x64/bin/sentry-cli";

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_heals_when_its_symbols_come_late() {
    let program = Program::build();
    let server = TestServer::start().await;
    let receiver = Receiver::start();
    server.add_hook(&receiver, "s3cret").await;
    for user in ["ada", "bob"] {
        post(&server, program.crash(), user).await;
    }
    let issue = only_issue(&server, "2").await;
    let before = crash_frames(&server.api.latest_event(&issue).await);
    let top = before.last().expect("frames");
    assert_eq!(top["symbolication"]["status"], "missing", "{top:#}");
    assert_eq!(top["symbolication"]["reason"], "not uploaded", "{top:#}");
    // What events miss is written down after they are stored.
    let missing = eventually("both events miss the program", HEALED, async || {
        let missing = self::missing(&server, "shop").await.unwrap_or_default();
        let is_missed = missing["count"] == "2" && missing["userCount"] == 2;
        if is_missed { Ok(missing) } else { Err(format!("{missing:#}")) }
    })
    .await;

    upload(&server, text(&missing["command"]), program.symbols.path()).await;
    let healed = eventually("the issue heals", HEALED, async || {
        let issue = only_issue(&server, "2").await;
        let frames = crash_frames(&server.api.latest_event(&issue).await);
        let names: Vec<&str> = frames.iter().filter_map(|frame| frame["function"].as_str()).collect();
        if names.iter().any(|name| name.contains("total")) && text(&issue["culprit"]).contains("total") {
            Ok((issue, frames))
        } else {
            Err(format!("{} with {names:?}", issue["culprit"]))
        }
    })
    .await;
    check(&issue, &healed);
    server.settle(SETTLE).await;
    eventually("both events are healed", HEALED, async || {
        let events = server.api.all(&format!("/api/0/issues/{}/events/", text(&issue["id"]))).await;
        let named = events.iter().filter(|event| text(&event["culprit"]).contains("total")).count();
        if named == 2 && events.len() == 2 { Ok(()) } else { Err(format!("{events:#?}")) }
    })
    .await;
    only_issue(&server, "2").await;
    // That an event was tried is written down after it is replaced.
    eventually("nothing is missing", HEALED, async || {
        self::missing(&server, "shop").await.map_or(Ok(()), |missing| Err(format!("{missing:#}")))
    })
    .await;
    let calls = receiver.calls();
    assert_eq!(calls.len(), 1, "a heal tells nobody of anything new");
    receiver.stop().await;
}

/// The issue is the same one, and says what really happened.
fn check(before: &Value, (after, frames): &(Value, Vec<Value>)) {
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["firstSeen"], before["firstSeen"]);
    let calls: Vec<(String, u64)> = frames
        .iter()
        .filter(|frame| frame["filename"].as_str().is_some_and(|file| file.ends_with("shop.cpp")))
        .map(|frame| (text(&frame["function"]).to_owned(), frame["lineNo"].as_u64().expect("a line")))
        .collect();
    let expected = [
        ("main", line_of("return shop::pay")),
        ("pay", line_of("int pay(")),
        ("price", line_of("int price(")),
        ("discount", line_of("int discount(")),
        ("total", line_of("int total(")),
    ];
    // Outside of `main` the stack was scanned, which may find what was left there: the C library has no unwinding
    // information here.
    let innermost = calls.get(calls.len().saturating_sub(expected.len())..).unwrap_or_default();
    assert_eq!(innermost.len(), expected.len(), "{calls:?}");
    for ((function, line), (name, expected_line)) in innermost.iter().zip(expected) {
        assert!(function.contains(name), "{calls:?}");
        assert_eq!(*line, expected_line, "{calls:?}");
    }
}

async fn post(server: &TestServer, dump: Vec<u8>, user: &str) {
    let bootstrap = &server.bootstrap;
    let url =
        format!("{}/api/{}/minidump/?sentry_key={}", bootstrap.url, bootstrap.project_id, bootstrap.key());
    let about = json!({"release": "shop@1.2.3", "user": {"id": user}});
    let form = Form::new()
        .text("sentry", about.to_string())
        .part("upload_file_minidump", Part::bytes(dump).file_name("crash.dmp"));
    let response = http_client().post(url).multipart(form).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
}

/// The project's only issue, once it has so many events.
pub(crate) async fn only_issue(server: &TestServer, count: &str) -> Value {
    eventually("there is one issue", SETTLE, async || {
        let issues = server.api.issues().await;
        match issues.as_slice() {
            [issue] if issue["count"] == count => Ok(issue.clone()),
            other => Err(format!("{other:#?}")),
        }
    })
    .await
}

/// The frames of the thread that crashed, the innermost last.
pub(crate) fn crash_frames(event: &Value) -> Vec<Value> {
    let entries = event["entries"].as_array().expect("entries");
    let exception = entries.iter().find(|entry| entry["type"] == "exception").expect("an exception");
    let frames = &exception["data"]["values"][0]["stacktrace"]["frames"];
    frames.as_array().unwrap_or_else(|| panic!("no frames: {exception:#}")).clone()
}

/// What the server says of a file that events lack.
async fn missing(server: &TestServer, file: &str) -> Option<Value> {
    let all = server.api.all(&format!("{}/missing-symbols/", server.api.project)).await;
    all.into_iter().find(|missing| missing["file"] == file)
}

/// As [`missing`], once it is there: an event is seen a moment before what it lacks.
async fn missed(server: &TestServer, file: &str) -> Value {
    eventually("the file is missed", HEALED, async || {
        missing(server, file).await.ok_or_else(|| "not yet".to_owned())
    })
    .await
}

/// Runs the commands that the server gives, with the folder of the symbols.
async fn upload(server: &TestServer, given: &str, symbols: &Path) {
    for given in given.split(" && ") {
        let arguments = given.strip_prefix("sentry-cli ").expect("a command of sentry-cli");
        let arguments = arguments.replace("FOLDER", folder(symbols));
        let arguments = arguments.replace("MAPPING.TXT", folder(&symbols.join("mapping.txt")));
        let mut command = command(Client::Npm(SENTRY_CLI));
        command
            .args(arguments.split(' '))
            .env("SENTRY_AUTH_TOKEN", &server.bootstrap.api_token)
            .env("SENTRY_DISABLE_UPDATE_CHECK", "1");
        let (status, printed) = run("sentry-cli", command).await;
        assert_eq!(status, Some(0), "{given}\n{printed}");
    }
}
