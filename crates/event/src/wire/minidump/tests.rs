use std::io::Write;

use serde_json::json;

use super::*;

const DUMP: &str = "MDMP and so on";
/// The same as `xz` and `bzip2` write it.
const DUMP_XZ: &[u8] = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x0c\0\0\0\x8f\x98A\x9c\x01\0\x0dMDMP\x20and\x20so\x20on\0\0\0\x84H\x1b\x93\xec!Y\xc2\0\x01&\x0e\x08\x1b\xe0\x04\x1f\xb6\xf3}\x01\0\0\0\0\x04YZ";
const DUMP_BZIP2: &[u8] = b"BZh91AY&SYR\xbaw\x9f\0\0\x02\x17\x80@\0\x04\x02@\0$\x01\x88\0\x20\0\x22\x06\x08\x20\xc9\x88\x11\xa8\xf5\x858\xd7\x8b\xb9\x22\x9c(H)];\xcf\x80";

/// Field, file name, content.
type Sent<'text> = (&'text str, Option<&'text str>, &'text [u8]);

fn form(parts: &[Sent<'_>]) -> Bytes {
    let mut body = Vec::new();
    for (name, filename, content) in parts {
        let filename = filename.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let head = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--XX--\r\n");
    body.into()
}

fn read(parts: &[Sent<'_>]) -> Result<Upload, WireError> {
    Upload::read(&form(parts), "multipart/form-data; boundary=XX", &InflateLimits::default())
}

fn read_raw(body: &[u8]) -> Result<Upload, WireError> {
    Upload::read(&Bytes::copy_from_slice(body), "application/octet-stream", &InflateLimits::default())
}

fn with_dump(parts: &[Sent<'_>]) -> Upload {
    read(&[parts, &[("upload_file_minidump", Some("a.dmp"), DUMP.as_bytes())]].concat()).unwrap()
}

fn event(parts: &[Sent<'_>]) -> Value {
    let mut event = with_dump(parts).event;
    assert_eq!(event.remove("platform"), Some("native".into()));
    assert_eq!(event.remove("level"), Some("fatal".into()));
    event.into()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn files(upload: &Upload) -> Vec<(&str, Option<&str>, &[u8])> {
    let mut files = Vec::new();
    for item in &upload.files {
        let name = item.header_text("filename").unwrap();
        files.push((name, item.header_text("attachment_type"), item.payload.as_ref()));
    }
    files
}

#[test]
fn a_minidump_is_found_raw_and_in_forms_and_inflated() {
    let (dump, minidump) = (DUMP.as_bytes(), Some("event.minidump"));
    let packed = [gzip(dump), zstd::encode_all(dump, 3).unwrap(), DUMP_XZ.to_vec(), DUMP_BZIP2.to_vec()];
    for body in std::iter::once(dump.to_vec()).chain(packed) {
        assert_eq!(files(&read_raw(&body).unwrap()), [("minidump.dmp", minidump, dump)]);
    }
    let upload = read(&[("upload_file_minidump", Some("x.dmp.gz"), &gzip(dump))]).unwrap();
    assert_eq!(files(&upload), [("x.dmp", minidump, dump)]);
    // A form in a form, with a boundary of its own or with the same.
    let same = form(&[("prod", None, b"App"), ("upload_file_minidump", Some("x.dmp"), dump)]);
    let own = String::from_utf8(same.to_vec()).unwrap().replace("XX", "YY").into_bytes();
    for nested in [&same[..], &own] {
        let upload = read(&[("upload_file_minidump", Some("outer"), nested), ("ver", None, b"2")]);
        let upload = upload.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(files(&upload), [("x.dmp", minidump, dump)]);
        let prod = upload.event.get("extra").unwrap().get("prod");
        assert_eq!(prod, Some(&json!("App")));
    }
}

#[test]
fn the_event_is_read_from_all_ways_to_give_it() {
    assert_eq!(
        event(&[("sentry", None, br#"{"release":"a@1","tags":{"x":"1"}}"#)]),
        json!({
            "release": "a@1", "tags": { "x": "1" }
        })
    );
    // In pieces, whose order in the body does not matter, and single values over it.
    assert_eq!(
        event(&[
            ("sentry__10", None, br#""}}"#),
            ("sentry__2", None, br#"s":{"x":"1"#),
            ("sentry__1", None, br#"{"tag"#),
            ("sentry[tags][y]", None, b"2"),
            ("sentry[release]", None, b"a@1"),
        ]),
        json!({ "release": "a@1", "tags": { "x": "1", "y": "2" } })
    );
    assert_eq!(
        event(&[
            ("sentry___initialScope", None, br#"{"user":{"id":"7"},"tags":{"a":"1"}}"#),
            ("sentry", None, br#"{"tags":{"b":"2"}}"#)
        ]),
        json!({ "user": { "id": "7" }, "tags": { "a": "1", "b": "2" } })
    );
    // What is no JSON is kept to be looked at.
    assert_eq!(
        event(&[("sentry", None, b"{oops"), ("sentry__1", None, b"[")]),
        json!({
            "extra": { "sentry": "{oops" }
        })
    );
}

#[test]
fn annotations_are_extra_and_may_name_the_release() {
    assert_eq!(
        event(&[
            ("_productName", None, b"App"),
            ("_version", None, b"1.2"),
            ("ver", None, b"42"),
            ("prod", None, b"Electron")
        ]),
        json!({
            "release": "App@1.2",
            "extra": { "_productName": "App", "_version": "1.2", "ver": "42", "prod": "Electron" }
        })
    );
    let given = event(&[("sentry[release]", None, b"mine"), ("prod", None, b"App"), ("ver", None, b"1")]);
    assert_eq!(given.get("release"), Some(&json!("mine")));
}

#[test]
fn what_sentry_native_wrote_is_merged_and_other_files_are_kept() {
    let id = "0123456789abcdef0123456789abcdef";
    let native = [b"\x82\xa8event_id\xd9\x20", id.as_bytes(), b"\xa7release\xa3a@1"].concat();
    let crumb = |time: &str| {
        let length = u8::try_from(time.len()).unwrap();
        [b"\x81\xa9timestamp", &[0xa0 | length][..], time.as_bytes()].concat()
    };
    let upload = with_dump(&[
        ("__sentry-event", Some("__sentry-event"), &native),
        (
            "__sentry-breadcrumb1",
            Some("__sentry-breadcrumb1"),
            &[crumb("03"), crumb("04"), b"\x81".to_vec()].concat(),
        ),
        ("__sentry-breadcrumb2", Some("__sentry-breadcrumb2"), &crumb("02")),
        ("sentry[release]", None, b"a@2"),
        ("view-hierarchy.json", Some("view-hierarchy.json"), b"{}"),
        ("log", Some("../app.log"), b"text"),
        ("unused", Some(""), b""),
    ]);
    assert_eq!(upload.event_id().unwrap().to_string(), id);
    assert_eq!(upload.event.get("release"), Some(&json!("a@2")));
    assert_eq!(upload.event.get("breadcrumbs"), Some(&json!([{ "timestamp": "03" }, { "timestamp": "04" }])));
    assert_eq!(
        files(&upload),
        [
            ("a.dmp", Some("event.minidump"), DUMP.as_bytes()),
            ("view-hierarchy.json", Some("event.view_hierarchy"), b"{}"),
            ("app.log", None, b"text"),
        ]
    );
    let broken = with_dump(&[("__sentry-event", Some("__sentry-event"), b"\xc1")]);
    assert_eq!(files(&broken).last(), Some(&("__sentry-event", None, &b"\xc1"[..])));
}

#[test]
fn the_items_are_the_event_with_its_id_and_the_files() {
    let id = EventId(uuid::Uuid::from_u128(7));
    let items = with_dump(&[]).into_items(id);
    assert_eq!(items.iter().map(|item| item.ty.as_str()).collect::<Vec<_>>(), ["event", "attachment"]);
    let event: Value = serde_json::from_slice(&items[0].payload).unwrap();
    assert_eq!(event, json!({ "event_id": id.to_string(), "platform": "native", "level": "fatal" }));
}

#[test]
fn what_is_no_minidump_is_refused_with_what_it_is() {
    let problem = |upload: Result<Upload, WireError>| {
        let error = upload.unwrap_err();
        assert!(!error.is_too_large);
        error.to_string()
    };
    insta::assert_snapshot!(problem(read_raw(b"\x89PNG\r\n")),
        @r#"minidump upload: upload_file_minidump is no minidump: its 6 bytes begin with "\x89PNG\r\n", not with MDMP"#);
    insta::assert_snapshot!(problem(read(&[("prod", None, b"App"), ("log", Some("a.log"), b"text")])),
        @"minidump upload: no file upload_file_minidump in it, only prod, log");
    insta::assert_snapshot!(problem(read_raw(b"BZh9")),
        @"minidump upload: upload_file_minidump: body is not valid bzip2");
    insta::assert_snapshot!(problem(read_raw(b"\x1f\x8bnonsense")),
        @"minidump upload: upload_file_minidump: body is not valid gzip");
    let small = InflateLimits { inflated_bytes: 1000, ..InflateLimits::default() };
    let large = gzip(&[b"MDMP", &[0; 2000][..]].concat());
    insta::assert_snapshot!(problem(Upload::read(&large.into(), "", &small)),
        @"minidump upload: upload_file_minidump: body inflates to more than 1000 bytes");
}

#[test]
fn too_many_files_are_too_large() {
    let file: Sent<'_> = ("upload_file_minidump", Some("f"), DUMP.as_bytes());
    assert!(read(&vec![file; limits::UPLOAD_FILES + 1]).unwrap_err().is_too_large);
    assert!(read(&vec![file; limits::UPLOAD_FILES]).is_ok());
}
