//! `sourcemaps inject` and `upload`.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::{SentryCli, VERSION_2, VERSION_3, build};
use crate::harness::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn version_3() {
    uploads_a_bundle(VERSION_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2() {
    uploads_a_bundle(VERSION_2).await;
}

async fn uploads_a_bundle(cli: SentryCli) {
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    build::script(folder.path());
    cli.ok(&server, folder.path(), &["sourcemaps", "inject", "dist"]).await;
    let script = fs::read_to_string(folder.path().join("dist/app.js")).expect("the script");
    assert!(script.contains("//# debugId="), "{script}");
    let upload = ["sourcemaps", "upload", "--wait", "--url-prefix", "~/static/", "dist"];
    let of = |release: &'static str| [upload.as_slice(), &["--release", release, "--dist", "17"]].concat();
    cli.ok(&server, folder.path(), &of("shop@1.2.3")).await;
    cli.ok(&server, folder.path(), &of("shop@1.2.3")).await;
    let bundles = server.api.get(&format!("{}/files/artifact-bundles/", server.api.project)).await;
    assert_eq!(bundles.as_array().map(Vec::len), Some(1), "{bundles:#}");
    assert_eq!(bundles[0]["fileCount"], 2);
    assert_eq!(bundles[0]["associations"], json!([{ "release": "shop@1.2.3", "dist": "17" }]));
    let releases = server.api.get(&format!("{}/releases/", server.api.project)).await;
    assert_eq!(releases[0]["version"], "shop@1.2.3");
    cli.ok(&server, folder.path(), &upload).await;
}
