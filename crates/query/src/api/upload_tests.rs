//! Uploads as `sentry-cli` makes them, request by request.

use std::fs;

use actix_web::{
    http::{Method, StatusCode, header},
    test::TestRequest,
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::{
    fixture::{Reply, Server},
    upload::zips::{bundle, zip},
};

const CHUNKS: &str = "/organizations/mayday/chunk-upload/";
const ASSEMBLE: &str = "/projects/mayday/app/files/difs/assemble/";
const DSYMS: &str = "/projects/mayday/app/files/dsyms/";
const BUNDLES: &str = "/organizations/mayday/artifactbundle/assemble/";
const ID: &str = "c0bcc3f1-9827-fe65-3058-404b2831d9e6";
const SYM: &[u8] =
    b"MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\nFUNC 1000 10 0 main\n1000 10 4 0\n";

fn sha1(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

/// Sends a form of files: field, file name, content.
async fn send(server: &Server, path: &str, files: &[(&str, &str, &[u8])]) -> Reply {
    let mut body = Vec::new();
    for (field, name, content) in files {
        let head = format!(
            "--boundary\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--boundary--\r\n");
    let request = TestRequest::post()
        .uri(&format!("/api/0{path}"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {}", server.bootstrap.api_token)))
        .insert_header((header::CONTENT_TYPE, "multipart/form-data; boundary=boundary"))
        .set_payload(body);
    server.send(request).await
}

/// How far a file is, asked until that is decided.
async fn settled(server: &Server, path: &str, body: Value) -> Value {
    for _ in 0..100 {
        let reply = server.api(Method::POST, path, Some(body.clone())).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let json = reply.json();
        let first = json.as_object().unwrap().values().next().unwrap().clone();
        let state = if first.is_object() { first } else { json };
        if state["state"] != "assembling" {
            return state;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("never settled")
}

fn announced(content: &[u8], name: &str, debug_id: Option<&str>, chunks: &[&[u8]]) -> Value {
    let chunks: Vec<String> = chunks.iter().map(|chunk| sha1(chunk)).collect();
    json!({ sha1(content): { "name": name, "debug_id": debug_id, "chunks": chunks } })
}

/// Files in the blob store and in its scratch folder.
async fn blobs(server: &Server) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = fs::read_dir(folder).unwrap();
        entries.flatten().map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    let scratch = server.query.blobs.scratch().await.unwrap();
    count(scratch.parent().unwrap())
}

#[actix_web::test]
async fn a_file_of_two_chunks_is_uploaded_once_and_resumed() {
    let server = Server::start().await;
    let (first, second) = SYM.split_at(20);
    let body = announced(SYM, "crash.sym", Some(ID), &[first, second]);
    let asked = settled(&server, ASSEMBLE, body.clone()).await;
    assert_eq!((&asked["state"], asked["missingChunks"].as_array().unwrap().len()), (&json!("not_found"), 2));
    let sent = send(&server, CHUNKS, &[("file", &sha1(first), first)]).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    let asked = settled(&server, ASSEMBLE, body.clone()).await;
    assert_eq!(asked["missingChunks"], json!([sha1(second)]));
    send(&server, CHUNKS, &[("file", &sha1(second), second)]).await;
    let done = settled(&server, ASSEMBLE, body.clone()).await;
    assert_eq!(done["state"], "ok", "{done}");
    let dif = &done["dif"];
    assert_eq!(
        (&dif["debugId"], &dif["cpuName"], &dif["symbolType"]),
        (&json!(ID), &json!("x86_64"), &json!("breakpad"))
    );
    assert_eq!((&dif["objectName"], &dif["size"]), (&json!("crash.sym"), &json!(SYM.len())));

    let again = settled(&server, ASSEMBLE, announced(SYM, "other.sym", None, &[SYM])).await;
    assert_eq!((&again["state"], &again["dif"]["id"]), (&json!("ok"), &dif["id"]), "no chunk is asked for");
    let files = server.query.catalog.debug_files_by(server.project.id, &[ID], &[]).await.unwrap();
    let key = mayday_blobs::BlobKey::DebugFile(files[0].digest.clone());
    assert_eq!(server.query.blobs.get(&key).await.unwrap(), SYM);
    assert_eq!(files[0].uploaded_by, server.bootstrap.admin_email);

    let listed = server.api(Method::GET, &format!("{DSYMS}?query=crash"), None).await.json();
    assert_eq!(listed[0]["id"], dif["id"]);
    let path = format!("{DSYMS}?id={}", dif["id"].as_str().unwrap());
    assert_eq!(server.api(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.api(Method::DELETE, &path, None).await.detail(), "no such debug file");
}

#[actix_web::test]
async fn chunks_that_are_not_what_they_say_are_refused() {
    let server = Server::start().await;
    let name = sha1(b"other");
    let many: Vec<(&str, String)> = (0..65).map(|n: u32| ("file", sha1(&n.to_le_bytes()))).collect();
    let numbers: Vec<[u8; 4]> = (0..65).map(u32::to_le_bytes).collect();
    let many: Vec<(&str, &str, &[u8])> = many
        .iter()
        .zip(&numbers)
        .map(|((field, name), bytes)| (*field, name.as_str(), bytes.as_slice()))
        .collect();
    let long = vec![7; (8 << 20) + 1];
    let cases: Vec<Vec<(&str, &str, &[u8])>> = vec![
        vec![("file", &name, b"chunk")],
        vec![("file", "../../etc/passwd", b"chunk")],
        vec![("file_gzip", &name, b"not gzip")],
        vec![("upload", &name, b"chunk")],
        vec![("file", &name, &long)],
        many,
    ];
    let mut texts = Vec::new();
    for case in &cases {
        let reply = send(&server, CHUNKS, case).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        texts.push(reply.detail());
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[actix_web::test]
async fn what_is_refused_says_why_and_leaves_nothing_behind() {
    let server = Server::start().await;
    let forged = "ffffffff-1111-4222-8333-444455556666";
    let wrong = json!({ sha1(b"something else"): { "name": "a.sym", "chunks": [sha1(SYM)] } });
    let text = b"just text";
    for (content, body, why) in [
        (SYM, announced(SYM, "crash.sym", Some(forged), &[SYM]), "said to be of debug id ffffffff"),
        (SYM, wrong, "checksum does not fit"),
        (text.as_slice(), announced(text, "a.txt", None, &[text]), "not a debug file of a known kind"),
        (text.as_slice(), announced(text, "a.txt", Some("17"), &[text]), "\"17\" is not a debug id"),
    ] {
        assert_eq!(send(&server, CHUNKS, &[("file", &sha1(content), content)]).await.status, StatusCode::OK);
        let done = settled(&server, ASSEMBLE, body.clone()).await;
        assert_eq!(done["state"], "error", "{done}");
        assert!(done["detail"].as_str().unwrap().contains(why), "{done}");
        assert_eq!(settled(&server, ASSEMBLE, body).await["state"], "error", "who asks again is told again");
        assert_eq!(blobs(&server).await, 0, "{why}");
    }
    let listed = server.api(Method::GET, DSYMS, None).await.json();
    assert_eq!(listed, json!([]));
}

#[actix_web::test]
async fn a_mapping_is_known_by_the_name_it_is_sent_under() {
    let server = Server::start().await;
    let mapping = b"com.example.Main -> a:\n    1:1:void run():7 -> b\n";
    let ids = ["0b3a5c2e-1111-4222-8333-444455556666", "0b3a5c2e-2222-4222-8333-444455556666"];
    for id in ids {
        let body = announced(mapping, &format!("/proguard/{id}.txt"), None, &[mapping]);
        let asked = settled(&server, ASSEMBLE, body.clone()).await;
        if asked["state"] == "not_found" {
            send(&server, CHUNKS, &[("file", &sha1(mapping), mapping)]).await;
        }
        let done = settled(&server, ASSEMBLE, body).await;
        assert_eq!((&done["state"], &done["dif"]["debugId"]), (&json!("ok"), &json!(id)));
        assert_eq!(done["dif"]["data"], json!({ "type": null, "features": ["mapping"] }));
    }
    let path = "/projects/mayday/app/files/proguard-artifact-releases/";
    let of = |id: &str| json!({ "release_name": "shop@1", "proguard_uuid": id });
    assert_eq!(server.api(Method::POST, path, Some(of(ids[0]))).await.status, StatusCode::CREATED);
    let unknown = "ffffffff-1111-4222-8333-444455556666";
    assert_eq!(server.api(Method::POST, path, Some(of(unknown))).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_zip_of_debug_files_is_taken_whole_or_not_at_all() {
    let server = Server::start().await;
    let mapping = b"a.A -> b:\n    void c() -> d\n";
    let name = "proguard/0b3a5c2e-1111-4222-8333-444455556666.txt";
    let good =
        zip(&[("x/crash.sym", SYM), (name, mapping), ("Info.plist", b"<?xml?><plist/>"), ("README", b"hi")]);
    let taken = send(&server, DSYMS, &[("file", "difs.zip", &good)]).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.body);
    let names: Vec<Value> =
        taken.json().as_array().unwrap().iter().map(|file| file["objectName"].clone()).collect();
    assert_eq!(names, [json!("crash.sym"), json!("0b3a5c2e-1111-4222-8333-444455556666.txt")]);

    let server = Server::start().await;
    let bad_mapping = zip(&[("x/crash.sym", SYM), (name, b"no mapping")]);
    let escape = zip(&[("x/crash.sym", SYM), ("../crash.sym", SYM)]);
    let empty = zip(&[("README", b"hi")]);
    let mut texts = Vec::new();
    for bad in [bad_mapping.as_slice(), &escape, &empty, b"PK\x03\x04 cut off", b"no zip at all"] {
        let refused = send(&server, DSYMS, &[("file", "difs.zip", bad)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        texts.push(refused.detail());
        assert_eq!(blobs(&server).await, 0);
    }
    insta::assert_snapshot!(texts.join("\n"));
    assert_eq!(server.api(Method::GET, DSYMS, None).await.json(), json!([]));
}

#[actix_web::test]
async fn an_artifact_bundle_serves_its_release() {
    let server = Server::start().await;
    let id = "0b3a5c2e-1111-4222-8333-444455556666";
    let manifest = json!({ "files": { "files/_/_/app.js": {
        "type": "minified_source", "url": "~/app.js", "headers": { "debug-id": id },
    } } });
    let bytes = bundle(&manifest, &[("files/_/_/app.js", b"x()")]);
    let body = |version: &str| {
        json!({
            "checksum": sha1(&bytes), "chunks": [sha1(&bytes)], "projects": ["app"],
            "version": version, "dist": "17",
        })
    };
    let asked = settled(&server, BUNDLES, body("shop@1")).await;
    assert_eq!(asked["missingChunks"], json!([sha1(&bytes)]));
    send(&server, CHUNKS, &[("file", &sha1(&bytes), &bytes)]).await;
    assert_eq!(settled(&server, BUNDLES, body("shop@1")).await["state"], "ok");
    assert_eq!(
        settled(&server, BUNDLES, body("shop@2")).await["state"],
        "ok",
        "the same for another release"
    );
    let catalog = &server.query.catalog;
    let found = catalog.artifacts_by_debug_id(server.project.id, id).await.unwrap();
    assert_eq!(found[0].path, "files/_/_/app.js");
    let key = mayday_blobs::BlobKey::ArtifactBundle(found[0].digest.clone());
    assert_eq!(server.query.blobs.get(&key).await.unwrap(), bytes);
    let found =
        catalog.artifacts_by_url(server.project.id, "shop@2", Some("17"), &["~/app.js"]).await.unwrap();
    assert_eq!(found.len(), 1);
    let listed = server.api(Method::GET, "/projects/mayday/app/files/artifact-bundles/", None).await.json();
    assert_eq!(listed[0]["associations"][0], json!({ "release": "shop@1", "dist": "17" }));
    let releases = server.api(Method::GET, "/projects/mayday/app/releases/", None).await.json();
    assert_eq!(releases.as_array().unwrap().len(), 2);

    let bad = b"SYSB\x02\0\0\0PK\x03\x04";
    send(&server, CHUNKS, &[("file", &sha1(bad), bad)]).await;
    let body = json!({ "checksum": sha1(bad), "chunks": [sha1(bad)], "projects": ["app"] });
    let refused = settled(&server, BUNDLES, body).await;
    assert!(refused["detail"].as_str().unwrap().starts_with("zip cannot be read"), "{refused}");
}

#[actix_web::test]
async fn requests_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    let no_sha = json!({ "17": { "name": "a", "chunks": [] } });
    let reply = server.api(Method::POST, ASSEMBLE, Some(no_sha)).await;
    assert_eq!(reply.detail(), "checksum: is no SHA-1, 40 hexadecimal digits");
    let elsewhere = json!({ "checksum": sha1(b""), "chunks": [], "projects": ["other"] });
    assert_eq!(server.api(Method::POST, BUNDLES, Some(elsewhere)).await.detail(), "no such project");
    let foreign = server.api(Method::GET, "/organizations/other/chunk-upload/", None).await;
    assert_eq!(foreign.detail(), "no such organization");
    let reader = json!({ "name": "reader", "scopes": ["project:read"] });
    let token = server.api(Method::POST, "/api-tokens/", Some(reader)).await.json()["token"].clone();
    let token = token.as_str().unwrap();
    let refused = server.api_as(token, Method::GET, CHUNKS, None).await;
    assert_eq!(refused.detail(), "this token lacks the scope project:releases");
    assert_eq!(server.api_as(token, Method::GET, DSYMS, None).await.status, StatusCode::OK);
}
