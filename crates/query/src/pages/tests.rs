//! Pages that need no ClickHouse, as a browser gets them.

use actix_web::{
    http::{Method, StatusCode, header},
    test::TestRequest,
};
use serde_json::json;

use crate::fixture::{self, Browser, Reply, Server};

fn form(path: &str, fields: &[(&str, &str)]) -> TestRequest {
    TestRequest::post().uri(path).set_form(fields)
}

async fn log_in(server: &Server, password: &str, next: &str) -> Reply {
    let email = server.bootstrap.admin_email.as_str();
    server.send(form("/login", &[("email", email), ("password", password), ("next", next)])).await
}

/// Of `<main>`; what changes with every start is replaced.
fn main_part(server: &Server, browser: &Browser, reply: &Reply) -> String {
    let main = fixture::main_part(&reply.body);
    main.replace(&server.bootstrap.public_key.to_string(), "KEY").replace(&browser.csrf, "CSRF")
}

#[actix_web::test]
async fn who_is_not_logged_in_is_led_to_the_door_and_back() {
    let server = Server::start().await;
    let list = "/projects/mayday/app/issues/?query=is%3Aresolved";
    let reply = server.send(TestRequest::with_uri(list)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let door = reply.header(header::LOCATION).to_owned();
    assert_eq!(door, "/login?next=%2Fprojects%2Fmayday%2Fapp%2Fissues%2F%3Fquery%3Dis%253Aresolved");
    let page = server.send(TestRequest::with_uri(&door)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(&format!("name=\"next\" value=\"{list}\"")), "{}", page.body);

    let reply = log_in(&server, &server.bootstrap.admin_password, list).await;
    assert_eq!((reply.status, reply.header(header::LOCATION)), (StatusCode::SEE_OTHER, list));
    let cookie = reply.header(header::SET_COOKIE).to_owned();
    assert!(cookie.starts_with("mayday_session="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http: {cookie}");

    let (pair, _) = cookie.split_once(';').unwrap();
    let home = server.send(TestRequest::with_uri("/").insert_header((header::COOKIE, pair))).await;
    assert_eq!(home.header(header::LOCATION), "/projects/mayday/app/issues/");
}

#[actix_web::test]
async fn over_https_the_session_stays_there() {
    let server = Server::at("https://mayday.example").await;
    let reply = log_in(&server, &server.bootstrap.admin_password, "/").await;
    assert!(reply.header(header::SET_COOKIE).contains("; Secure"), "{}", reply.header(header::SET_COOKIE));
}

#[actix_web::test]
async fn a_wrong_password_is_refused_and_soon_not_even_looked_at() {
    let server = Server::start().await;
    for _ in 0..10 {
        let reply = log_in(&server, "wrong", "/").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert!(reply.body.contains("data-testid=\"login-error\">E-mail address or password is not right."));
        assert_eq!(reply.header(header::SET_COOKIE), "");
    }
    let reply = log_in(&server, &server.bootstrap.admin_password, "/").await;
    assert_eq!((reply.status, reply.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "300"));
    assert!(reply.body.contains("Too many attempts. Try again in 5 min."));
    let other = server.send(form("/login", &[("email", "ann@example.com"), ("password", "x")])).await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED, "others are not locked out");
}

#[actix_web::test]
async fn where_there_is_no_page_a_page_says_so() {
    let server = Server::start().await;
    let browser = server.browser().await;
    for path in [
        "/nonsense/",
        "/projects/mayday/app/nonsense/",
        "/projects/mayday/app/settings/nonsense/",
        "/projects/mayday/app/settings/limits/",
        "/issues/1/nonsense",
        "/issues/1/status",
    ] {
        let reply = server.visit(&browser, path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(reply.body.contains("There is no such page here."), "{path}: {}", reply.body);
    }
}

#[actix_web::test]
async fn logging_in_leads_to_no_other_site() {
    let server = Server::start().await;
    let reply = log_in(&server, &server.bootstrap.admin_password, "//evil.example/").await;
    assert_eq!(reply.header(header::LOCATION), "/");
}

#[actix_web::test]
async fn every_page_refuses_foreign_and_inline_content() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let css = super::assets::css();
    for path in ["/login", "/nowhere", "/projects/mayday/app/setup/", "/projects/mayday/app/hooks/", &css] {
        let reply = server.visit(&browser, path).await;
        let policy = reply.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        if path != css {
            for foreign in ["style=\"", "<style", "javascript:", " onclick", "src=\"http", "<script>"] {
                assert!(!reply.body.contains(foreign), "{path}: {foreign}");
            }
        }
    }
}

#[actix_web::test]
async fn pages_are_not_cached_and_assets_are() {
    let server = Server::start().await;
    assert_eq!(server.send(TestRequest::with_uri("/login")).await.header(header::CACHE_CONTROL), "no-store");
    for asset in [super::assets::css(), super::assets::script(), super::assets::icon()] {
        let reply = server.send(TestRequest::with_uri(&asset)).await;
        assert_eq!(reply.status, StatusCode::OK, "{asset}");
        assert_eq!(reply.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    }
    let old = server.send(TestRequest::with_uri("/assets/mayday.0000000000000000.css")).await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn forms_of_other_sites_and_sessions_change_nothing() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let issue = server.issue("IllegalStateException: no view").await;
    let path = format!("/issues/{issue}/status");
    let resolve = |csrf: &str| {
        form(&path, &[("status", "resolved"), ("next", "/"), ("csrf_token", csrf)])
            .cookie(browser.cookie.clone())
    };
    let attempts = [
        ("another site", resolve(&browser.csrf).insert_header((header::ORIGIN, "https://evil.example"))),
        ("a sandbox", resolve(&browser.csrf).insert_header((header::ORIGIN, "null"))),
        ("cross-site", resolve(&browser.csrf).insert_header(("sec-fetch-site", "cross-site"))),
        ("another session", resolve("nonsense")),
        ("no token", resolve("")),
    ];
    for (who, request) in attempts {
        let reply = server.send(request).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{who}");
        assert!(reply.body.contains("data-testid=\"error-page\""), "{who}");
    }
    let unsigned = form(&path, &[("status", "resolved")]).cookie(browser.cookie.clone());
    assert_eq!(server.send(unsigned).await.status, StatusCode::BAD_REQUEST);
    let stranger = form(&path, &[("status", "resolved"), ("csrf_token", &browser.csrf)]);
    assert_eq!(server.send(stranger).await.status, StatusCode::SEE_OTHER, "to the door");
    assert_eq!(server.query.catalog.issue_by_id(issue).await.unwrap().status.name(), "unresolved");

    let own = resolve(&browser.csrf).insert_header((header::ORIGIN, "http://mayday.example:8000"));
    assert_eq!(server.send(own).await.status, StatusCode::SEE_OTHER);
    assert_eq!(server.query.catalog.issue_by_id(issue).await.unwrap().status.name(), "resolved");
}

#[actix_web::test]
async fn logging_in_from_another_site_is_refused() {
    let server = Server::start().await;
    let (email, password) = (&server.bootstrap.admin_email, &server.bootstrap.admin_password);
    let request = form("/login", &[("email", email), ("password", password)])
        .insert_header((header::ORIGIN, "https://evil.example"));
    let reply = server.send(request).await;
    assert_eq!((reply.status, reply.header(header::SET_COOKIE)), (StatusCode::FORBIDDEN, ""));
}

#[actix_web::test]
async fn logging_out_ends_the_session() {
    let server = Server::start().await;
    let browser = server.browser().await;
    assert_eq!(server.visit(&browser, "/projects/mayday/app/setup/").await.status, StatusCode::OK);
    let reply = server.submit(&browser, "/logout", &[]).await;
    assert_eq!(reply.header(header::LOCATION), "/login");
    assert!(reply.header(header::SET_COOKIE).contains("Max-Age=0"), "{}", reply.header(header::SET_COOKIE));
    let reply = server.visit(&browser, "/projects/mayday/app/setup/").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "the cookie is worth nothing now");
}

#[actix_web::test]
async fn colours_are_chosen_and_kept() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let reply = server.submit(&browser, "/theme", &[("theme", "dark"), ("next", "/login")]).await;
    let cookie = reply.header(header::SET_COOKIE).to_owned();
    assert!(cookie.starts_with("mayday_theme=dark;"), "{cookie}");
    let page = server
        .send(TestRequest::with_uri("/login").insert_header((header::COOKIE, "mayday_theme=dark")))
        .await;
    assert!(page.body.contains("<html lang=\"en\" data-theme=\"dark\">"));
    let page = server
        .send(TestRequest::with_uri("/nowhere").insert_header((header::COOKIE, "mayday_theme=dark")))
        .await;
    assert!(page.body.contains("<html lang=\"en\" data-theme=\"dark\">"), "error pages too");
    assert_eq!(
        server.submit(&browser, "/theme", &[("theme", "plaid")]).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[actix_web::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let server = Server::start().await;
    let browser = server.browser().await;
    for path in ["/nowhere", "/projects/mayday/other/setup/", "/projects/other/app/setup/", "/issues/99/"] {
        let reply = server.visit(&browser, path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(reply.body.contains("data-testid=\"error-page\""), "{path}");
        assert_eq!(reply.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
    }
}

#[actix_web::test]
async fn a_store_that_does_not_answer_is_a_page_that_hides_why() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let issue = server.issue("IllegalStateException: no view").await;
    let reply = server.visit(&browser, &format!("/issues/{issue}/")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.body.contains("Not available at the moment"), "{}", reply.body);
    assert!(!reply.body.contains("127.0.0.1"), "{}", reply.body);
}

#[actix_web::test]
async fn the_setup_page_shows_how_to_connect_an_app() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let path = "/projects/mayday/app/setup/";
    insta::assert_snapshot!(main_part(&server, &browser, &server.visit(&browser, path).await));
}

#[actix_web::test]
async fn hooks_are_added_with_a_secret_shown_once_and_deleted() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let path = "/projects/mayday/app/hooks/";
    let fields = [
        ("url", "https://example.com/mayday"),
        ("issue_new", "on"),
        ("issue_escalating", "on"),
        ("secret", "my own"),
    ];
    let added = server.submit(&browser, path, &fields).await;
    assert_eq!(added.status, StatusCode::OK);
    assert!(added.body.contains("<code id=\"hook-secret\">my own</code>"), "{}", added.body);
    server.issue("IllegalStateException: no view").await;
    server.query.catalog.fill_outbox().await.unwrap();
    let page = server.visit(&browser, path).await;
    assert!(!page.body.contains("my own"), "the secret was shown before");
    insta::assert_snapshot!(main_part(&server, &browser, &page));

    let bad = server.submit(&browser, path, &[("url", "ftp://example.com"), ("issue_new", "on")]).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(bad.body.contains("data-testid=\"form-error\""), "{}", bad.body);
    assert!(bad.body.contains("value=\"ftp://example.com\""), "what was typed is still there");

    let hook = server.api(Method::GET, path, None).await.json()[0]["id"].as_str().unwrap().to_owned();
    let deleted = server.submit(&browser, &format!("{path}{hook}/delete/"), &[]).await;
    assert_eq!(deleted.header(header::LOCATION), path);
    assert_eq!(server.api(Method::GET, path, None).await.json(), json!([]));
}

#[actix_web::test]
async fn set_aside_reports_are_shown_and_replayed() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let path = "/projects/mayday/app/quarantine/";
    assert!(server.visit(&browser, path).await.body.contains("data-testid=\"no-quarantine\""));
    let event = mayday_event::EventId(uuid::Uuid::from_u128(3));
    let journal = server.query.journal.journals()[0].id();
    let catalog = &server.query.catalog;
    catalog
        .quarantine(journal, 1, server.project.id, event, "group", "a <b>bug</b>", b"record")
        .await
        .unwrap();
    let page = server.visit(&browser, path).await;
    insta::assert_snapshot!(main_part(&server, &browser, &page));

    let id = catalog.quarantined(server.project.id, 1).await.unwrap()[0].id;
    let reply = server.submit(&browser, &format!("{path}{id}/replay/"), &[]).await;
    assert_eq!(reply.header(header::LOCATION), "/projects/mayday/app/quarantine/?replayed=1");
    assert_eq!(server.query.journal.journals()[0].last().0, 1);
    let after = server.visit(&browser, reply.header(header::LOCATION)).await;
    assert!(after.body.contains("The report is on its way again."));
}

#[actix_web::test]
async fn several_projects_are_a_choice() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let organization = server.project.organization_id;
    server.query.catalog.create_project(organization, "Shop", None, "cocoa").await.unwrap();
    let home = server.visit(&browser, "/").await;
    assert_eq!(home.body.matches("data-testid=\"project-link\"").count(), 2);
}

#[actix_web::test]
async fn an_event_id_in_the_search_leads_to_what_became_of_the_event() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let list = "/projects/mayday/app/issues/";
    let id = "0190B1C6-1111-7111-8111-000000000000";
    let reply = server.visit(&browser, &format!("{list}?query=%20{id}")).await;
    assert_eq!(
        (reply.status, reply.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/projects/mayday/app/events/0190b1c6111171118111000000000000/")
    );
    assert_eq!(
        server.visit(&browser, "/projects/mayday/app/events/abc/").await.status,
        StatusCode::NOT_FOUND
    );
}

#[actix_web::test]
async fn the_slash_at_the_end_may_be_forgotten_or_one_too_many() {
    let server = Server::start().await;
    for (asked, led) in [
        ("/projects/mayday/app", "/projects/mayday/app/"),
        ("/projects/mayday/app/issues?query=a%20b", "/projects/mayday/app/issues/?query=a%20b"),
        ("/issues/7", "/issues/7/"),
        ("/login/", "/login"),
        ("/login/?next=/issues/7/", "/login?next=/issues/7/"),
    ] {
        let reply = server.send(TestRequest::with_uri(asked)).await;
        assert_eq!(
            (reply.status, reply.header(header::LOCATION)),
            (StatusCode::PERMANENT_REDIRECT, led),
            "{asked}"
        );
    }
    for none in ["/nothing", "//evil.example/issues", "//login/", "/login//", "/issues/7/status"] {
        let reply = server.send(TestRequest::with_uri(none)).await;
        assert_ne!(reply.status, StatusCode::PERMANENT_REDIRECT, "{none}");
    }
}
