//! Uploads that no honest client sends: refused with a reason, and nothing is left of them.

use std::{fs, path::Path};

use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::json;

use crate::harness::{TestServer, http_client};

/// A zip with one stored member, by hand: name, content, and what its headers say of its size.
fn stored(name: &str, content: &[u8], claimed: u32) -> Vec<u8> {
    let crc = 0_u32.to_le_bytes();
    let (length, name_length) = (claimed.to_le_bytes(), (name.len() as u16).to_le_bytes());
    let sizes = [crc, length, length].concat();
    let local = [
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0".as_slice(),
        &sizes,
        &name_length,
        b"\0\0",
        name.as_bytes(),
        content,
    ]
    .concat();
    let entry = [
        b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0".as_slice(),
        &sizes,
        &name_length,
        &[0; 12],
        &[0; 4],
        name.as_bytes(),
    ]
    .concat();
    let (entry_length, at) = ((entry.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes());
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &entry_length, &at, b"\0\0"].concat();
    [local, entry, end].concat()
}

async fn send(
    server: &TestServer,
    path: &str,
    field: &str,
    name: &str,
    bytes: Vec<u8>,
) -> (StatusCode, String) {
    let form = Form::new().part(field.to_owned(), Part::bytes(bytes).file_name(name.to_owned()));
    let request = http_client().post(format!("{}{path}", server.bootstrap.url)).multipart(form);
    let response = request.bearer_auth(&server.bootstrap.api_token).send().await.expect("an answer");
    (response.status(), response.text().await.expect("a body"))
}

/// Files below a folder.
fn files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_zips_are_refused_and_leave_nothing_behind() {
    let server = TestServer::start().await;
    let path = format!("{}/files/dsyms/", server.api.project);
    let symbols = b"MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\n";
    let cases = [
        (stored("../../crash.sym", symbols, symbols.len() as u32), "leads out of it"),
        (stored("crash.sym", symbols, u32::MAX - 1), "inflates to more than"),
        (stored("crash.sym", symbols, symbols.len() as u32), "cannot be inflated"), // a wrong checksum
        (b"PK\x03\x04".to_vec(), "cannot be read"),
        (b"no zip at all".to_vec(), "not a debug file of a known kind"),
    ];
    for (zip, why) in cases {
        let (status, told) = send(&server, &path, "file", "difs.zip", zip).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(server.api.all(&path).await.len(), 0);
    assert_eq!(files(&server.data("blobs")), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_ids_and_wrong_checksums_are_refused_and_leave_nothing_behind() {
    let server = TestServer::start().await;
    let chunks = format!("/api/0/organizations/{}/chunk-upload/", server.bootstrap.organization);
    let wrong = "ffffffffffffffffffffffffffffffffffffffff";
    let symbols = b"MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\n".to_vec();
    let (status, told) = send(&server, &chunks, "file", wrong, symbols.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
    let (_, sha1) = told.split_once("its SHA-1 is ").expect("the right one");
    let sha1: String = sha1.chars().take(40).collect();
    let assemble = format!("{}/files/difs/assemble/", server.api.project);
    for (of, debug_id, why) in [
        (sha1.as_str(), Some("ffffffff-1111-4222-8333-444455556666"), "said to be of debug id"),
        (wrong, None, "checksum does not fit"),
    ] {
        let (status, told) = send(&server, &chunks, "file", &sha1, symbols.clone()).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let body = json!({ of: { "name": "crash.sym", "debug_id": debug_id, "chunks": [sha1] } });
        let answer = server.api.post(&assemble, &body).await;
        let detail = answer[of]["detail"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
        assert!(detail.contains(why), "{detail}");
    }
    assert_eq!(files(&server.data("blobs")), 0);
}
