//! Mappings and source maps that come after the crash.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    HEALED, SENTRY_CLI, crash_frames, missed, only_issue,
    portable_pdb::{DEBUG_ID, portable_pdb},
    upload,
};
use crate::{
    harness::{Client, TestServer, command, envelope, eventually, new_event_id, run, text},
    uploads::{VERSION_3, build},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_an_android_app_heals_when_its_mapping_comes_late() {
    const ID: &str = "246fb328-fc4e-406a-87ff-fc35f6149d8f";
    let mapping = "com.example.Till -> a.a:\n    1:1:int com.example.Price.of(int):5:5 -> b\n    \
                   1:1:void count():7 -> b\ncom.example.EmptyTill -> a.c:\n";
    let symbols = TempDir::new().expect("a temporary directory");
    fs::write(symbols.path().join("mapping.txt"), mapping).expect("a mapping");
    let server = TestServer::start().await;
    let frames = json!([
        { "module": "android.os.Looper", "function": "loop", "lineno": 7, "filename": "Looper.java" },
        { "module": "a.a", "function": "b", "lineno": 1, "filename": "SourceFile" },
    ]);
    let images = json!([{ "type": "proguard", "uuid": ID }]);
    server.accept(envelope(&event("java", "c", &frames, &images))).await;
    let before = only_issue(&server, "1").await;
    let top = crash_frames(&server.api.latest_event(&before).await).pop().expect("frames");
    assert_eq!(top["symbolication"]["reason"], "not uploaded", "{top:#}");
    let missing = missed(&server, "mapping.txt").await;
    upload(&server, text(&missing["command"]), symbols.path()).await;
    let (issue, frames) = healed(&server, "com.example.Price in of").await;
    assert_eq!(issue["id"], before["id"]);
    assert_eq!(issue["metadata"]["type"], "EmptyTill", "{issue:#}");
    assert_eq!(calls(&frames), ["loop:7", "count:7", "of:5"]);
    let in_app: Vec<&Value> = frames.iter().map(|frame| &frame["inApp"]).collect();
    assert_eq!(in_app, [false, true, true], "{frames:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_a_script_heals_when_its_source_map_comes_late() {
    const URL: &str = "https://shop.example/static/app.js";
    let symbols = TempDir::new().expect("a temporary directory");
    build::script(symbols.path());
    let mut inject = command(Client::Npm(SENTRY_CLI));
    inject.args(["sourcemaps", "inject"]).arg(symbols.path()).env("SENTRY_DISABLE_UPDATE_CHECK", "1");
    let (status, printed) = run("sentry-cli", inject).await;
    assert_eq!(status, Some(0), "{printed}");
    let shipped = fs::read_to_string(symbols.path().join("dist/app.js")).expect("the script");
    let (_, id) = shipped.split_once("//# debugId=").expect("a debug id");
    // What is put in front of the script moves it down.
    let line = shipped.lines().position(|line| line.starts_with("function a()")).expect("the script") + 1;

    let server = TestServer::start().await;
    let frames = json!([
        { "abs_path": URL, "filename": "/static/app.js", "lineno": line, "colno": 35, "in_app": true },
        { "abs_path": URL, "filename": "/static/app.js", "function": "a", "lineno": line, "colno": 14, "in_app": true },
    ]);
    let images = json!([{ "type": "sourcemap", "code_file": URL, "debug_id": id.trim() }]);
    server.accept(envelope(&event("javascript", "Error", &frames, &images))).await;
    let before = only_issue(&server, "1").await;
    let missing = missed(&server, URL).await;
    upload(&server, text(&missing["command"]), symbols.path()).await;
    let (issue, frames) = healed(&server, "till").await;
    assert_eq!(issue["id"], before["id"]);
    assert_eq!(calls(&frames).last().map(String::as_str), Some("till:2"), "{frames:#?}");
    let shows = |frame: &Value| frame["context"].to_string().contains("throw new Error('x');");
    assert!(frames.last().is_some_and(shows), "{frames:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_source_of_an_android_app_come_late() {
    const ID: &str = "8e7d6c5b-4a39-2817-0615-243342516070";
    let folder = TempDir::new().expect("a temporary directory");
    let sources = folder.path().join("src/com/example");
    fs::create_dir_all(&sources).expect("a folder");
    let source: String = (2..=20).map(|line| format!("// line {line}\n")).collect();
    fs::write(sources.join("Till.kt"), format!("package com.example\n{source}")).expect("a source file");
    let server = TestServer::start().await;
    let frames =
        json!([{ "module": "com.example.Till", "function": "count", "lineno": 9, "filename": "Till.kt" }]);
    let images = json!([{ "type": "jvm", "debug_id": ID }]);
    server.accept(envelope(&event("java", "Error", &frames, &images))).await;
    let before = only_issue(&server, "1").await;
    let bundle = ["debug-files", "bundle-jvm", "--output", "out", "--debug-id", ID, "src"];
    VERSION_3.ok(&server, folder.path(), &bundle).await;
    VERSION_3.ok(&server, folder.path(), &["debug-files", "upload", "--type", "jvm", "--wait", "out"]).await;
    let frames = eventually("the lines are there", HEALED, async || {
        let frames = crash_frames(&server.api.latest_event(&before).await);
        let shown = frames[0]["context"].to_string();
        if shown.contains("// line 9") { Ok(frames) } else { Err(shown) }
    })
    .await;
    let lines = frames[0]["context"].as_array().expect("lines");
    assert_eq!(
        (lines.len(), &lines[0], &lines[10]),
        (11, &json!([4, "// line 4"]), &json!([14, "// line 14"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_an_obfuscated_flutter_app_heals_when_its_symbols_and_its_map_come_late() {
    const START: u64 = 0x40_0000;
    let symbols = TempDir::new().expect("a temporary directory");
    build::program(symbols.path());
    fs::write(symbols.path().join("map.json"), r#"["EmptyTill", "aB", "count", "c"]"#).expect("a map");
    let server = TestServer::start().await;
    let address = START + build::address(symbols.path(), "sum");
    let event = json!({
        "event_id": new_event_id(), "platform": "dart", "sdk": { "name": "sentry.dart.flutter", "version": "9.0.0" },
        "exception": { "values": [{ "type": "aB", "value": "Instance of 'aB'", "stacktrace": { "frames": [
            { "platform": "native", "instruction_addr": format!("{address:#x}") },
        ] } }] },
        "debug_meta": { "images": [{
            "type": "elf", "code_id": build::build_id(symbols.path()), "code_file": "libapp.so",
            "image_addr": format!("{START:#x}"), "image_size": 0x10000,
        }] },
    });
    server.accept(envelope(&event)).await;
    let before = only_issue(&server, "1").await;
    let missing = missed(&server, "libapp.so").await;
    upload(&server, text(&missing["command"]), symbols.path()).await;
    let (issue, frames) = healed(&server, "sum").await;
    assert_eq!((&issue["id"], &issue["metadata"]["type"]), (&before["id"], &json!("aB")));
    assert_eq!(calls(&frames), ["sum:1"]);

    let map = ["dart-symbol-map", "upload", "map.json", "build/till"];
    VERSION_3.ok(&server, symbols.path(), &map).await;
    let issue = eventually("the type is named", HEALED, async || {
        let issue = only_issue(&server, "1").await;
        if issue["metadata"]["type"] == "EmptyTill" { Ok(issue) } else { Err(format!("{issue:#}")) }
    })
    .await;
    assert_eq!(
        (&issue["id"], &issue["metadata"]["value"]),
        (&before["id"], &json!("Instance of 'EmptyTill'"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_a_dotnet_app_heals_when_its_portable_pdb_comes_late() {
    let symbols = TempDir::new().expect("a temporary directory");
    fs::write(symbols.path().join("Shop.pdb"), portable_pdb()).expect("a portable PDB");
    let server = TestServer::start().await;
    let frames = json!([{
        "module": "Shop.Till", "function": "Count", "package": "Shop", "in_app": true,
        "addr_mode": "rel:0", "function_id": "0x1", "instruction_addr": "0x7",
    }]);
    let images = json!([{
        "type": "pe_dotnet", "code_file": "/app/Shop.dll", "debug_file": "/build/Shop.pdb", "debug_id": DEBUG_ID,
    }]);
    server.accept(envelope(&event("csharp", "EmptyTillException", &frames, &images))).await;
    let before = only_issue(&server, "1").await;
    let missing = missed(&server, "Shop.pdb").await;
    assert_eq!(missing["kind"], "portable_pdb", "{missing:#}");
    upload(&server, text(&missing["command"]), symbols.path()).await;
    let (issue, frames) = healed(&server, "Count").await;
    assert_eq!(issue["id"], before["id"]);
    assert_eq!(calls(&frames), ["Count:44"]);
    assert_eq!((&frames[0]["filename"], &frames[0]["absPath"]), (&json!("Shop.cs"), &json!("/src/Shop.cs")));
}

fn event(platform: &str, ty: &str, frames: &Value, images: &Value) -> Value {
    let module = (platform == "java").then_some("a");
    json!({
        "event_id": new_event_id(), "platform": platform, "release": "com.example@1.2.3",
        "exception": { "values": [{ "type": ty, "module": module, "value": "x", "stacktrace": { "frames": frames } }] },
        "debug_meta": { "images": images },
    })
}

/// The only issue and its frames, once it says that it is about this function.
async fn healed(server: &TestServer, culprit: &str) -> (Value, Vec<Value>) {
    eventually("the issue heals", HEALED, async || {
        let issue = only_issue(server, "1").await;
        let frames = crash_frames(&server.api.latest_event(&issue).await);
        // An issue is told of before its events are replaced.
        let is_found = frames.last().is_some_and(|frame| frame["symbolication"]["status"] == "found");
        let is_named = text(&issue["culprit"]).contains(culprit) && is_found;
        if is_named { Ok((issue, frames)) } else { Err(format!("{issue:#} with {frames:#?}")) }
    })
    .await
}

fn calls(frames: &[Value]) -> Vec<String> {
    let call = |frame: &Value| format!("{}:{}", text(&frame["function"]), frame["lineNo"]);
    frames.iter().map(call).collect()
}
