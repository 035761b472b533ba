//! One user's data, deleted by one call of the API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{attachments, outcomes};
use crate::harness::{SETTLE, TestServer, crash, envelope_of, new_event_id, text};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_user_goes_and_what_others_sent_stays() {
    let server = TestServer::start().await;
    let [ada, ada_too, bo] = [(); 3].map(|()| new_event_id());
    for (id, user) in [(&ada, "ada"), (&ada_too, "ada"), (&bo, "bo")] {
        report(&server, id, user).await;
    }
    server.settle(SETTLE).await;
    assert_eq!((attachments(&server).await.len(), said(&server).await.len()), (3, 3));

    let ada_s = format!("{}/users/id:ada/", server.api.project);
    let deleted = server.api.send(Method::DELETE, &ada_s, None).await;
    assert_eq!(deleted.status(), StatusCode::OK);
    let deleted: Value = deleted.json().await.expect("JSON");
    let expected = json!({ "user": "id:ada", "events": 2, "userFeedback": 2, "attachments": 2 });
    assert_eq!(deleted, expected);

    let events = server.api.all(&format!("{}/events/", server.api.project)).await;
    assert_eq!(events.iter().map(|event| text(&event["eventID"])).collect::<Vec<_>>(), [bo.as_str()]);
    let gone = server.api.send(Method::GET, &format!("{}/events/{ada}/", server.api.project), None).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let files = attachments(&server).await;
    assert_eq!(files.iter().map(|(file, _)| text(&file["event_id"])).collect::<Vec<_>>(), [bo.as_str()]);
    assert_eq!(
        said(&server).await.iter().map(|said| text(&said["eventID"])).collect::<Vec<_>>(),
        [bo.as_str()]
    );
    // What was counted stays counted.
    assert_eq!(outcomes(&server, "error", "accepted").await, 3);
    let again = server.api.send(Method::DELETE, &ada_s, None).await.json::<Value>().await.expect("JSON");
    assert_eq!(again["events"], 0, "{again:#}");
}

/// A crash with a file, and what the user said of it.
async fn report(server: &TestServer, id: &str, user: &str) {
    let mut event = crash(id, "Checkout");
    event["user"] = json!({ "id": user });
    let header = json!({ "event_id": id });
    let item = |headers: Value, payload: &[u8]| {
        let mut headers = headers;
        headers["length"] = payload.len().into();
        [format!("{headers}\n").as_bytes(), payload, b"\n"].concat()
    };
    let file =
        item(json!({ "type": "attachment", "filename": "log.txt" }), format!("log of {user}").as_bytes());
    let comments =
        json!({ "event_id": id, "name": user, "email": "", "comments": format!("it broke, says {user}") });
    let said = item(json!({ "type": "user_report" }), comments.to_string().as_bytes());
    let envelope = [envelope_of(&header, "event", event.to_string().as_bytes()), file, said].concat();
    server.accept(envelope).await;
}

async fn said(server: &TestServer) -> Vec<Value> {
    server.api.all(&format!("{}/user-feedback/", server.api.project)).await
}
