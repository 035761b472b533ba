//! Chunks of files on their way here, as `sentry-cli` sends them.

use actix_multipart::Multipart;
use actix_web::web::{Data, Path};
use serde_json::json;

use super::{
    endpoint::Endpoint,
    respond::{Answer, ok},
};
use crate::{
    Query,
    auth::{Granted, Upload},
    read,
    upload::{CHUNK_BYTES, CHUNKS_PER_REQUEST, FILE_BYTES, REQUEST_BYTES, receive},
};

/// Requests that a client may send at once.
const CONCURRENCY: usize = 8;
/// What may be put together of chunks; `sentry-cli` 2 decides by it how it uploads.
const ACCEPT: &[&str] = &[
    "debug_files",
    // Version 2 sends source maps as bundles only if the older form is taken too; it prefers bundles then.
    "release_files",
    "pdbs",
    "portablepdbs",
    "sources",
    "bcsymbolmaps",
    "il2cpp",
    "proguard",
    "dartsymbolmap",
    "artifact_bundles",
    "artifact_bundles_v2",
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/chunk-upload/").get(options).post(take)]
}

/// How chunks are to be sent.
async fn options(principal: Granted<Upload>, query: Data<Query>, organization: Path<String>) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let url = format!("{}/api/0/organizations/{}/chunk-upload/", query.base_url, principal.organization_slug);
    ok(json!({
        "url": url,
        "chunkSize": CHUNK_BYTES,
        "chunksPerRequest": CHUNKS_PER_REQUEST,
        "maxFileSize": FILE_BYTES,
        "maxRequestSize": REQUEST_BYTES,
        "concurrency": CONCURRENCY,
        "hashAlgorithm": "sha1",
        "compression": ["gzip"],
        "accept": ACCEPT,
    }))
}

async fn take(
    principal: Granted<Upload>,
    query: Data<Query>,
    organization: Path<String>,
    form: Multipart,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let chunks = receive::chunks(&query, principal.organization_id, form).await?;
    ok(json!({ "chunks": chunks }))
}
