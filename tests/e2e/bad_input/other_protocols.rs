//! Minidumps, files apart from their event, and Bugsnag's reports that cannot be read.

use super::refusal::{Refusal, Refuser};

const fn malformed(detail: &'static str, reason: &'static str) -> Refusal {
    Refusal { status: 400, detail, reason }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_uploads_are_refused() {
    let refuser = Refuser::start().await;
    let key = refuser.server.bootstrap.key().to_owned();
    let project = refuser.server.bootstrap.project_id.clone();
    let to = |end: &str| refuser.post(&format!("/api/{project}/{end}?sentry_key={key}"));
    let cases = [
        ("no dump", to("minidump/"), malformed("body is empty", "body_empty")),
        (
            "no minidump",
            to("minidump/").body("nonsense"),
            malformed("its 8 bytes begin with \"nonsense\", not with MDMP", "wire_format"),
        ),
        (
            "a form cut off",
            to("minidump/").header("content-type", "multipart/form-data; boundary=b").body("--b\r\n"),
            malformed("multipart body: no part in it", "wire_format"),
        ),
        (
            "a form without a file",
            to("events/0123456789abcdef0123456789abcdef/attachments/")
                .header("content-type", "multipart/form-data; boundary=b")
                .body("--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"),
            malformed("no file in it: a file is a part with a filename", "multipart"),
        ),
        (
            "an event that is none",
            to("events/7/attachments/")
                .header("content-type", "multipart/form-data; boundary=b")
                .body("--b--\r\n"),
            malformed("event id in the path: \"7\" is not an event id", "wire_format"),
        ),
    ];
    for (what, request, expected) in cases {
        refuser.refuses(what, request, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_bugsnag_reports_are_refused() {
    let refuser = Refuser::start().await;
    let to = |path: &str| refuser.post(path).header("bugsnag-api-key", refuser.server.bootstrap.key());
    let cases = [
        (
            "no JSON",
            to("/notify").body("nonsense"),
            malformed("Bugsnag payload: expected ident at line 1 column 2", "wire_format"),
        ),
        (
            "no events",
            to("/notify").body("{}"),
            malformed("Bugsnag payload: \"events\" is missing", "wire_format"),
        ),
        (
            "no sessions",
            to("/sessions").body("{}"),
            malformed("both \"sessions\" and \"sessionCounts\" are missing", "wire_format"),
        ),
    ];
    for (what, request, expected) in cases {
        refuser.refuses(what, request, expected).await;
    }
}
