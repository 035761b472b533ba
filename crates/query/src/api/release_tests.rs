//! Releases as `sentry-cli` makes them, request by request.

use actix_web::http::{Method, StatusCode, header};
use serde_json::json;

use crate::fixture::Server;

const RELEASES: &str = "/organizations/mayday/releases/";

#[actix_web::test]
async fn a_release_is_made_said_more_of_and_deleted() {
    let server = Server::start().await;
    let new =
        json!({ "version": "shop@1.2.3+45", "projects": ["app"], "dateStarted": "2026-11-24T03:00:00Z" });
    assert_eq!(server.api(Method::POST, RELEASES, Some(new.clone())).await.status, StatusCode::CREATED);
    let again = server.api(Method::POST, RELEASES, Some(new)).await;
    assert_eq!((again.status.as_u16(), &again.json()["version"]), (208, &json!("shop@1.2.3+45")));

    let path = format!("{RELEASES}shop@1.2.3%2B45/");
    let change = json!({ "dateReleased": "2026-11-24T04:00:00Z", "commits": [
        { "id": "bbb", "repository": "shop/app", "author_name": "Ann", "timestamp": "2026-11-23T10:00:00+01:00", "patch_set": [] },
        { "id": "aaa" },
    ] });
    let changed = server.api(Method::PUT, &path, Some(change)).await.json();
    insta::assert_json_snapshot!(changed);
    let commits = server.api(Method::GET, &format!("{path}commits/"), None).await.json();
    assert_eq!(
        (&commits[0]["id"], &commits[0]["dateCreated"]),
        (&json!("bbb"), &json!("2026-11-23T09:00:00.000Z"))
    );
    let previous =
        server.api(Method::GET, &format!("{RELEASES}next/previous-with-commits/"), None).await.json();
    assert_eq!(previous["lastCommit"]["id"], "bbb");
    let first = server.api(Method::GET, &format!("{path}previous-with-commits/"), None).await.json();
    assert_eq!(first, json!({}));

    let deploy = json!({ "environment": "production", "name": null, "dateFinished": "2026-11-24T04:00:00Z" });
    let made = server.api(Method::POST, &format!("{path}deploys/"), Some(deploy)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let deploys = server.api(Method::GET, &format!("{path}deploys/"), None).await.json();
    assert_eq!(deploys, json!([made.json()]));

    let archived = server.api(Method::PUT, &path, Some(json!({ "status": "archived" }))).await.json();
    assert_eq!(archived["status"], "archived");
    assert_eq!(server.api(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    for gone in [path.clone(), format!("{path}commits/"), format!("{path}deploys/")] {
        assert_eq!(server.api(Method::GET, &gone, None).await.detail(), "no such release");
    }
}

#[actix_web::test]
async fn older_clients_ask_by_project() {
    let server = Server::start().await;
    let of_project = "/projects/mayday/app/releases/";
    let made = server.api(Method::POST, of_project, Some(json!({ "version": "1.0" }))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(server.api(Method::GET, of_project, None).await.json()[0]["version"], "1.0");
    let refs = json!({ "refs": [{ "repository": "shop/app", "commit": "ccc", "previousCommit": null }] });
    let changed = server.api(Method::PUT, &format!("{of_project}1.0/"), Some(refs)).await.json();
    assert_eq!(changed["lastCommit"]["id"], "ccc");
    let organization = server.project.organization_id;
    server.query.catalog.create_project(organization, "Other", Some("other"), "").await.unwrap();
    let elsewhere = server.api(Method::GET, "/projects/mayday/other/releases/1.0/", None).await;
    assert_eq!(elsewhere.detail(), "no such release");
    assert_eq!(
        server.api(Method::DELETE, &format!("{of_project}1.0/"), None).await.status,
        StatusCode::NO_CONTENT
    );
}

#[actix_web::test]
async fn releases_of_an_organization_are_those_of_the_projects_that_are_named() {
    let server = Server::start().await;
    for name in ["other", "third"] {
        let organization = server.project.organization_id;
        server.query.catalog.create_project(organization, name, Some(name), "").await.unwrap();
    }
    for (version, projects) in [("1.0", vec!["app"]), ("2.0", vec!["other"]), ("3.0", vec!["app", "third"])] {
        server.api(Method::POST, RELEASES, Some(json!({ "version": version, "projects": projects }))).await;
    }
    for (asked, expected) in [
        ("", vec!["1.0", "2.0", "3.0"]),
        ("project=-1", vec!["1.0", "2.0", "3.0"]),
        ("project=app", vec!["1.0", "3.0"]),
        ("project=2", vec!["2.0"]),
        ("project=other&project=third", vec!["2.0", "3.0"]),
        ("project=third&query=1.", vec![]),
    ] {
        let found = server.api(Method::GET, &format!("{RELEASES}?{asked}"), None).await.json();
        let releases = found.as_array().unwrap().iter();
        let mut versions: Vec<_> = releases.map(|release| release["version"].as_str().unwrap()).collect();
        versions.sort_unstable();
        assert_eq!(versions, expected, "{asked}");
    }
    let unknown = server.api(Method::GET, &format!("{RELEASES}?project=nobody"), None).await;
    assert_eq!(unknown.detail(), "project: \"nobody\" is none of this organization");
}

#[actix_web::test]
async fn pages_of_releases_hold_while_releases_are_made() {
    let server = Server::start().await;
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
        let new = json!({ "version": version, "projects": ["app"] });
        server.api(Method::POST, RELEASES, Some(new)).await;
    }
    for path in [RELEASES, "/projects/mayday/app/releases/"] {
        let (mut seen, mut address) = (Vec::new(), format!("{path}?per_page=2&query=1."));
        loop {
            let reply = server.api(Method::GET, &address, None).await;
            let page = reply.json();
            seen.extend(page.as_array().unwrap().iter().map(|release| release["version"].clone()));
            // It comes before all others, and is on no page behind the first.
            let new = json!({ "version": format!("1.9.{}", seen.len()), "projects": ["app"] });
            server.api(Method::POST, RELEASES, Some(new)).await;
            let link = reply.header(header::LINK);
            let (_, next) = link.split_once("rel=\"next\"; ").unwrap();
            let Some(next) = next.strip_prefix("results=\"true\"; cursor=\"") else { break };
            address = format!("{path}?per_page=2&query=1.&cursor={}", next.trim_end_matches('"'));
        }
        let old: Vec<_> =
            seen.iter().filter(|version| version.as_str().is_some_and(|v| v.len() == 3)).collect();
        assert_eq!(old, ["1.4", "1.3", "1.2", "1.1", "1.0"], "{path}: {seen:?}");
    }
    for bad in ["cursor=1:2:0", "cursor=x", "statsPeriod=soon"] {
        let reply = server.api(Method::GET, &format!("{RELEASES}?{bad}"), None).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[actix_web::test]
async fn releases_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    for (body, why) in [
        (json!({ "version": "1" }), "projects: give at least one"),
        (json!({ "projects": ["app"] }), "version: give one"),
        (json!({ "version": "1", "projects": ["other"] }), "no such project"),
        (
            json!({ "version": "1", "projects": ["app"], "status": "lost" }),
            "status: must be open or archived",
        ),
        (
            json!({ "version": "1", "projects": ["app"], "dateReleased": "soon" }),
            "dateReleased: \"soon\" is not a time such as 2026-11-24T03:42:01Z",
        ),
    ] {
        assert_eq!(server.api(Method::POST, RELEASES, Some(body)).await.detail(), why);
    }
    server.issue("IllegalStateException: no view").await;
    let kept = server.api(Method::DELETE, &format!("{RELEASES}app@1.0.0/"), None).await;
    assert_eq!(kept.status, StatusCode::BAD_REQUEST);
    assert!(kept.detail().contains("archive it instead"));
}

#[actix_web::test]
async fn repositories_and_monitors_are_listed() {
    let server = Server::start().await;
    let path = "/organizations/mayday/repos/";
    assert_eq!(server.api(Method::GET, path, None).await.json(), json!([]));
    let made = server.api(Method::POST, path, Some(json!({ "name": "shop/app" }))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(server.api(Method::GET, path, None).await.json()[0]["provider"]["id"], "unknown");
    assert_eq!(server.api(Method::GET, "/organizations/mayday/monitors/", None).await.json(), json!([]));
}
