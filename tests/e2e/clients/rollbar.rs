//! Rollbar's clients, their endpoint set to the server.

use serde_json::{Value, json};

use super::{only_sight, sights};
use crate::harness::{Client, TestServer, run_client, text};

#[tokio::test(flavor = "multi_thread")]
async fn node() {
    let server = TestServer::start().await;
    let id = tell(&server, Client::Node("rollbar.mjs"), "/api/1/item/").await;
    let mut seen = sights(&server).await;
    let titles: Vec<_> = seen.iter().map(|sight| text(&sight["title"]).to_owned()).collect();
    let title = "TypeError: Cannot read properties of undefined (reading 'price')";
    assert_eq!(titles, ["RangeError: the till is empty", title]);
    assert_eq!((&seen[0]["handled"], &seen[0]["level"]), (&json!(false), &json!("error")));
    let caught = &mut seen[1];
    let culprit = text(&caught["culprit"]);
    assert!(culprit.ends_with("/rollbar.mjs in charge"), "{culprit}");
    caught["culprit"] = Value::Null;
    assert_eq!(*caught, error());
    kept(&server, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    let server = TestServer::start().await;
    let id = tell(&server, Client::Python("python_rollbar.py", &["rollbar"]), "/api/1/").await;
    let mut seen = only_sight(&server).await;
    let culprit = text(&seen["culprit"]);
    assert!(culprit.ends_with("/python_rollbar.py in charge"), "{culprit}");
    seen["culprit"] = Value::Null;
    let mut expected = error();
    expected["title"] = "ZeroDivisionError: division by zero".into();
    expected["exceptions"] = json!(["ZeroDivisionError"]);
    expected["handled"] = Value::Null;
    expected["crumb"] = Value::Null;
    expected["sdk"] = "pyrollbar".into();
    assert_eq!(seen, expected);
    kept(&server, &id).await;
}

/// Reports an error; the id that the client knows it by.
async fn tell(server: &TestServer, client: Client, endpoint: &str) -> String {
    let endpoint = format!("{}{endpoint}", server.bootstrap.url);
    let (_, printed) = run_client(client, &[&endpoint, server.bootstrap.key()]).await;
    printed.trim().replace('-', "")
}

/// The event is found by the id that its client knows, with its custom data.
async fn kept(server: &TestServer, id: &str) {
    let event = server.api.get(&format!("{}/events/{id}/", server.api.project)).await;
    assert_eq!(event["context"]["flavour"], "salty", "{event:#}");
}

fn error() -> Value {
    json!({
        "title": "TypeError: Cannot read properties of undefined (reading 'price')",
        "culprit": null,
        "level": "warning",
        "exceptions": ["TypeError"],
        "handled": true,
        "function": "charge",
        "release": "1.2.3",
        "environment": "e2e",
        "flavour": null,
        "user": ["user-7", "ada@example.com"],
        "crumb": "two items in the cart",
        "sdk": "node_rollbar",
        "notes": [],
    })
}
