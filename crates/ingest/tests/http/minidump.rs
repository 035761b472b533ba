//! Crash uploaders at the door.

use actix_web::http::StatusCode;
use mayday_catalog::{keys::RateLimit, projects::DsnKeyChange};
use mayday_event::{Category, Outcome, entry::Entry, limits};

use crate::{ID, Server, bugsnag::entries, gzip, no_change, otlp::post};

pub(crate) const FORM: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=----XX");
type Headers<'text> = &'text [(&'text str, &'text str)];

const DUMP: &[u8] = b"MDMP\x93\xa7 and so on\r\n--";

/// A form of files (name, file name, content) as curl writes it.
pub(crate) fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, filename, content) in parts {
        let filename = filename.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let head = format!("------XX\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"------XX--\r\n");
    body
}

fn path(server: &Server) -> String {
    format!("/api/{}/minidump/?sentry_key={}", server.project, server.key)
}

#[actix_web::test]
async fn a_form_becomes_an_event_with_its_files() {
    let server = Server::new().await;
    let body = form(&[
        ("prod", None, b"App"),
        ("ver", None, b"1.2"),
        ("sentry", None, format!("{{\"event_id\":\"{ID}\",\"tags\":{{\"a\":\"b\"}}}}").as_bytes()),
        ("upload_file_minidump", Some("x.dmp.gz"), &gzip(DUMP)),
        ("log", Some("app.log"), b"text"),
        ("view-hierarchy.json", Some("view-hierarchy.json"), b"{}"),
    ]);
    let gzipped = gzip(&body);
    let (status, content_type, answer) =
        post(&server, &path(&server), &[FORM, ("Content-Encoding", "gzip")], &gzipped).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::OK, "text/plain; charset=utf-8"));
    assert_eq!(answer, b"01234567-89ab-cdef-0123-456789abcdef");
    let entries = entries(&server).await;
    let [Entry::Event(event), Entry::Attachment(dump), Entry::Attachment(log), Entry::Attachment(views)] =
        entries.as_slice()
    else {
        panic!("{entries:?}")
    };
    assert_eq!((event.event_id.to_string().as_str(), event.release.as_deref()), (ID, Some("App@1.2")));
    assert_eq!((dump.name.as_str(), dump.attachment_type.as_str()), ("x.dmp", "event.minidump"));
    assert_eq!((&dump.content[..], dump.event_id), (DUMP, event.event_id));
    assert_eq!((log.name.as_str(), log.attachment_type.as_str()), ("app.log", "event.attachment"));
    assert_eq!(views.attachment_type, "event.view_hierarchy");
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn a_minidump_alone_is_taken_however_it_is_called() {
    let server = Server::new().await;
    let without_slash = format!("/api/{}/minidump?sentry_key={}", server.project, server.key);
    let octets = ("Content-Type", "application/octet-stream");
    let sent: [(&str, Headers, Vec<u8>); 4] = [
        (&path(&server), &[octets], DUMP.to_vec()),
        (&without_slash, &[("Content-Type", "application/x-dmp")], gzip(DUMP)),
        (&without_slash, &[], zstd::encode_all(DUMP, 3).unwrap()),
        (&without_slash, &[octets, ("Content-Encoding", "gzip")], gzip(DUMP)),
    ];
    for (path, headers, body) in sent {
        let (status, _, answer) = post(&server, path, headers, &body).await;
        assert_eq!((status, answer.len()), (StatusCode::OK, 36));
    }
    let entries = entries(&server).await;
    let dumps =
        entries.iter().filter(|entry| matches!(entry, Entry::Attachment(dump) if dump.content == DUMP));
    assert_eq!((dumps.count(), entries.len()), (4, 8));
}

#[actix_web::test]
async fn what_is_over_a_limit_is_counted_but_never_answered_429() {
    let server = Server::new().await;
    let rate_limit = Some(Some(RateLimit { count: 1, window_seconds: 60 }));
    server.change_key(DsnKeyChange { rate_limit, ..no_change() }).await;
    for _ in 0..2 {
        let (status, _, answer) = post(&server, &path(&server), &[], DUMP).await;
        assert_eq!((status, answer.len()), (StatusCode::OK, 36));
    }
    assert_eq!(entries(&server).await.len(), 2);
    let reason = |category| (category, Outcome::RateLimited, "key_rate_limit".to_owned());
    let mut reasons = server.reasons().await;
    reasons.sort_by_key(|(category, ..)| category.name());
    assert_eq!(reasons, [reason(Category::Attachment), reason(Category::Error)]);
}

#[actix_web::test]
async fn what_is_no_minidump_is_refused_counted_and_explained() {
    let server = Server::new().await;
    let bomb = gzip(&[b"MDMP", &vec![0; limits::INFLATED_BYTES][..]].concat());
    let large_event =
        form(&[("upload_file_minidump", Some("x"), DUMP), ("a", None, &vec![b'x'; limits::EVENT_BYTES + 1])]);
    let cases: [(Headers, Vec<u8>, u16, &str); 7] = [
        (&[], b"\x7fELF".to_vec(), 400, "begin with \"\\x7fELF\", not with MDMP"),
        (&[], Vec::new(), 400, "body is empty"),
        (
            &[FORM],
            form(&[("log", Some("a.log"), b"text")]),
            400,
            "no file upload_file_minidump in it, only log",
        ),
        (&[FORM], b"nonsense".to_vec(), 400, "multipart body: its boundary is not in it"),
        // One file that is too large, and too much in all.
        (
            &[FORM],
            form(&[("upload_file_minidump", Some("x"), &bomb)]),
            400,
            "upload_file_minidump: body inflates to more",
        ),
        (&[("Content-Encoding", "gzip")], bomb, 413, "body inflates to more"),
        (&[FORM], large_event, 413, "fields of 1048577 bytes exceed 1048576"),
    ];
    for (headers, body, status, text) in cases {
        let answer = server.send_to(&path(&server), headers, body).await;
        let detail = answer.body["detail"].as_str().unwrap();
        assert_eq!(answer.status.as_u16(), status, "{detail}");
        assert!(detail.contains(text), "{detail}");
    }
    let no_key = format!("/api/{}/minidump/", server.project);
    assert_eq!(server.send_to(&no_key, &[], DUMP).await.status, StatusCode::UNAUTHORIZED);
    assert!(server.journalled().await.is_empty());
    let reasons = server.reasons().await;
    assert!(reasons.contains(&(Category::Error, Outcome::Invalid, "wire_format".to_owned())), "{reasons:?}");
}
