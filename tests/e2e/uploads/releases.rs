//! `releases …` and `deploys …`.

use serde_json::json;
use tempfile::TempDir;

use super::{SentryCli, VERSION_2, VERSION_3, build};
use crate::harness::TestServer;

const RELEASE: &str = "shop@1.2.3+45";

#[tokio::test(flavor = "multi_thread")]
async fn version_3() {
    tells_of_a_release(VERSION_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2() {
    tells_of_a_release(VERSION_2).await;
}

async fn tells_of_a_release(cli: SentryCli) {
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    let folder = folder.path();
    build::repository(folder);
    cli.ok(&server, folder, &["releases", "new", RELEASE]).await;
    cli.ok(&server, folder, &["releases", "set-commits", RELEASE, "--local"]).await;
    cli.ok(&server, folder, &["releases", "finalize", RELEASE]).await;
    cli.ok(&server, folder, &["deploys", "new", "--release", RELEASE, "--env", "production"]).await;
    let organization = format!("/api/0/organizations/{}/releases", server.bootstrap.organization);
    let path = format!("{organization}/shop@1.2.3%2B45/");
    let release = server.api.get(&path).await;
    assert_eq!((&release["commitCount"], &release["deployCount"]), (&json!(2), &json!(1)), "{release:#}");
    assert!(release["dateReleased"].is_string(), "{release:#}");
    let commits = server.api.get(&format!("{path}commits/")).await;
    assert_eq!(commits[0]["author"], json!({ "name": "Ann", "email": "ann@example.com" }));
    let listed = cli.ok(&server, folder, &["releases", "list"]).await;
    assert!(listed.contains(RELEASE), "{listed}");
    cli.ok(&server, folder, &["releases", "info", RELEASE]).await;
    let deploys = cli.ok(&server, folder, &["deploys", "list", "--release", RELEASE]).await;
    assert!(deploys.contains("production"), "{deploys}");

    // The next release begins where this one ended.
    cli.ok(&server, folder, &["releases", "new", "shop@1.2.4"]).await;
    cli.ok(&server, folder, &["releases", "set-commits", "shop@1.2.4", "--auto"]).await;
    server.api.post("/api/0/organizations/mayday/repos/", &json!({ "name": "shop/app" })).await;
    let commit = "shop/app@0123456789012345678901234567890123456789";
    cli.ok(&server, folder, &["releases", "set-commits", "shop@1.2.4", "--commit", commit]).await;
    let next = server.api.get(&format!("{organization}/shop@1.2.4/")).await;
    assert_eq!(next["lastCommit"]["id"], "0123456789012345678901234567890123456789");

    cli.ok(&server, folder, &["releases", "archive", RELEASE]).await;
    assert_eq!(server.api.get(&path).await["status"], "archived");
    cli.ok(&server, folder, &["releases", "restore", RELEASE]).await;
    cli.ok(&server, folder, &["releases", "delete", RELEASE]).await;
    let listed = cli.ok(&server, folder, &["releases", "list"]).await;
    assert!(!listed.contains(RELEASE), "{listed}");
}
