//! Files that are sent apart from their event.

use actix_web::http::StatusCode;
use mayday_event::{Category, Outcome, entry::Entry};
use serde_json::json;

use crate::{
    ID, Server,
    bugsnag::entries,
    minidump::{FORM, form},
};

#[actix_web::test]
async fn each_file_of_a_form_is_an_attachment_of_the_event() {
    let server = Server::new().await;
    let auth = server.auth();
    let headers = [FORM, ("X-Sentry-Auth", auth.as_str())];
    let body = form(&[
        ("a", Some("C:\\logs\\app.log"), b"text"),
        ("view-hierarchy.json", Some("view-hierarchy.json"), b"{}"),
        ("comment", None, b"a field, no file"),
    ]);
    for path in [
        format!("events/{ID}/attachments/"),
        "events/01234567-89ab-cdef-0123-456789abcdef/attachments".into(),
    ] {
        let answer = server.send(&path, &headers, body.clone()).await;
        assert_eq!((answer.status, answer.body), (StatusCode::CREATED, json!({})));
    }
    let entries = entries(&server).await;
    let [Entry::Attachment(log), Entry::Attachment(views), Entry::NotStored { quantity: 1, .. }, ..] =
        entries.as_slice()
    else {
        panic!("{entries:?}")
    };
    assert_eq!(
        (log.name.as_str(), log.content_type.as_str(), &log.content[..]),
        ("app.log", "text/plain", &b"text"[..])
    );
    assert_eq!(views.attachment_type, "event.view_hierarchy");
    assert_eq!((log.event_id.to_string().as_str(), entries.len()), (ID, 6));
    assert!(server.reasons().await.is_empty());
}

#[actix_web::test]
async fn what_holds_no_file_is_refused_counted_and_explained() {
    let server = Server::new().await;
    let auth = server.auth();
    let key = ("X-Sentry-Auth", auth.as_str());
    let file = form(&[("a", Some("a"), b"x")]);
    let cases = [
        (ID, vec![key, FORM], form(&[("a", None, b"x")]), 400, "no file in it"),
        (ID, vec![key], b"text".to_vec(), 400, "send the files as multipart/form-data"),
        (ID, vec![key, FORM], Vec::new(), 400, "body is empty"),
        ("last", vec![key, FORM], file.clone(), 400, "an event id (32 hexadecimal digits"),
        (ID, vec![FORM], file, 401, "no DSN key"),
    ];
    for (id, headers, body, status, text) in cases {
        let answer = server.send(&format!("events/{id}/attachments/"), &headers, body).await;
        let detail = answer.body["detail"].as_str().unwrap();
        assert_eq!(answer.status.as_u16(), status, "{detail}");
        assert!(detail.contains(text), "{detail}");
    }
    assert!(server.journalled().await.is_empty());
    let reasons = server.reasons().await;
    assert!(
        reasons.contains(&(Category::Attachment, Outcome::Invalid, "multipart".to_owned())),
        "{reasons:?}"
    );
}
