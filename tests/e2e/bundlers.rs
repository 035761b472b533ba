//! Crashes of minified bundles that real bundlers made, and that really threw. What each frame is, another reader of source
//! maps says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    harness::{Client, TestServer, envelope, eventually, new_event_id, run_client, scripts, text},
    late_symbols::{HEALED, crash_frames, only_issue},
    uploads::VERSION_3,
};

const RELEASE: &str = "com.example.shop@1.2.3";
const DIST: &str = "17";
const ANDROID: &str = "app:///index.android.bundle";

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_esbuild_minified() {
    const URL: &str = "https://shop.example/static/app.js";
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    let built = folder.path().join("dist/app.js");
    make("bundle_esbuild.mjs", &[path(&shop(&folder)), path(&built)]).await;
    // Debug ids tie this one to its map: it is posted without a release.
    VERSION_3.ok(&server, folder.path(), &["sourcemaps", "inject", "dist"]).await;
    VERSION_3.ok(&server, folder.path(), &["sourcemaps", "upload", "--wait", "dist"]).await;
    let crash = make("run_bundle.mjs", &[path(&built), URL]).await;
    let crash: Value = serde_json::from_str(&crash).expect("JSON");
    let frames = symbolicated(&server, &crash, &json!({ "platform": "javascript" })).await;
    assert_eq!(
        names(&frames),
        ["openShop", "Till.close", "total", "Array.reduce", "?", "cents"],
        "{frames:#?}"
    );
    compare(&frames, &crash, folder.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_metro_bundled() {
    // What runs it is Metro's own; what the app's function is called in is V8's.
    let around = ["<global>", "<global>", "e.next"];
    let shop = ["openShop", "Till#close", "total", "Array.reduce", "amounts.reduce$argument_0", "cents"];
    a_react_native_app(&[], &[around.as_slice(), &shop].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_metro_bundled_and_hermes_compiled() {
    // Promises of Hermes are a script in the engine.
    let around = ["anonymous", "tryCallOne", "<global>", "<global>", "next"];
    let shop = ["openShop", "Till#close", "total", "reduce", "amounts.reduce$argument_0", "cents"];
    a_react_native_app(&["hermes"], &[around.as_slice(), &shop].concat()).await;
}

/// A release build for Android, whose bundle and map are found by URL and release.
async fn a_react_native_app(engine: &[&str], functions: &[&str]) {
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    let built = folder.path().join("index.android.bundle");
    make("bundle_metro.mjs", &[&[path(&shop(&folder)), path(&built)], engine].concat()).await;
    let files = ["--bundle", "index.android.bundle", "--sourcemap", "index.android.bundle.map"];
    let upload = ["react-native", "gradle", "--release", RELEASE, "--dist", DIST, "--wait"];
    VERSION_3.ok(&server, folder.path(), &[upload.as_slice(), &files].concat()).await;
    let crash = make("run_bundle.mjs", &[&[path(&built), ANDROID], engine].concat()).await;
    let crash: Value = serde_json::from_str(&crash).expect("JSON");
    let about = json!({
        "platform": "javascript", "release": RELEASE, "dist": DIST, "sdk": { "name": "sentry.javascript.react-native" },
    });
    let frames = symbolicated(&server, &crash, &about).await;
    assert_eq!(names(&frames), functions, "{frames:#?}");
    let of_engine = |frame: &&Value| text(&frame["filename"]).ends_with("InternalBytecode.js");
    assert!(frames.iter().filter(of_engine).all(|frame| frame["inApp"] == false), "{frames:#?}");
    compare(&frames, &crash, folder.path());
    let missing = server.api.all(&format!("{}/missing-symbols/", server.api.project)).await;
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A copy of the app's sources: what is built lies beside it.
fn shop(folder: &TempDir) -> PathBuf {
    let app = folder.path().join("app");
    fs::create_dir(&app).expect("a folder");
    for source in fs::read_dir(scripts().join("bundled_shop")).expect("the app's sources") {
        let source = source.expect("a file");
        fs::copy(source.path(), app.join(source.file_name())).expect("a copy");
    }
    app
}

async fn make(script: &'static str, arguments: &[&str]) -> String {
    let (status, printed) = run_client(Client::Node(script), arguments).await;
    assert_eq!(status, Some(0), "{script}: {printed}");
    printed
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The frames of the event, once they are of the sources.
async fn symbolicated(server: &TestServer, crash: &Value, about: &Value) -> Vec<Value> {
    let mut event = about.clone();
    event["event_id"] = json!(new_event_id());
    event["exception"] = json!({ "values": [{
        "type": "RangeError", "value": "\"free\" is no price", "stacktrace": { "frames": crash["frames"] },
    }] });
    event["debug_meta"] = json!({ "images": crash["images"] });
    server.accept(envelope(&event)).await;
    eventually("the event is symbolicated", HEALED, async || {
        let issue = only_issue(server, "1").await;
        let frames = crash_frames(&server.api.latest_event(&issue).await);
        let is_found = frames.last().is_some_and(|frame| frame["symbolication"]["status"] == "found");
        if is_found { Ok(frames) } else { Err(format!("{frames:#?}")) }
    })
    .await
}

fn names(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| text(&frame["function"])).collect()
}

/// Each frame of the bundle is where the other reader has it, and shows that line of the source.
fn compare(frames: &[Value], crash: &Value, folder: &Path) {
    let sources = crash["sources"].as_array().expect("sources");
    assert_eq!(frames.len(), sources.len(), "{frames:#?}");
    for (frame, expected) in frames.iter().zip(sources).filter(|(_, expected)| !expected.is_null()) {
        let file = Path::new(text(&expected["source"])).file_name().expect("a file").to_str().expect("UTF-8");
        assert_eq!(frame["symbolication"]["status"], "found", "{frame:#}");
        let line = expected["line"].as_u64().expect("a line");
        let source = fs::read_to_string(folder.join("app").join(file)).expect("a source file");
        let shown = source.lines().nth(line as usize - 1).expect("the line");
        assert!(text(&frame["filename"]).ends_with(file), "{frame:#}");
        assert_eq!(frame["lineNo"], line, "{frame:#}");
        assert_eq!(frame["colNo"], expected["column"].as_u64().expect("a column") + 1, "{frame:#}");
        let context = frame["context"].as_array().expect("lines of source");
        assert!(context.contains(&json!([line, shown])), "{frame:#}");
    }
}
