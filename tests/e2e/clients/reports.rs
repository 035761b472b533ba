//! mayday's own protocol, by the example client.

use serde_json::{Value, json};

use super::{attachments, sessions, sights};
use crate::harness::{Client, TestServer, run_client, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_taken_whole_and_each_report_is_found() {
    let server = TestServer::start().await;
    let arguments = [server.bootstrap.url.as_str(), server.bootstrap.key()];
    let (status, printed) = run_client(Client::Rust("rust-reporter"), &arguments).await;
    assert_eq!(status, Some(0));
    let answer: Value = serde_json::from_str(&printed).expect("JSON");
    let ids: Vec<&str> = answer["ids"].as_array().expect("ids").iter().map(text).collect();
    let [crash, session, error, ""] = ids[..] else { panic!("four reports, the last a file: {ids:?}") };
    assert_eq!((answer["limited"].clone(), session.len()), (json!([]), 32));

    let seen = sights(&server).await;
    assert_eq!(seen, [expected_crash(), expected_error()]);
    for (id, title) in
        [(crash, "IllegalStateException: the cart is empty"), (error, "the shop's answer has no prices")]
    {
        let event = server.api.get(&format!("{}/events/{id}/", server.api.project)).await;
        assert_eq!(event["title"], title);
        assert_eq!(event["contexts"]["device"]["model"], "Pixel 9", "{event:#}");
    }
    let files = attachments(&server).await;
    let [(file, content)] = &files[..] else { panic!("one file: {files:?}") };
    assert_eq!((text(&file["event_id"]), text(&file["name"])), (crash, "log.txt"));
    assert_eq!(content, b"the last words\n");
    let sessions = sessions(&server).await;
    assert_eq!(sessions["releases"][0]["release"], "com.example.shop@3.1.0+310", "{sessions:#}");
    assert_eq!((&sessions["totals"]["sessions"], &sessions["totals"]["crashed"]), (&json!(1), &json!(1)));
}

fn expected_crash() -> Value {
    json!({
        "title": "IllegalStateException: the cart is empty",
        "culprit": "com.example.shop.Checkout in charge",
        "level": "fatal",
        "exceptions": ["IllegalStateException"],
        "handled": false,
        "function": "charge",
        "release": "com.example.shop@3.1.0+310",
        "environment": "production",
        "flavour": "salty",
        "user": ["user-7", null],
        "crumb": "two items in the cart",
        "sdk": "example.rust",
        "notes": [],
    })
}

fn expected_error() -> Value {
    json!({
        "title": "the shop's answer has no prices",
        "culprit": null,
        "level": "warning",
        "exceptions": [],
        "handled": null,
        "function": null,
        "release": "com.example.shop@3.1.0+310",
        "environment": "production",
        "flavour": "salty",
        "user": ["user-7", null],
        "crumb": null,
        "sdk": "example.rust",
        "notes": [],
    })
}
