//! Symbols on their way to a server, as `sentry-cli` sends them.

use anyhow::{Context, ensure};
use serde_json::json;
use sha1::{Digest, Sha1};

use crate::servers::Api;

const BOUNDARY: &str = "----mayday-benches-symbols";
/// Bytes of a bundle that go in one piece.
const CHUNK_BYTES: usize = 8 << 20;

/// A debug file, or a zip of such.
pub(super) async fn debug_files(api: &mut Api, name: &str, content: &[u8]) -> anyhow::Result<()> {
    let taken = post_file(api, "~/files/dsyms/", name, content).await?;
    ensure!(taken.as_array().is_some_and(|files| !files.is_empty()), "{name} was taken for no debug file");
    Ok(())
}

/// A bundle of scripts and their maps.
pub(super) async fn bundle(api: &mut Api, content: &[u8]) -> anyhow::Result<()> {
    let (organization, project) = api.slugs().context("no organization")?;
    let (of_organization, project) = (format!("/api/0/organizations/{organization}"), project.to_owned());
    let mut chunks = Vec::new();
    for chunk in content.chunks(CHUNK_BYTES) {
        let sha1 = hex::encode(Sha1::digest(chunk));
        post_file(api, &format!("{of_organization}/chunk-upload/"), &sha1, chunk).await?;
        chunks.push(sha1);
    }
    let bundle =
        json!({ "checksum": hex::encode(Sha1::digest(content)), "chunks": chunks, "projects": [project] });
    let path = format!("{of_organization}/artifactbundle/assemble/");
    let answer = api.post(&path, "application/json", bundle.to_string().as_bytes()).await?;
    ensure!(answer["state"] == "ok", "the bundle was not taken: {answer}");
    Ok(())
}

async fn post_file(
    api: &mut Api,
    path: &str,
    name: &str,
    content: &[u8],
) -> anyhow::Result<serde_json::Value> {
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let body = [before.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    api.post(path, &format!("multipart/form-data; boundary={BOUNDARY}"), &body).await
}
