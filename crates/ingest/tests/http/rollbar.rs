//! Rollbar's SDKs at the door.

use actix_web::http::StatusCode;
use mayday_catalog::{keys::RateLimit, projects::DsnKeyChange};
use mayday_event::{Category, Outcome, entry::Entry};
use serde_json::{Value, json};

use crate::{Server, bugsnag::entries, gzip, no_change};

const CRASH: &str = include_str!("../../../event/tests/data/rollbar_node_crash.json");

fn with_token(token: &str) -> String {
    let mut body: Value = serde_json::from_str(CRASH).unwrap();
    body["access_token"] = token.into();
    body.to_string()
}

#[actix_web::test]
async fn an_item_is_kept_as_an_event_and_answered_as_rollbar_does() {
    let server = Server::new().await;
    let token = [("X-Rollbar-Access-Token", server.key.as_str())];
    let sent: Value = serde_json::from_str(CRASH).unwrap();
    let id = sent["data"]["uuid"].as_str().unwrap().replace('-', "");
    for path in ["/api/1/item/", "/api/1/item"] {
        let answer = server.send_to(path, &token, CRASH).await;
        let expected = json!({ "err": 0, "result": { "id": null, "uuid": id } });
        assert_eq!((answer.status, answer.body), (StatusCode::OK, expected));
        assert_eq!(answer.headers.get("access-control-allow-origin").unwrap(), "*");
    }
    let [Entry::Event(event), Entry::Event(again)] = <[Entry; 2]>::try_from(entries(&server).await).unwrap()
    else {
        panic!("an event, twice");
    };
    assert_eq!((event.exception[0].value.as_deref(), event.is_crash()), (Some("uncaught"), true));
    // Sent twice, counted once: the worker knows an event by its id.
    assert_eq!((event.event_id.to_string(), event.event_id), (id, again.event_id));
}

#[actix_web::test]
async fn the_token_may_come_in_the_body() {
    let server = Server::new().await;
    let body = with_token(&server.key);
    assert_eq!(server.send_to("/api/1/item/", &[], body.clone()).await.status, StatusCode::OK);
    let zipped = gzip(body.as_bytes());
    let answer = server.send_to("/api/1/item/", &[("Content-Encoding", "gzip")], zipped).await;
    assert_eq!(answer.status, StatusCode::OK);
    let nobody = with_token("0123456789abcdef0123456789abcdef");
    for body in [CRASH.to_owned(), nobody, "nonsense".to_owned()] {
        let answer = server.send_to("/api/1/item/", &[], body).await;
        assert_eq!((answer.status, &answer.body["err"]), (StatusCode::UNAUTHORIZED, &json!(1)));
        assert!(answer.body["message"].as_str().unwrap().contains("key"), "{}", answer.body);
    }
}

#[actix_web::test]
async fn what_is_no_item_is_refused_counted_and_explained() {
    let server = Server::new().await;
    let token = [("X-Rollbar-Access-Token", server.key.as_str())];
    let answer = server.send_to("/api/1/item/", &token, "{\"data\":5}").await;
    let expected = json!({ "err": 1, "message": "Rollbar item: data 0: not an object" });
    assert_eq!((answer.status, answer.body), (StatusCode::BAD_REQUEST, expected));
    assert_eq!(server.reasons().await, [(Category::Error, Outcome::Invalid, "wire_format".to_owned())]);
}

#[actix_web::test]
async fn a_limit_is_told_in_the_headers_that_rollbar_s_sdks_read() {
    let server = Server::new().await;
    let rate_limit = Some(Some(RateLimit { count: 1, window_seconds: 60 }));
    server.change_key(DsnKeyChange { rate_limit, ..no_change() }).await;
    let token = [("X-Rollbar-Access-Token", server.key.as_str())];
    assert_eq!(server.send_to("/api/1/item/", &token, CRASH).await.status, StatusCode::OK);
    let answer = server.send_to("/api/1/item/", &token, CRASH).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("x-rate-limit-remaining"), "0");
    assert_eq!(header("x-rate-limit-remaining-seconds"), header("retry-after"));
    assert!(answer.body["message"].as_str().unwrap().contains("rate limit"), "{}", answer.body);
}
