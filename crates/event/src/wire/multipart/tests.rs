use proptest::prelude::*;

use super::*;

const TYPE: &str = "multipart/form-data; boundary=XX";

fn parts(body: &str) -> Vec<Part> {
    read(&Bytes::copy_from_slice(body.as_bytes()), TYPE).unwrap().unwrap()
}

/// Name, file name, content.
fn told(part: &Part) -> (String, Option<String>, String) {
    (part.name.clone(), part.filename.clone(), String::from_utf8(part.content.to_vec()).unwrap())
}

fn problem(body: &str) -> String {
    read(&Bytes::copy_from_slice(body.as_bytes()), TYPE).unwrap_err().to_string()
}

fn field(name: &str, content: &str) -> (String, Option<String>, String) {
    (name.to_owned(), None, content.to_owned())
}

const CURL: &str = "--XX\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\nMy App\r\n\
     --XX\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp\"\r\n\
     Content-Type: application/octet-stream\r\n\r\nMDMP\r\n\n--XY--XX\r\n\r\n--XX--\r\n";

#[test]
fn fields_and_files_are_read() {
    let parts = parts(CURL);
    assert_eq!(
        parts.iter().map(told).collect::<Vec<_>>(),
        [
            field("prod", "My App"),
            (
                "upload_file_minidump".to_owned(),
                Some("a.dmp".to_owned()),
                "MDMP\r\n\n--XY--XX\r\n".to_owned()
            ),
        ]
    );
    assert_eq!(parts[1].content_type.as_deref(), Some("application/octet-stream"));
}

#[test]
fn what_the_rfc_forbids_is_read_too() {
    let wanted = [field("a", "1"), field("b", "2")];
    for body in [
        // Bare newlines.
        "--XX\nContent-Disposition: form-data; name=a\n\n1\n--XX\nContent-Disposition: form-data; name=b\n\n2\n--XX--\n",
        // A preamble, blanks after a boundary, an epilogue.
        "hello\r\n--XX \t\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--XX\r\ncontent-disposition:form-data;name=b\r\n\r\n2\r\n--XX-- x",
        // No end.
        "--XX\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--XX\r\ncontent-disposition:form-data;name=b\r\n\r\n2",
        "--XX\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--XX\r\ncontent-disposition:form-data;name=b\r\n\r\n2\r\n--XX\r\n",
        // Another boundary than the header's.
        "--YY\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--YY\r\ncontent-disposition:form-data;name=b\r\n\r\n2\r\n--YY--",
    ] {
        assert_eq!(parts(body).iter().map(told).collect::<Vec<_>>(), wanted, "{body}");
    }
}

#[test]
fn a_part_may_be_empty() {
    let body = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--XX\r\n\r\n--XX--";
    assert_eq!(parts(body).iter().map(told).collect::<Vec<_>>(), [field("a", ""), field("", "")]);
}

#[test]
fn the_boundary_is_found_quoted_or_not() {
    for (content_type, boundary) in [
        ("multipart/form-data; boundary=XX", Some("XX")),
        ("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"a b;c=d\"", Some("a b;c=d")),
        ("multipart/form-data; boundary=----WebKit+/=; x", Some("----WebKit+/=")),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("text/plain; boundary=XX", None),
    ] {
        assert_eq!(boundary_of(content_type).as_deref(), boundary.map(str::as_bytes), "{content_type}");
    }
}

#[test]
fn file_names_have_no_folders() {
    for (sent, name) in [
        ("filename=\"a.dmp\"", "a.dmp"),
        ("filename=\"C:\\dumps\\a.dmp\"", "a.dmp"),
        ("filename=\"../../etc/passwd\"", "passwd"),
        ("filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt"),
        ("filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ("filename=\"\"", ""),
    ] {
        let body = format!("--XX\r\nContent-Disposition: form-data; name=\"f\"; {sent}\r\n\r\n\r\n--XX--");
        assert_eq!(parts(&body)[0].filename.as_deref(), Some(name), "{sent}");
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    insta::assert_snapshot!(problem(""), @"multipart body: its boundary is not in it");
    insta::assert_snapshot!(problem("--XX--\r\n"), @"multipart body: no part in it");
    insta::assert_snapshot!(problem("--XX\r\nContent-Disposition: form-data"),
        @"multipart body: part 1 at byte 6: its headers do not end");
    let long = format!("--XX\r\nx: {}\r\n\r\n", "x".repeat(limits::PART_HEADER_BYTES));
    insta::assert_snapshot!(problem(&long), @"multipart body: part 1: headers are longer than 8192 bytes");
    let many = "--XX\r\n\r\n\r\n".repeat(limits::MULTIPART_PARTS + 2);
    insta::assert_snapshot!(problem(&many), @"multipart body: more than 1000 parts");
    assert_eq!(read(&Bytes::from_static(b"MDMP"), "application/octet-stream"), Ok(None));
}

/// The body as a client would write it.
fn written(parts: &[Part], boundary: &str) -> Bytes {
    let mut body = Vec::new();
    for part in parts {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name))
                .bytes(),
        );
        if let Some(filename) = &part.filename {
            body.extend(format!("; filename=\"{}\"", quoted(filename)).bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend_from_slice(&part.content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    body.into()
}

fn any_part() -> impl Strategy<Value = Part> {
    let filename = proptest::option::of("[^\\x00-\\x1f/\\\\]{0,8}");
    let content = proptest::collection::vec(any::<u8>(), 0..60).prop_map(Bytes::from);
    ("[^\\x00-\\x1f]{0,8}", filename, content).prop_map(|(name, filename, content)| Part {
        name,
        filename,
        content_type: None,
        content,
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(parts in proptest::collection::vec(any_part(), 1..6)) {
        let body = written(&parts, "a-boundary-that-is-in-no-part");
        let content_type = "multipart/form-data; boundary=a-boundary-that-is-in-no-part";
        prop_assert_eq!(read(&body, content_type).unwrap().unwrap(), parts);
    }
}
