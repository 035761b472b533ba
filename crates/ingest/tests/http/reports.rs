//! mayday's own batches at the door.

use actix_web::http::StatusCode;
use mayday_catalog::{keys::RateLimit, projects::DsnKeyChange};
use mayday_event::{
    Category, Outcome,
    entry::Entry,
    limits,
    wire::reports::proto::{
        App, Attachment, Context, Crash, Exception, Report, ReportBatch, ReportBatchResponse, Session,
        attachment, report::What,
    },
};
use prost::Message;
use serde_json::{Value, json};

use crate::{Server, bugsnag::entries, gzip, no_change, otlp::post};

const PROTOBUF: (&str, &str) = ("Accept", "application/x-protobuf");

fn report(id: u8, what: What) -> Report {
    Report { id: vec![id; 16].into(), timestamp_ms: 1_795_492_790_000, what: Some(what), details: None }
}

fn crash(ty: &str) -> What {
    let exceptions = vec![Exception { r#type: ty.to_owned(), ..Exception::default() }];
    What::Crash(Crash { exceptions, ..Crash::default() })
}

fn file(event: u8) -> What {
    What::Attachment(Attachment {
        event_id: vec![event; 16].into(),
        name: "log.txt".to_owned(),
        kind: attachment::Kind::File.into(),
        content: b"text".to_vec().into(),
        ..Attachment::default()
    })
}

fn batch(reports: Vec<Report>) -> Vec<u8> {
    let app = App { id: "shop".to_owned(), version: "3".to_owned(), ..App::default() };
    let context = Some(Context { app: Some(app), ..Context::default() });
    ReportBatch { context, reports, sent_at_ms: 1_795_492_800_000 }.encode_to_vec()
}

#[actix_web::test]
async fn a_batch_is_kept_as_one_record_and_answered_with_its_ids() {
    let server = Server::new().await;
    let key = ("X-Mayday-Key", server.key.as_str());
    let session = What::Session(Session { init: true, ..Session::default() });
    let body = gzip(&batch(vec![
        report(1, crash("A")),
        report(2, crash("B")),
        report(3, session),
        Report { id: Vec::new().into(), ..report(0, file(2)) },
    ]));
    let headers = [key, PROTOBUF, ("Content-Encoding", "gzip")];
    let (status, content_type, answer) = post(&server, "/v1/reports", &headers, &body).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::OK, "application/x-protobuf"));
    let answer = ReportBatchResponse::decode(&*answer).unwrap();
    let ids: Vec<&[u8]> = answer.ids.iter().map(|id| &**id).collect();
    assert_eq!(ids, [&[1; 16][..], &[2; 16], &[3; 16], &[]]);
    assert_eq!(server.journalled().await.len(), 1);
    let entries = entries(&server).await;
    let [Entry::Event(first), Entry::Event(second), Entry::Sessions(_), Entry::Attachment(file)] =
        entries.as_slice()
    else {
        panic!("{entries:?}")
    };
    assert_eq!(first.exception[0].ty.as_deref(), Some("A"));
    assert_eq!((second.release.as_deref(), file.event_id), (Some("shop@3"), second.event_id));
    assert!(server.reasons().await.is_empty());
    let (_, content_type, answer) =
        post(&server, "/v1/reports/", &[key], &batch(vec![report(1, crash("A"))])).await;
    assert_eq!(content_type, "application/json");
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(
        answer,
        json!({ "ids": ["01010101010101010101010101010101"], "limited": [], "retryAfterS": 0 })
    );
}

#[actix_web::test]
async fn one_bad_report_refuses_the_batch() {
    let server = Server::new().await;
    let key = ("X-Mayday-Key", server.key.as_str());
    let bad = batch(vec![report(1, crash("A")), Report { what: None, ..report(2, crash("B")) }]);
    let (status, _, answer) = post(&server, "/v1/reports", &[key, PROTOBUF], &bad).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(answer["detail"].as_str().unwrap().starts_with("report batch: reports[1]: it is neither crash"));
    let large = What::Attachment(Attachment {
        content: vec![0; limits::TRANSLATED_BODY_BYTES].into(),
        event_id: vec![1; 16].into(),
        ..Attachment::default()
    });
    let large = gzip(&batch(vec![report(1, large)]));
    let headers = [key, ("Content-Encoding", "gzip")];
    assert_eq!(post(&server, "/v1/reports", &headers, &large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post(&server, "/v1/reports", &[key], b"").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(post(&server, "/v1/reports", &[], &bad).await.0, StatusCode::UNAUTHORIZED);
    assert!(server.journalled().await.is_empty());
    let reasons = server.reasons().await;
    let of = |reason: &str| {
        reasons.iter().any(|(_, outcome, found)| *outcome == Outcome::Invalid && found == reason)
    };
    for reason in ["wire_format", "body_empty", "no_key"] {
        assert!(of(reason), "{reason} is missing in {reasons:?}");
    }
}

#[actix_web::test]
async fn what_a_limit_leaves_out_is_told() {
    let server = Server::new().await;
    let key = ("X-Mayday-Key", server.key.as_str());
    let rate_limit = Some(Some(RateLimit { count: 1, window_seconds: 60 }));
    server.change_key(DsnKeyChange { rate_limit, ..no_change() }).await;
    let body = batch(vec![report(1, crash("A"))]);
    assert_eq!(post(&server, "/v1/reports", &[key], &body).await.0, StatusCode::OK);
    let session = What::Session(Session::default());
    let mixed = batch(vec![report(2, crash("A")), report(3, session)]);
    let (status, _, answer) = post(&server, "/v1/reports", &[key, PROTOBUF], &mixed).await;
    assert_eq!(status, StatusCode::OK);
    let answer = ReportBatchResponse::decode(&*answer).unwrap();
    assert_eq!((answer.limited, answer.retry_after_s), (vec![Category::Error.name().to_owned()], 60));
    let (status, ..) = post(&server, "/v1/reports", &[key], &body).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}
