//! `debug-files upload`, `upload-proguard`, `dart-symbol-map upload`.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::{SentryCli, VERSION_2, VERSION_3, build};
use crate::harness::{TestServer, text};

#[tokio::test(flavor = "multi_thread")]
async fn version_3() {
    uploads_what_a_build_makes(VERSION_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2() {
    uploads_what_a_build_makes(VERSION_2).await;
}

async fn uploads_what_a_build_makes(cli: SentryCli) {
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    build::program(folder.path());
    let upload = ["debug-files", "upload", "--include-sources", "--wait", "build"];
    cli.ok(&server, folder.path(), &upload).await;
    let files = debug_files(&server, "").await;
    assert_eq!(files.len(), 2, "{files:#?}");
    let (elf, sources) = (kind(&files, "elf"), kind(&files, "sourcebundle"));
    assert_eq!(elf["debugId"], sources["debugId"]);
    assert_eq!((&elf["cpuName"], &elf["data"]["type"]), (&"x86_64".into(), &"lib".into()));
    let features: Vec<&str> = elf["data"]["features"].as_array().expect("a list").iter().map(text).collect();
    assert_eq!(features, ["symtab", "debug", "unwind"]);
    assert_eq!(sources["data"]["features"][0], "sources");
    assert_eq!(elf["uploadedBy"], server.bootstrap.admin_email);

    // What is there is not sent again, and found by the whole build id.
    let printed = cli.ok(&server, folder.path(), &upload).await;
    assert!(printed.contains("Nothing to upload"), "{printed}");
    let found = debug_files(&server, &build::build_id(folder.path())).await;
    assert_eq!(found.iter().filter(|file| file["symbolType"] == "elf").count(), 1);

    build::mapping(folder.path());
    cli.ok(&server, folder.path(), &["upload-proguard", "mapping.txt"]).await;
    fs::write(folder.path().join("map.json"), r#"["Till", "a", "count", "b"]"#).expect("a map");
    cli.ok(&server, folder.path(), &["dart-symbol-map", "upload", "map.json", "build/till"]).await;
    let files = debug_files(&server, "").await;
    assert_eq!(files.len(), 4, "{files:#?}");
    assert_eq!(kind(&files, "dartsymbolmap")["debugId"], kind(&files, "elf")["debugId"]);
    assert_eq!(kind(&files, "proguard")["data"]["features"][0], "mapping");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_many_chunks_is_put_together() {
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    build::large_program(folder.path());
    let upload = ["debug-files", "upload", "--wait", "build"];
    VERSION_3.ok(&server, folder.path(), &upload).await;
    let files = debug_files(&server, "till").await;
    let size = fs::metadata(folder.path().join("build/till")).expect("the program").len();
    assert_eq!(files[0]["size"], size);
    assert!(size > 2 * (8 << 20));
}

/// The project's debug files that a text finds.
async fn debug_files(server: &TestServer, text: &str) -> Vec<Value> {
    server.api.all(&format!("{}/files/dsyms/?query={text}", server.api.project)).await
}

fn kind<'a>(files: &'a [Value], kind: &str) -> &'a Value {
    files.iter().find(|file| file["symbolType"] == kind).unwrap_or_else(|| panic!("no {kind}: {files:#?}"))
}
