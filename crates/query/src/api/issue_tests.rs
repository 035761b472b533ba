//! What people do with issues, over HTTP and stored events: merging and parting, discarding, notes, suspects.

use actix_web::http::{Method, StatusCode};
use mayday_event::{EventId, GroupHash, IssueId};
use mayday_store::rows::EventRow;
use serde_json::{Value, json};

use crate::fixture::{Server, now};

const ISSUES: &str = "/projects/mayday/app/issues/";
const TOMBSTONES: &str = "/projects/mayday/app/tombstones/";

/// A token of the administrator's that may do no more than this.
async fn token(server: &Server, scopes: &[&str]) -> String {
    let (organization, admin) = (server.project.organization_id, 1);
    server.query.catalog.create_api_token(organization, admin, "some", scopes).await.unwrap().secret
}

async fn get(server: &Server, path: &str) -> Value {
    let reply = server.api(Method::GET, path, None).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    reply.json()
}

/// Issues of the list with their events, by id.
async fn counts(server: &Server) -> Vec<(String, String)> {
    let rows = get(server, &format!("{ISSUES}?query=")).await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let mut counts: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (text(row, "id"), text(row, "count"))).collect();
    counts.sort();
    counts
}

fn counted(issues: &[(IssueId, u32)]) -> Vec<(String, String)> {
    issues.iter().map(|(id, events)| (id.to_string(), events.to_string())).collect()
}

fn kinds(activities: &Value) -> Vec<&str> {
    activities["activity"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn merged_issues_count_together_and_part_again() {
    let server = Server::with_engine().await;
    let small = server.event(&server.row(1, 11)).await;
    let large = server.event(&server.row(2, 12)).await;
    server.event(&server.row(3, 12)).await;
    let other = server.event(&server.row(4, 13)).await;
    let both = format!("{ISSUES}?id={small}&id={large}");

    let reader = token(&server, &["event:read"]).await;
    let refused = server.api_as(&reader, Method::PUT, &both, Some(json!({ "merge": 1 }))).await;
    assert_eq!(
        (refused.status, refused.detail().as_str()),
        (StatusCode::FORBIDDEN, "this token lacks the scope event:write")
    );
    for (path, body, reason) in [
        (format!("{ISSUES}?id={small}"), json!({ "merge": 1 }), "at least two"),
        (format!("{ISSUES}?query=Boom"), json!({ "merge": 1 }), "given by id"),
        (both.clone(), json!({ "merge": "yes" }), "is not 1 or true"),
        (both.clone(), json!({ "merge": true, "status": "resolved" }), "each goes alone"),
        (format!("/issues/{small}/"), json!({ "merge": 1 }), "takes several issues"),
    ] {
        let refused = server.api(Method::PUT, &path, Some(body)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(refused.detail().contains(reason), "{}", refused.body);
    }
    assert_eq!(counts(&server).await, counted(&[(small, 1), (large, 2), (other, 1)]));

    let merged = server.api(Method::PUT, &both, Some(json!({ "merge": 1 }))).await.json();
    let expected = json!({ "merge": { "parent": large.to_string(), "children": [small.to_string()] } });
    assert_eq!(merged, expected, "the one with more events stays");
    assert_eq!(counts(&server).await, counted(&[(large, 3), (other, 1)]));
    let led = get(&server, &format!("/issues/{small}/")).await;
    assert_eq!((&led["id"], &led["count"]), (&json!(large.to_string()), &json!("3")), "old links lead on");

    let hashes = get(&server, &format!("/issues/{large}/hashes/")).await;
    let found: Vec<_> = hashes
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), &one["latestEvent"]["eventID"]))
        .collect();
    let event = |number: u128| json!(EventId(uuid::Uuid::from_u128(number)).to_string());
    let (of_small, of_large) = (GroupHash(11).to_string(), GroupHash(12).to_string());
    assert_eq!(found.len(), 2);
    assert!(found.contains(&(&of_small, &event(1))), "{found:?}");

    let part = |ids: &str| format!("/issues/{large}/hashes/?{ids}");
    for (ids, reason) in [
        (String::new(), "is missing"),
        ("id=xyz".to_owned(), "is no fingerprint"),
        (format!("id={}", GroupHash(13)), "no fingerprint of this issue"),
        (format!("id={of_small}&id={of_large}"), "keeps at least one"),
    ] {
        let refused = server.api(Method::DELETE, &part(&ids), None).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{ids}");
        assert!(refused.detail().contains(reason), "{}", refused.body);
    }
    let parted = server.api(Method::DELETE, &part(&format!("id={of_small}")), None).await;
    assert_eq!(parted.status, StatusCode::ACCEPTED, "{}", parted.body);
    assert_eq!(parted.json(), json!({ "issues": [small.to_string()] }), "it is the issue it was");
    assert_eq!(counts(&server).await, counted(&[(small, 1), (large, 2), (other, 1)]));

    let activities = get(&server, &format!("/issues/{large}/activities/")).await;
    assert_eq!(kinds(&activities), ["unmerge_destination", "merge", "first_seen"]);
    assert_eq!(activities["activity"][1]["user"]["email"], server.bootstrap.admin_email);
}

#[actix_web::test]
async fn what_is_discarded_is_gone_until_that_is_undone() {
    let server = Server::with_engine().await;
    let noisy = server.event(&server.row(1, 11)).await;
    let kept = server.event(&server.row(2, 12)).await;
    let discard = || Some(json!({ "discard": true }));
    let writer = token(&server, &["event:write"]).await;
    for path in [format!("/issues/{noisy}/"), format!("{ISSUES}?id={noisy}"), format!("{ISSUES}?query=")] {
        let refused = server.api_as(&writer, Method::PUT, &path, discard()).await;
        assert_eq!(
            (refused.status, refused.detail().as_str()),
            (StatusCode::FORBIDDEN, "this token lacks the scope event:admin")
        );
    }
    let both = json!({ "discard": true, "status": "resolved" });
    let refused = server.api(Method::PUT, &format!("/issues/{noisy}/"), Some(both)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(get(&server, TOMBSTONES).await, json!([]));

    let done = server.api(Method::PUT, &format!("/issues/{noisy}/"), discard()).await;
    assert_eq!((done.status, done.body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(counts(&server).await, counted(&[(kept, 1)]));
    assert_eq!(
        server.api(Method::GET, &format!("/issues/{noisy}/"), None).await.status,
        StatusCode::NOT_FOUND
    );
    let tombstones = get(&server, TOMBSTONES).await;
    assert_eq!(tombstones.as_array().unwrap().len(), 1);
    assert_eq!(tombstones[0]["title"], "Boom: 11");
    assert_eq!(tombstones[0]["actor"]["email"], server.bootstrap.admin_email);

    let undo = format!("{TOMBSTONES}{}/", tombstones[0]["id"].as_str().unwrap());
    assert_eq!(server.api_as(&writer, Method::DELETE, &undo, None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(server.api(Method::DELETE, &undo, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.api(Method::DELETE, &undo, None).await.detail(), "no such discard");
    assert_eq!(
        server.api(Method::DELETE, &format!("{TOMBSTONES}x/"), None).await.detail(),
        "no such discard"
    );
    assert_eq!(get(&server, TOMBSTONES).await, json!([]));
    let again =
        server.event(&EventRow { event_id: EventId(uuid::Uuid::from_u128(3)), ..server.row(3, 11) }).await;
    assert_ne!(again, noisy, "its events make a new issue");
}

#[actix_web::test]
async fn an_issue_s_activities_tell_who_did_what() {
    let server = Server::with_engine().await;
    let issue = server.event(&server.row(1, 11)).await;
    let path = format!("/issues/{issue}/");
    let me = server.bootstrap.admin_email.clone();
    for change in [
        json!({ "assignedTo": me }),
        json!({ "status": "resolved", "statusDetails": { "inRelease": "latest" } }),
        json!({ "status": "ignored", "statusDetails": { "ignoreCount": 10 } }),
        json!({ "status": "unresolved" }),
    ] {
        let changed = server.api(Method::PUT, &path, Some(change)).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    }
    let note = server
        .api(Method::POST, &format!("{path}comments/"), Some(json!({ "text": " Seen on Pixel 8. " })))
        .await;
    assert_eq!(note.status, StatusCode::CREATED);
    assert_eq!(
        (&note.json()["type"], &note.json()["data"]["text"]),
        (&json!("note"), &json!("Seen on Pixel 8."))
    );
    for text in [String::new(), " \n".into(), "a".repeat(10_001)] {
        let refused =
            server.api(Method::POST, &format!("{path}comments/"), Some(json!({ "text": text }))).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.detail().starts_with("text: "), "{}", refused.body);
    }
    let activities = get(&server, &format!("{path}activities/")).await;
    let expected =
        ["note", "set_unresolved", "set_ignored", "set_resolved_in_release", "assigned", "first_seen"];
    assert_eq!(kinds(&activities), expected);
    let resolved = &activities["activity"][3];
    assert_eq!((&resolved["user"]["email"], &resolved["data"]["version"]), (&json!(me), &json!("app@1.0.0")));
    assert_eq!(get(&server, &path).await["activity"], activities["activity"], "as the issue itself has them");
}

#[actix_web::test]
async fn suspects_name_what_the_affected_have_in_common() {
    let server = Server::with_engine().await;
    let with = |number: u128, hash: u64, flag: &str, model: &str| EventRow {
        device_model: model.into(),
        flags: [("new_checkout".to_owned(), flag.to_owned())].into(),
        tags: [("device".to_owned(), model.to_owned())].into(),
        timestamp: now().plus_ms(-60_000),
        ..server.row(number, hash)
    };
    let model = |number: u128| ["Pixel 8", "SM-G991B"][number as usize % 2];
    let flag = |number: u128| if number.is_multiple_of(10) { "true" } else { "false" };
    let affected = (1..=40).map(|number| with(number, 1, "true", model(number)));
    let others = (41..=100).map(|number| with(number, 2, flag(number), model(number)));
    server.events(&affected.chain(others).collect::<Vec<_>>()).await;
    let issue = server.event(&with(101, 1, "true", model(1))).await;
    let found = get(&server, &format!("/issues/{issue}/suspects/?statsPeriod=24h")).await;
    assert_eq!((&found["affected"]["users"], &found["others"]["users"]), (&json!(41), &json!(60)));
    let suspects = found["suspects"].as_array().unwrap();
    assert_eq!(suspects.len(), 1, "{found}");
    assert_eq!((&suspects[0]["key"], &suspects[0]["value"]), (&json!("flags[new_checkout]"), &json!("true")));
    assert_eq!((&suspects[0]["share"], &suspects[0]["baseline"]), (&json!(1.0), &json!(0.1)));
    assert!(suspects[0]["adjustedPValue"].as_f64().unwrap() < 0.001, "{found}");
    assert!(found["summary"].as_str().unwrap().contains("new_checkout"), "{found}");

    let staging = get(&server, &format!("/issues/{issue}/suspects/?environment=staging")).await;
    assert_eq!(staging["suspects"], json!([]));
    assert!(staging["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{staging}");
    let refused = server.api(Method::GET, &format!("/issues/{issue}/suspects/?statsPeriod=1y"), None).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
