use actix_web::http::{Method, StatusCode};

use super::*;
use crate::fixture::{Reply, Server};

const SETTINGS: &str = "/projects/mayday/app/settings/";

async fn put(server: &Server, section: &str, value: Value) -> Reply {
    server.api(Method::PUT, &format!("{SETTINGS}{section}/"), Some(value)).await
}

async fn get(server: &Server, section: &str) -> Value {
    server.api(Method::GET, &format!("{SETTINGS}{section}/"), None).await.json()
}

#[actix_web::test]
async fn each_section_is_read_replaced_and_its_changes_are_told() {
    let server = Server::start().await;
    assert_eq!(get(&server, "limits").await, json!({ "limits": [] }));
    let limits = json!({ "limits": [{ "category": "session", "count": 100, "window_seconds": 1 }] });
    let reply = put(&server, "limits", limits.clone()).await;
    assert_eq!((reply.status, reply.json()), (StatusCode::OK, limits.clone()));
    assert_eq!(get(&server, "limits").await, limits);
    for section in Section::ALL {
        let held = get(&server, section.name()).await;
        assert_eq!(put(&server, section.name(), held.clone()).await.json(), held, "{section:?}");
    }
    let changes = server.api(Method::GET, &format!("{SETTINGS}changes/"), None).await.json();
    let first = changes.as_array().unwrap().last().unwrap();
    assert_eq!(
        first,
        &json!({
            "id": "1", "section": "limits", "old": null, "new": limits,
            "changedBy": server.bootstrap.admin_email, "dateCreated": "2026-11-24T04:02:01.500Z",
        })
    );
}

#[actix_web::test]
async fn what_cannot_be_used_is_named_by_its_place() {
    let server = Server::start().await;
    let limit = json!({ "category": "error", "count": 1, "window_seconds": 0 });
    for (section, value, detail) in [
        ("payloads", json!({ "keep_first": 0 }), "payloads.keep_first: is 0, must be 1 to 1000"),
        ("retention", json!({ "days": 0 }), "retention.days: is 0, must be 1 to 3650"),
        ("limits", json!({ "limits": [limit] }), "limits[0].window_seconds: must be 1 to 86400"),
        ("privacy", json!({ "zzz": 1 }), "privacy.zzz: unknown field `zzz`"),
        ("filters", json!({ "zzz": 1 }), "filters.zzz: unknown field `zzz`"),
        (
            "in_app",
            json!({ "rules": [{ "field": "line" }] }),
            "in_app.rules[0].field: unknown variant `line`",
        ),
        (
            "grouping",
            json!({ "stack_trace_rules": "function:a +app\nfunction:b up" }),
            "grouping.stack_trace_rules: line 2, column 12: up is neither a matcher nor an action",
        ),
    ] {
        let reply = put(&server, section, value).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{section}");
        assert!(reply.detail().starts_with(detail), "{}", reply.detail());
    }
    let unknown = server.api(Method::GET, &format!("{SETTINGS}sampling/"), None).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_token_that_only_reads_changes_nothing() {
    let server = Server::start().await;
    let new = json!({ "name": "reader", "scopes": ["project:read"] });
    let made = server.api(Method::POST, "/api-tokens/", Some(new)).await.json();
    let (token, path) = (made["token"].as_str().unwrap(), format!("{SETTINGS}payloads/"));
    let read = server.api_as(token, Method::GET, &path, None).await;
    assert_eq!(read.status, StatusCode::OK);
    let refused = server.api_as(token, Method::PUT, &path, Some(json!({}))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let elsewhere = server.api(Method::GET, "/projects/mayday/other/settings/limits/", None).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}
