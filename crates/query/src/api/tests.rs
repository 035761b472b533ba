use std::collections::BTreeSet;

use actix_web::{
    http::{Method, StatusCode, header},
    test::TestRequest,
};
use mayday_catalog::access::SCOPES;
use serde_json::{Value, json};

use crate::fixture::Server;

const HOOKS: &str = "/projects/mayday/app/hooks/";

/// A pointer into the document, `#/components/…`, must lead somewhere.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn the_openapi_document_lists_exactly_the_endpoints() {
    let server = Server::start().await;
    let reply = server.send(TestRequest::with_uri("/api/0/openapi.json")).await;
    let document = reply.json();
    let documented: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let endpoints = super::endpoints();
    let served: BTreeSet<String> = endpoints
        .iter()
        .flat_map(|endpoint| {
            let (path, methods) = endpoint.names();
            methods.into_iter().map(move |method| format!("{method} /api/0{path}"))
        })
        .collect();
    assert_eq!(documented, served);
}

#[actix_web::test]
async fn the_openapi_document_is_whole() {
    let server = Server::start().await;
    let document = server.send(TestRequest::with_uri("/api/0/openapi.json")).await.json();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let named: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let declared: Vec<&str> = item["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| {
                let pointer = parameter["$ref"].as_str().unwrap().trim_start_matches('#');
                document.pointer(pointer).unwrap()["name"].as_str().unwrap()
            })
            .collect();
        assert_eq!(named, declared, "{path}");
    }
}

#[actix_web::test]
async fn without_a_valid_token_every_endpoint_answers_401() {
    let server = Server::start().await;
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    for endpoint in super::endpoints() {
        let (path, served) = endpoint.names();
        if path == "/openapi.json" {
            continue;
        }
        for method in methods.iter().filter(|method| served.contains(method)) {
            let uri = format!("/api/0{}", path.replace(['{', '}'], ""));
            let reply =
                server.send(TestRequest::with_uri(&uri).method(method.clone()).set_json(json!({}))).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(reply.detail().contains("credentials"), "{method} {path}");
            assert_eq!(reply.header(header::WWW_AUTHENTICATE), "Bearer realm=\"api\"");
        }
    }
    for token in ["", "nonsense", &"a".repeat(10_000)] {
        assert_eq!(server.api_as(token, Method::GET, "/", None).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// A request that only an administrator may make.
type Decision = (Method, String, Value, StatusCode);

fn decisions(server: &Server) -> Vec<Decision> {
    let project = "/projects/mayday/app/";
    let key = format!("{project}keys/{}/", server.bootstrap.public_key);
    let hook = json!({ "url": "https://example.com/", "events": ["issue.new"] });
    let member = json!({ "email": "bo@example.com", "orgRole": "member" });
    vec![
        (Method::PUT, format!("{project}settings/limits/"), json!({ "limits": [] }), StatusCode::OK),
        (Method::PUT, format!("{project}settings/filters/"), json!({}), StatusCode::OK),
        (Method::PUT, format!("{project}settings/privacy/"), json!({}), StatusCode::OK),
        (Method::PUT, format!("{project}settings/payloads/"), json!({}), StatusCode::OK),
        (Method::POST, format!("{project}keys/"), json!({ "name": "beta" }), StatusCode::CREATED),
        (Method::PUT, key.clone(), json!({ "isActive": false }), StatusCode::OK),
        (Method::DELETE, key, Value::Null, StatusCode::NO_CONTENT),
        (Method::POST, HOOKS.to_owned(), hook, StatusCode::CREATED),
        (Method::DELETE, format!("{HOOKS}1/"), Value::Null, StatusCode::NO_CONTENT),
        (Method::POST, "/organizations/mayday/members/".into(), member, StatusCode::CREATED),
        (
            Method::POST,
            "/api-tokens/".into(),
            json!({ "name": "x", "scopes": ["org:read"] }),
            StatusCode::CREATED,
        ),
        (Method::DELETE, "/api-tokens/3/".into(), Value::Null, StatusCode::NO_CONTENT),
    ]
}

#[actix_web::test]
async fn what_administrators_decide_no_other_member_s_token_changes() {
    let server = Server::start().await;
    let ann = server.member().await.member;
    let catalog = &server.query.catalog;
    let organization = server.project.organization_id;
    let token = catalog.create_api_token(organization, ann.user_id, "all", SCOPES).await.unwrap().secret;
    let send = async |token: &str, (method, path, body, _): &Decision| {
        let body = Some(body.clone()).filter(|body| !body.is_null());
        server.api_as(token, method.clone(), path, body).await
    };
    for decision in decisions(&server) {
        let reply = send(&token, &decision).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{decision:?}");
        assert!(reply.detail().contains("only an administrator"), "{decision:?}");
    }
    let changes = catalog.settings_changes(server.project.id, &[], 10).await.unwrap();
    assert!(changes.is_empty(), "{changes:?}");
    // Looking, and working on issues, is for every member.
    assert_eq!(server.api_as(&token, Method::GET, HOOKS, None).await.status, StatusCode::OK);
    for decision in decisions(&server) {
        let reply = send(&server.bootstrap.api_token, &decision).await;
        assert_eq!(reply.status, decision.3, "{decision:?}: {}", reply.body);
    }
}

#[actix_web::test]
async fn changes_of_keys_are_in_the_history_of_settings() {
    let server = Server::start().await;
    let keys = "/projects/mayday/app/keys/";
    let made = server.api(Method::POST, keys, Some(json!({ "name": "beta" }))).await.json();
    let key = made["public"].as_str().unwrap();
    let path = format!("{keys}{key}/");
    server.api(Method::PUT, &path, Some(json!({ "name": "gamma", "isActive": false }))).await;
    server.api(Method::DELETE, &path, None).await;
    assert_eq!(server.api(Method::GET, &path, None).await.status, StatusCode::NOT_FOUND);
    let changes = server.api(Method::GET, "/projects/mayday/app/settings/changes/", None).await.json();
    let of =
        |label: &str, active: bool| json!({ key: { "label": label, "active": active, "rateLimit": null } });
    let told: Vec<Value> = changes
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["section"], it["changedBy"], it["old"], it["new"]]))
        .collect();
    let by = &server.bootstrap.admin_email;
    let expected = [
        json!(["keys", by, of("gamma", false), null]),
        json!(["keys", by, of("beta", true), of("gamma", false)]),
        json!(["keys", by, null, of("beta", true)]),
    ];
    assert_eq!(told, expected);
}

#[actix_web::test]
async fn a_member_is_added_with_a_password_that_is_shown_once() {
    let server = Server::start().await;
    let members = "/organizations/mayday/members/";
    let new = |role: &str| json!({ "email": "ann@example.com", "name": "Ann", "orgRole": role });
    let reply = server.api(Method::POST, members, Some(new("owner"))).await;
    assert_eq!(
        (reply.status, reply.detail()),
        (StatusCode::BAD_REQUEST, "orgRole: \"owner\" is not admin or member".into())
    );
    let made = server.api(Method::POST, members, Some(new("member"))).await.json();
    server.browser_of("ann@example.com", made["password"].as_str().unwrap()).await;
    assert_eq!(server.api(Method::POST, members, Some(new("member"))).await.status, StatusCode::CONFLICT);
    let listed = server.api(Method::GET, members, None).await.json();
    let roles: Vec<_> = listed.as_array().unwrap().iter().map(|it| (&it["email"], &it["orgRole"])).collect();
    let [admin, ann] = [json!("admin@mayday.local"), json!("ann@example.com")];
    assert_eq!(roles, [(&admin, &json!("admin")), (&ann, &json!("member"))]);
    assert!(listed.to_string().find("password").is_none());
}

#[actix_web::test]
async fn a_token_may_do_what_its_scopes_say() {
    let server = Server::start().await;
    let new = json!({ "name": "reader", "scopes": ["project:read"] });
    let made = server.api(Method::POST, "/api-tokens/", Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let token = made.json()["token"].as_str().unwrap().to_owned();

    assert_eq!(server.api_as(&token, Method::GET, HOOKS, None).await.status, StatusCode::OK);
    let hook = json!({ "url": "https://example.com/", "events": ["issue.new"] });
    let reply = server.api_as(&token, Method::POST, HOOKS, Some(hook)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(reply.detail(), "this token lacks the scope project:write");
    let reply = server.api_as(&token, Method::GET, "/projects/mayday/app/issues/", None).await;
    assert_eq!(reply.detail(), "this token lacks the scope event:read");
    assert_eq!(
        server.api_as(&token, Method::GET, "/", None).await.json()["auth"]["scopes"][0],
        "project:read"
    );

    let id = made.json()["id"].as_str().unwrap().to_owned();
    let revoked = server.api(Method::DELETE, &format!("/api-tokens/{id}/"), None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(server.api_as(&token, Method::GET, "/", None).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_token_makes_none_that_may_more_than_itself() {
    let server = Server::start().await;
    let new = json!({ "name": "admin", "scopes": ["org:admin"] });
    let made = server.api(Method::POST, "/api-tokens/", Some(new)).await.json();
    let more = json!({ "name": "more", "scopes": ["project:write"] });
    let reply =
        server.api_as(made["token"].as_str().unwrap(), Method::POST, "/api-tokens/", Some(more)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.detail(), "scopes: \"project:write\" is not among those of the token that asks");
    let listed = server.api(Method::GET, "/api-tokens/", None).await.json();
    assert!(listed.as_array().unwrap().iter().all(|token| token.get("token").is_none()), "{listed}");
}

#[actix_web::test]
async fn what_is_not_there_is_404_and_says_what() {
    let server = Server::start().await;
    for (path, detail) in [
        ("/nowhere/", "no such endpoint"),
        ("/projects/mayday/other/", "no such project"),
        ("/projects/other/app/", "no such organization"),
        ("/organizations/other/", "no such organization"),
        ("/issues/99/", "no such issue"),
        ("/organizations/other/issues/1/", "no such organization"),
        ("/projects/mayday/app/events/not-an-id/", "no such event"),
        ("/projects/mayday/app/keys/not-a-key/", "no such key"),
    ] {
        let reply = server.api(Method::GET, path, None).await;
        assert_eq!((reply.status, reply.detail().as_str()), (StatusCode::NOT_FOUND, detail), "{path}");
    }
}

#[actix_web::test]
async fn requests_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    let reply = server.api(Method::DELETE, HOOKS, None).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        (reply.header(header::ALLOW), reply.detail().as_str()),
        ("GET, POST", "method not allowed here; there are GET, POST")
    );

    let request = |body: String| {
        TestRequest::post()
            .uri("/api/0/projects/mayday/app/hooks/")
            .insert_header((header::AUTHORIZATION, format!("Bearer {}", server.bootstrap.api_token)))
            .set_payload(body)
    };
    let reply = server.send(request("{\"url\": 1}".into())).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.detail(), "body: invalid type: integer `1`, expected a string at line 1 column 9");
    let reply = server.send(request(format!("\"{}\"", "a".repeat(2 << 20)))).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reply.detail(), "request body is longer than 1048576 bytes");

    let reply = server.api(Method::GET, "/projects/mayday/app/issues/?query=is:old", None).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        reply.detail(),
        "query, character 4: is:old is not known; there are unresolved, resolved, ignored (or archived), new, ongoing, \
         regressed, assigned and unassigned"
    );
}

#[actix_web::test]
async fn a_store_that_does_not_answer_is_503_and_hides_why() {
    let server = Server::start().await;
    server.issue("IllegalStateException: no view").await;
    let reply = server.api(Method::GET, "/projects/mayday/app/issues/", None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let detail = reply.detail();
    assert!(detail.starts_with("temporarily unavailable (error "), "{detail}");
    assert!(!detail.contains("127.0.0.1"), "{detail}");
}

#[actix_web::test]
async fn projects_and_keys_are_as_sentry_cli_reads_them() {
    let server = Server::start().await;
    let organizations = server.api(Method::GET, "/organizations/", None).await;
    let projects = server.api(Method::GET, "/organizations/mayday/projects", None).await;
    let keys = server.api(Method::GET, "/projects/mayday/app/keys/", None).await;
    assert_eq!(
        keys.header(header::LINK),
        "<http://mayday.example:8000/api/0/projects/mayday/app/keys/?cursor=0:0:1>; rel=\"previous\"; \
         results=\"false\"; cursor=\"0:0:1\", <http://mayday.example:8000/api/0/projects/mayday/app/keys/?cursor=0:0:0>; \
         rel=\"next\"; results=\"false\"; cursor=\"0:0:0\""
    );
    let key = server.bootstrap.public_key.to_string();
    let text = json!({
        "organizations": organizations.json(), "projects": projects.json(), "keys": keys.json()
    });
    let text = serde_json::to_string_pretty(&text).unwrap().replace(&key, "KEY");
    insta::assert_snapshot!(text);
}

#[actix_web::test]
async fn a_project_is_created_once() {
    let server = Server::start().await;
    let new = json!({ "name": "Shop for iOS", "platform": "cocoa" });
    let reply = server.api(Method::POST, "/organizations/mayday/projects/", Some(new.clone())).await;
    assert_eq!((reply.status, &reply.json()["slug"]), (StatusCode::CREATED, &json!("shop-for-ios")));
    let shown = server.api(Method::GET, "/projects/mayday/shop-for-ios/", None).await;
    assert_eq!(shown.json(), reply.json());
    let named = json!({ "name": "Shop", "slug": "shop-for-ios" });
    let reply = server.api(Method::POST, "/organizations/mayday/projects/", Some(named)).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn a_key_is_switched_off_and_limited() {
    let server = Server::start().await;
    let path = format!("/projects/mayday/app/keys/{}/", server.bootstrap.public_key);
    let change = json!({ "isActive": false, "rateLimit": { "window": 60, "count": 100 } });
    let key = server.api(Method::PUT, &path, Some(change)).await.json();
    assert_eq!((&key["isActive"], &key["rateLimit"]["count"]), (&json!(false), &json!(100)));
    let key = server.api(Method::PUT, &path, Some(json!({ "name": "Beta" }))).await.json();
    assert_eq!((&key["label"], &key["rateLimit"]["window"]), (&json!("Beta"), &json!(60)));
    let key = server.api(Method::PUT, &path, Some(json!({ "rateLimit": null }))).await.json();
    assert_eq!((&key["isActive"], &key["rateLimit"]), (&json!(false), &Value::Null));
}

#[actix_web::test]
async fn a_hook_tells_its_secret_once() {
    let server = Server::start().await;
    let new = json!({ "url": "https://example.com/mayday", "events": ["issue.new", "issue.regressed"] });
    let made = server.api(Method::POST, HOOKS, Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert_eq!(made["secret"].as_str().unwrap().len(), 64);
    let listed = server.api(Method::GET, HOOKS, None).await.json();
    assert_eq!(listed[0]["url"], "https://example.com/mayday");
    assert_eq!(listed[0].get("secret"), None);

    let deliveries = server.api(Method::GET, "/projects/mayday/app/hooks/deliveries/", None).await;
    assert_eq!(deliveries.json(), json!([]));
    let path = format!("{HOOKS}{}/", made["id"].as_str().unwrap());
    assert_eq!(server.api(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.api(Method::DELETE, &path, None).await.detail(), "no such hook");
}

#[actix_web::test]
async fn hooks_that_cannot_work_are_refused() {
    let server = Server::start().await;
    for (url, events) in [
        ("ftp://example.com/", json!(["issue.new"])),
        ("not a url", json!(["issue.new"])),
        ("https://example.com/", json!([])),
        ("https://example.com/", json!(["issue.closed"])),
    ] {
        let reply = server.api(Method::POST, HOOKS, Some(json!({ "url": url, "events": events }))).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{url} {events}");
        reply.detail();
    }
}

#[actix_web::test]
async fn deliveries_are_listed_with_what_became_of_them() {
    let server = Server::start().await;
    let new = json!({ "url": "https://example.com/mayday", "events": ["issue.new"], "secret": "s3cret" });
    server.api(Method::POST, HOOKS, Some(new)).await;
    let issue = server.issue("IllegalStateException: no view").await;
    assert_eq!(server.query.catalog.fill_outbox().await.unwrap(), 1);
    let reply = server.api(Method::GET, "/projects/mayday/app/hooks/deliveries/?limit=5", None).await;
    let delivery = &reply.json()[0];
    assert_eq!(delivery["action"], "issue.new");
    assert_eq!(delivery["issueId"], issue.to_string());
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("pending"), &json!(0)));
    assert!(!reply.body.contains("s3cret"), "{}", reply.body);
}

#[actix_web::test]
async fn a_set_aside_report_is_replayed_into_the_journal() {
    let server = Server::start().await;
    let catalog = &server.query.catalog;
    let event = mayday_event::EventId(uuid::Uuid::from_u128(3));
    let journal = server.query.journal.journals()[0].id();
    catalog
        .quarantine(journal, 1, server.project.id, event, "parse", "not JSON", b"the record")
        .await
        .unwrap();
    let listed = server.api(Method::GET, "/projects/mayday/app/quarantine/", None).await.json();
    assert_eq!((&listed[0]["step"], &listed[0]["reason"]), (&json!("parse"), &json!("not JSON")));

    let path = format!("/projects/mayday/app/quarantine/{}/replay/", listed[0]["id"].as_str().unwrap());
    assert_eq!(server.api(Method::POST, &path, None).await.status, StatusCode::ACCEPTED);
    let journal = &server.query.journal.journals()[0];
    assert_eq!(journal.last().0, 1);
    let listed = server.api(Method::GET, "/projects/mayday/app/quarantine/", None).await.json();
    assert_eq!(listed, json!([]));
    assert_eq!(server.api(Method::POST, &path, None).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn an_issue_is_resolved_even_while_the_store_is_away() {
    let server = Server::start().await;
    let issue = server.issue("IllegalStateException: no view").await;
    let reply =
        server.api(Method::PUT, &format!("/issues/{issue}/"), Some(json!({ "status": "resolved" }))).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "counts are missing");
    let found = server.query.catalog.issue_by_id(issue).await.unwrap();
    assert_eq!(found.status.name(), "resolved");
    for (body, detail) in [
        (
            json!({ "status": "closed" }),
            "status: \"closed\" is not resolved, resolvedInNextRelease, unresolved or ignored",
        ),
        (
            json!({ "status": "resolved", "statusDetails": { "inCommit": 1 } }),
            "statusDetails: unknown field `inCommit`, expected one of `inRelease`, `inNextRelease`, `ignoreDuration`, \
             `ignoreUntil`, `ignoreCount`, `ignoreUserCount`, `ignoreUntilEscalating`, `ignoreWindow`, `ignoreUserWindow`",
        ),
        (
            json!({ "assignedTo": "who@example.com" }),
            "assignedTo: \"who@example.com\" is no member of this organization",
        ),
    ] {
        let reply = server.api(Method::PUT, &format!("/issues/{issue}/"), Some(body)).await;
        assert_eq!((reply.status, reply.detail().as_str()), (StatusCode::BAD_REQUEST, detail));
    }
}

#[actix_web::test]
async fn many_issues_are_changed_at_once() {
    let server = Server::start().await;
    let issue = server.issue("IllegalStateException: no view").await;
    let assign = json!({ "status": "ignored", "assignedTo": server.bootstrap.admin_email });
    let path = "/projects/mayday/app/issues/?query=is:unresolved%20view";
    let reply = server.api(Method::PUT, path, Some(assign.clone())).await;
    assert_eq!((reply.status, reply.json()), (StatusCode::OK, assign));
    let found = server.query.catalog.issue_by_id(issue).await.unwrap();
    assert_eq!(found.status.name(), "ignored");
    assert_eq!(found.assignee.as_deref(), Some(server.bootstrap.admin_email.as_str()));
    let by_id = format!("/projects/mayday/app/issues/?id={issue}");
    let reopened =
        server.api(Method::PUT, &by_id, Some(json!({ "status": "unresolved", "assignedTo": null }))).await;
    assert_eq!(reopened.status, StatusCode::OK);
    let found = server.query.catalog.issue_by_id(issue).await.unwrap();
    assert_eq!((found.status.name(), found.assignee), ("unresolved", None));
}
