use actix_web::http::{Method, header};
use mayday_event::settings::ProjectSettings;
use serde_json::json;

use super::*;
use crate::fixture::{Browser, Reply, Server, main_part};

const SETTINGS: &str = "/projects/mayday/app/settings/";

/// Of `<main>`; what changes with every start is replaced.
fn main_of(server: &Server, browser: &Browser, reply: &Reply) -> String {
    let key = server.bootstrap.public_key.to_string();
    main_part(&reply.body).replace(&key, "KEY").replace(&browser.csrf, "CSRF")
}

async fn submit(server: &Server, browser: &Browser, tab: &str, fields: &[(&str, &str)]) -> Reply {
    server.submit(browser, &format!("{SETTINGS}{tab}/"), fields).await
}

async fn visit(server: &Server, browser: &Browser, tab: &str) -> Reply {
    server.visit(browser, &format!("{SETTINGS}{tab}/")).await
}

async fn stored(server: &Server, section: &str) -> Value {
    server.api(Method::GET, &format!("{SETTINGS}{section}/"), None).await.json()
}

#[actix_web::test]
async fn limits_are_added_changed_and_removed_by_one_form() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let key = server.bootstrap.public_key.to_string();
    let first = [
        ("limits[0].count", "1000"),
        ("limits[0].category", "error"),
        ("limits[0].window_seconds", "60"),
        ("limits[0].key", &key),
    ];
    let reply = submit(&server, &browser, "limits", &first).await;
    assert_eq!(reply.header(header::LOCATION), "/projects/mayday/app/settings/keys/?saved=1");
    let limit = json!({ "category": "error", "key": key, "count": 1000, "window_seconds": 60 });
    assert_eq!(stored(&server, "limits").await, json!({ "limits": [limit] }));
    let page = server.visit(&browser, reply.header(header::LOCATION)).await;
    insta::assert_snapshot!(main_of(&server, &browser, &page));

    let second = [
        ("limits[0].count", "1000"),
        ("limits[0].remove", "on"),
        ("limits[0].category", "error"),
        ("limits[0].window_seconds", "60"),
        ("limits[1].count", " 5 "),
        ("limits[1].category", "session"),
        ("limits[1].window_seconds", "1"),
        ("limits[1].key", ""),
    ];
    submit(&server, &browser, "limits", &second).await;
    let limit = json!({ "category": "session", "count": 5, "window_seconds": 1 });
    assert_eq!(stored(&server, "limits").await, json!({ "limits": [limit] }));
}

/// A browser presses a form's first button for who presses Enter in a field.
#[actix_web::test]
async fn enter_in_a_field_saves_and_tries_nothing() {
    let server = Server::start().await;
    let browser = server.browser().await;
    for tab in Tab::ALL {
        let path = tab.path(&server.project);
        let page = server.visit(&browser, &path).await;
        let forms: Vec<&str> = page.body.split("<form ").skip(1).collect();
        assert!(!forms.is_empty(), "{path}");
        for form in forms {
            let button = form.split("<button").nth(1).and_then(|rest| rest.split_once('>')).unwrap().0;
            assert!(!button.contains("formaction"), "{path}: {button}");
        }
    }
}

#[actix_web::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let limits = [
        ("limits[0].count", ""),
        ("limits[0].category", "error"),
        ("limits[0].window_seconds", "60"),
        ("limits[1].count", "many"),
        ("limits[1].category", "session"),
        ("limits[1].window_seconds", "7"),
    ];
    let reply = submit(&server, &browser, "limits", &limits).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    for expected in [
        "<li><code>limits[0].count</code> is not a whole number</li>",
        "id=\"limits[0]-problem\"",
        "value=\"many\" inputmode=\"numeric\" aria-invalid=\"true\"",
        "<option value=\"7\" selected>7 seconds</option>",
    ] {
        assert!(reply.body.contains(expected), "{expected}: {}", reply.body);
    }
    let budget = |budget, first| {
        [("budget", budget), ("budget_unit", "1073741824"), ("keep_first", first), ("keep_newest", "3")]
    };
    let reply = submit(&server, &browser, "payloads", &budget("2", "0")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.body.contains("data-testid=\"problem\">Is 0, must be 1 to 1000.</p>"), "{}", reply.body);
    let reply = submit(&server, &browser, "payloads", &budget("99999999999999999", "1")).await;
    assert!(reply.body.contains("data-testid=\"problem\">Is too large.</p>"), "{}", reply.body);
    assert_eq!(server.query.catalog.settings(server.project.id).settings, ProjectSettings::default());
}

#[actix_web::test]
async fn a_budget_is_given_in_a_unit_or_lifted_and_its_changes_are_told() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let fields = [("budget", "512"), ("budget_unit", "1048576"), ("keep_first", "2"), ("keep_newest", "3")];
    submit(&server, &browser, "payloads", &fields).await;
    let expected = json!({ "daily_budget_bytes": 536_870_912, "keep_first": 2, "keep_newest": 3 });
    assert_eq!(stored(&server, "payloads").await, expected);
    let page = visit(&server, &browser, "payloads").await;
    insta::assert_snapshot!(main_of(&server, &browser, &page));

    let fields = [("budget", ""), ("budget_unit", "1"), ("keep_first", "2"), ("keep_newest", "3")];
    submit(&server, &browser, "payloads", &fields).await;
    assert_eq!(server.query.catalog.settings(server.project.id).settings.payloads.daily_budget_bytes, None);
}

#[actix_web::test]
async fn keys_are_added_named_limited_and_switched() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let key = server.bootstrap.public_key.to_string();
    let path = format!("keys/{key}");
    let fields = [("label", "Beta <testers>"), ("count", "10"), ("window_seconds", "3600")];
    let reply = submit(&server, &browser, &path, &fields).await;
    assert_eq!(reply.header(header::LOCATION), "/projects/mayday/app/settings/keys/?saved=1");
    let page = visit(&server, &browser, "keys").await.body;
    for expected in ["Beta &#60;testers&#62;", "<span class=\"badge\">Off</span>", "10 events in an hour"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let setup = server.visit(&browser, "/projects/mayday/app/setup/").await.body;
    assert!(
        setup.contains("Every key of this project is switched off") && !setup.contains("data-testid=\"dsn\"")
    );

    let bad = [("label", "Beta"), ("active", "on"), ("count", "ten"), ("window_seconds", "60")];
    let reply = submit(&server, &browser, &path, &bad).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.body.contains(&format!("data-key=\"{key}\" open")), "{}", reply.body);
    assert!(reply.body.contains("value=\"ten\""), "{}", reply.body);

    submit(
        &server,
        &browser,
        &path,
        &[("label", "Beta"), ("active", "on"), ("count", ""), ("window_seconds", "60")],
    )
    .await;
    submit(&server, &browser, "keys", &[("label", " Release ")]).await;
    let keys = server.api(Method::GET, "/projects/mayday/app/keys/", None).await.json();
    assert_eq!(
        (&keys[0]["rateLimit"], &keys[0]["isActive"], &keys[1]["label"]),
        (&json!(null), &json!(true), &json!("Release"))
    );
    let unnamed = submit(&server, &browser, "keys", &[("label", " ")]).await;
    assert_eq!(unnamed.status, StatusCode::BAD_REQUEST);
    assert!(unnamed.body.contains("id=\"new-key-problem\""), "{}", unnamed.body);
}

#[actix_web::test]
async fn a_large_form_is_read_and_a_huge_one_is_not() {
    let server = Server::start().await;
    let browser = server.browser().await;
    for (length, expected) in [(100_000, StatusCode::BAD_REQUEST), (300_000, StatusCode::BAD_REQUEST)] {
        let text = "a".repeat(length);
        let reply =
            submit(&server, &browser, "payloads", &[("keep_first", &text), ("keep_newest", "1")]).await;
        assert_eq!(reply.status, expected);
        assert_eq!(reply.body.contains("data-testid=\"problem\""), length < FORM_BYTES, "{length}");
    }
}

/// As a browser sends the privacy form with its defaults.
const PRIVACY: [(&str, &str); 10] = [
    ("sensitive_keys", "on"),
    ("credentials", "on"),
    ("private_keys", "on"),
    ("card_numbers", "on"),
    ("ibans", "on"),
    ("memory_text", "on"),
    ("emails", "remove_from_text"),
    ("ip_addresses", "truncate"),
    ("hash_salt", ""),
    ("rules[0].path", ""),
];

#[actix_web::test]
async fn filters_are_saved_and_shown_again() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let fields = [
        ("releases", "1.2.*\r\n\r\n beta \r\n"),
        ("error_messages", "*<loop>*"),
        ("ip_addresses", "203.0.113.0/24"),
        ("minimum_app_version", "4.2"),
        ("minimum_app_version_of", "android 4.3\r\nwear os 5"),
        ("sample_rates[0].rate", "0.5"),
        ("sample_rates[0].environment", "dev"),
        ("sample_rates[1].rate", ""),
    ];
    let reply = submit(&server, &browser, "filters", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let expected = json!({
        "releases": ["1.2.*", "beta"],
        "error_messages": ["*<loop>*"],
        "ip_addresses": ["203.0.113.0/24"],
        "minimum_app_version": "4.2",
        "minimum_app_version_of": { "android": "4.3", "wear os": "5" },
        "sample_rates": [{ "rate": 0.5, "environment": "dev" }],
    });
    assert_eq!(stored(&server, "filters").await, expected);
    let page = visit(&server, &browser, "filters").await;
    insta::assert_snapshot!(main_of(&server, &browser, &page));
}

#[actix_web::test]
async fn a_filter_that_cannot_be_used_is_told_by_its_line() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let fields = [("ip_addresses", "203.0.113.7\nnowhere"), ("sample_rates[3].rate", "2")];
    let reply = submit(&server, &browser, "filters", &fields).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.body.contains("Entry 2: &#34;nowhere&#34; is no address"), "{}", reply.body);
    let reply = submit(&server, &browser, "filters", &[("sample_rates[3].rate", "2")]).await;
    assert!(reply.body.contains("id=\"filters.sample_rates[0]-problem\""), "{}", reply.body);
    let reply = submit(&server, &browser, "filters", &[("minimum_app_version_of", "android")]).await;
    assert!(
        reply.body.contains("is not a system and a version") && reply.body.contains(">android</textarea>")
    );
}

#[actix_web::test]
async fn discarded_issues_are_shown_with_the_filters_and_taken_back() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let page = visit(&server, &browser, "filters").await;
    assert!(page.body.contains("data-testid=\"discards\"") && !page.body.contains("data-testid=\"discard\""));
    let issue = server.issue("IllegalStateException: no view").await;
    let fields = [("what", "discard")];
    server.submit(&browser, &format!("/issues/{issue}/delete"), &fields).await;
    let page = visit(&server, &browser, "filters").await;
    assert!(page.body.contains("IllegalStateException: no view"), "{}", page.body);
    let reply = submit(&server, &browser, "filters/discards/1/undo", &[]).await;
    assert_eq!(reply.header(header::LOCATION), "/projects/mayday/app/settings/filters/?saved=1");
    assert!(!visit(&server, &browser, "filters").await.body.contains("IllegalStateException"));
    let reply = submit(&server, &browser, "filters/discards/1/undo", &[]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn filters_are_tried_on_an_event_without_saving() {
    let server = Server::start().await;
    let browser = server.browser().await;
    for (sample, expected) in [
        ("{\"release\":\"app@1.2.3\"}", "<code>filter_release</code>, by the rule <code>1.2.*</code>"),
        ("{\"release\":\"app@1.3.0\"}", "It would be kept."),
        ("boom", "id=\"sample-problem\" data-testid=\"problem\">Is not the JSON of an event."),
    ] {
        let fields = [("releases", "1.2.*"), ("sample", sample)];
        let reply = submit(&server, &browser, "filters/preview", &fields).await;
        assert!(reply.body.contains(expected), "{expected}: {}", reply.body);
        assert!(reply.body.contains(">1.2.*</textarea>"), "what was typed stays");
    }
    assert_eq!(changes(&server).await, 0);
}

#[actix_web::test]
async fn the_privacy_form_says_what_holds_and_adds_rules() {
    let server = Server::start().await;
    let browser = server.browser().await;
    submit(&server, &browser, "privacy", &PRIVACY).await;
    assert_eq!(
        server.query.catalog.settings(server.project.id).settings,
        ProjectSettings::default(),
        "the form as it is first shown changes nothing"
    );
    let mut fields: Vec<_> = PRIVACY.into_iter().filter(|(name, _)| *name != "ibans").collect();
    fields.extend([
        ("rules[1].path", "extra.**"),
        ("rules[1].regex", "v[0-9]+"),
        ("rules[1].action", "mask"),
    ]);
    fields.push(("more_keys", "loyalty card"));
    submit(&server, &browser, "privacy", &fields).await;
    let privacy = stored(&server, "privacy").await;
    assert_eq!(privacy["rules"], json!([{ "path": "extra.**", "regex": "v[0-9]+", "action": "mask" }]));
    assert_eq!((&privacy["ibans"], &privacy["more_keys"]), (&json!(false), &json!(["loyalty card"])));
    let page = visit(&server, &browser, "privacy").await;
    insta::assert_snapshot!(main_of(&server, &browser, &page));

    let fields = [("rules[0].path", "extra"), ("rules[0].regex", "("), ("rules[0].action", "hash")];
    let reply = submit(&server, &browser, "privacy", &[&PRIVACY[..8], &fields].concat()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(
        reply.body.contains("id=\"privacy.rules[0]-problem\" data-testid=\"problem\">regex: "),
        "{}",
        reply.body
    );
}

#[actix_web::test]
async fn scrubbing_is_tried_without_saving() {
    let server = Server::start().await;
    let browser = server.browser().await;
    for (sample, expected) in [
        ("<b>mail ann@example.com</b>", "&#60;b&#62;mail "),
        ("{\"password\":\"hunter2\",\"answer\":42}", "&#34;answer&#34;: 42"),
    ] {
        let reply =
            submit(&server, &browser, "privacy/preview", &[&PRIVACY[..], &[("sample", sample)]].concat())
                .await;
        let (_, result) = reply.body.split_once("data-testid=\"scrubbed\"").unwrap();
        assert!(result.contains(expected), "{result}");
        assert!(!result.contains("ann@example.com") && !result.contains("hunter2"), "{result}");
    }
    assert_eq!(changes(&server).await, 0);
    let reply = submit(&server, &browser, "privacy/preview", &[("sample", "a"), ("emails", "eat")]).await;
    assert!(
        reply.body.contains("data-testid=\"form-error\"") && !reply.body.contains("data-testid=\"scrubbed\"")
    );
}

async fn changes(server: &Server) -> usize {
    server.query.catalog.settings_changes(server.project.id, &[], 10).await.unwrap().len()
}

#[actix_web::test]
async fn a_user_s_data_is_only_deleted_by_who_is_sure_of_whose() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let of = |user, sure: bool| {
        let mut fields = vec![("kind", "email"), ("user", user)];
        fields.extend(sure.then_some(("sure", "on")));
        fields
    };
    let unsure = submit(&server, &browser, "privacy/users", &of("ann@example.com", false)).await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST);
    assert!(unsure.body.contains("value=\"ann@example.com\""), "{}", unsure.body);
    let nobody = submit(&server, &browser, "privacy/users", &of(" ", true)).await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST);
    // There is no ClickHouse here: a deletion that is asked for is not said to be done.
    let asked = submit(&server, &browser, "privacy/users", &of("ann@example.com", true)).await;
    assert_eq!(asked.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn rules_of_app_frames_are_saved_and_an_empty_row_goes() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let fields = [
        ("rules[0].field", "package"),
        ("rules[0].pattern", "*/libshop"),
        ("rules[0].in_app", "true"),
        ("rules[1].field", "module"),
        ("rules[1].pattern", " "),
        ("rules[1].in_app", "true"),
    ];
    submit(&server, &browser, "in_app", &fields).await;
    let rules = json!({ "rules": [{ "field": "package", "pattern": "*/libshop", "in_app": true }] });
    assert_eq!(stored(&server, "in_app").await, rules);
    let page = visit(&server, &browser, "in_app").await;
    assert!(page.body.contains("value=\"*/libshop\""), "{}", page.body);
    let reply =
        submit(&server, &browser, "in_app", &[("rules[0].field", "module"), ("rules[0].pattern", "*")]).await;
    assert!(reply.body.contains("would fit every frame"), "{}", reply.body);
}

#[actix_web::test]
async fn grouping_rules_are_saved_and_a_bad_one_is_shown_at_its_text() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let rules = "# slow\r\ntype:Timeout* -> slow, {{ default }}";
    submit(&server, &browser, "grouping", &[("fingerprint_rules", rules)]).await;
    let expected = json!({ "fingerprint_rules": rules.replace("\r\n", "\n"), "stack_trace_rules": "" });
    assert_eq!(stored(&server, "grouping").await, expected);
    let page = visit(&server, &browser, "grouping").await;
    assert!(page.body.contains("type:Timeout* -&#62; slow"), "{}", page.body);
    let bad = [("fingerprint_rules", rules), ("stack_trace_rules", "function:a +app\nfunction:b +ap")];
    for path in ["grouping", "grouping/preview"] {
        let reply = submit(&server, &browser, path, &[&bad[..], &[("events", "10")]].concat()).await;
        assert!(reply.body.contains("id=\"grouping.stack_trace_rules-problem\""), "{}", reply.body);
        assert!(reply.body.contains("ine 2, column 12: +ap is neither"), "{}", reply.body);
    }
    let many = submit(&server, &browser, "grouping/preview", &[("events", "2001")]).await;
    assert!(many.body.contains("must be 1 to 2000"), "{}", many.body);
    assert_eq!(stored(&server, "grouping").await, expected);
}

#[actix_web::test]
async fn retention_is_a_number_of_days_or_the_server_s() {
    let server = Server::start().await;
    let browser = server.browser().await;
    assert!(visit(&server, &browser, "retention").await.body.contains("keeps 3650 days"));
    submit(&server, &browser, "retention", &[("days", "30")]).await;
    assert_eq!(stored(&server, "retention").await, json!({ "days": 30 }));
    assert!(visit(&server, &browser, "retention").await.body.contains("name=\"days\" value=\"30\""));
    for wrong in ["0", "4000", "a month"] {
        let reply = submit(&server, &browser, "retention", &[("days", wrong)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(reply.body.contains(&format!("value=\"{wrong}\"")), "{}", reply.body);
    }
    submit(&server, &browser, "retention", &[("days", "")]).await;
    assert_eq!(stored(&server, "retention").await, json!({ "days": null }));
}

#[actix_web::test]
async fn a_member_who_is_no_administrator_looks_and_changes_nothing() {
    let server = Server::start().await;
    let ann = server.member().await;
    let browser = server.browser_of(&ann.member.email, &ann.password).await;
    let notice = "data-testid=\"administrators-only\"";
    for tab in ["keys", "filters", "privacy", "payloads", "in_app", "grouping", "retention"] {
        assert!(visit(&server, &browser, tab).await.body.contains(notice), "{tab}");
    }
    assert!(server.visit(&browser, "/projects/mayday/app/hooks/").await.body.contains(notice));
    let key = format!("settings/keys/{}/", server.bootstrap.public_key);
    let hook = [("url", "https://example.com/"), ("issue_new", "on")];
    let user = [("kind", "email"), ("user", "a@example.com"), ("sure", "on")];
    for (path, fields) in [
        ("settings/limits/", &[][..]),
        ("settings/filters/", &[]),
        ("settings/privacy/", &PRIVACY),
        ("settings/payloads/", &[]),
        ("settings/in_app/", &[]),
        ("settings/grouping/", &[]),
        ("settings/retention/", &[]),
        ("settings/keys/", &[("label", "beta")]),
        (&key, &[("label", "beta")]),
        ("settings/privacy/users/", &user),
        ("hooks/", &hook),
        ("hooks/1/delete/", &[]),
    ] {
        let reply = server.submit(&browser, &format!("/projects/mayday/app/{path}"), fields).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
        assert!(reply.body.contains("Only an administrator"), "{path}: {}", reply.body);
    }
    assert_eq!(changes(&server).await, 0);
    let tried =
        submit(&server, &browser, "privacy/preview", &[&PRIVACY[..], &[("sample", "a")]].concat()).await;
    assert_eq!(tried.status, StatusCode::OK);
    assert!(!visit(&server, &server.browser().await, "keys").await.body.contains(notice));
}

#[actix_web::test]
async fn a_symbol_source_is_tried_as_it_is_typed() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let form = [
        ("test", "sources[0]"),
        ("sources[0].name", ""),
        ("sources[0].type", "http"),
        ("sources[0].layout", "debuginfod"),
        ("sources[0].url", "http://127.0.0.1:9/"),
    ];
    let reply = submit(&server, &browser, "symbol_sources/test", &form).await;
    assert_eq!(reply.status, StatusCode::OK);
    for expected in [
        "It cannot be reached.",
        "notice bad\" id=\"source-trial\"",
        "test/#source-trial\"",
        "value=\"http://127.0.0.1:9/\"",
        "value=\"New source\"",
        "/debuginfo</code>",
    ] {
        assert!(reply.body.contains(expected), "{expected}: {}", reply.body);
    }
    let stored = server.api(Method::GET, "/projects/mayday/app/symbol-sources/", None).await.json();
    assert_eq!(stored, json!([]));
    let wrong = [form[0], form[1], form[2], form[3], ("sources[0].url", "ftp://symbols.example.com/")];
    let reply = submit(&server, &browser, "symbol_sources/test", &wrong).await;
    for expected in ["This could not be tried", "<code>New source.url</code> must begin with http"] {
        assert!(reply.body.contains(expected), "{expected}: {}", reply.body);
    }
    assert!(!reply.body.contains("Nothing was saved"), "{}", reply.body);
}

#[actix_web::test]
async fn symbol_sources_are_added_put_in_order_and_removed() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let api = "/projects/mayday/app/symbol-sources/";
    let first = [
        ("sources[0].name", "ours"),
        ("sources[0].position", "2"),
        ("sources[0].type", "http"),
        ("sources[0].layout", "unified"),
        ("sources[0].url", "https://symbols.example.com/"),
        ("sources[0].username", "ann"),
        ("sources[0].password", "hunter2"),
        ("sources[0].platforms.elf", "on"),
        ("sources[0].paths", "/data/app/*\n"),
        ("sources[1].name", "debian"),
        ("sources[1].position", "1"),
        ("sources[1].type", "http"),
        ("sources[1].layout", "debuginfod"),
        ("sources[1].url", "https://debuginfod.debian.net/"),
        ("sources[2].name", ""),
    ];
    let reply = submit(&server, &browser, "symbol_sources", &first).await;
    assert_eq!(reply.header(header::LOCATION), "/projects/mayday/app/settings/symbol_sources/?saved=1");
    let stored = server.api(Method::GET, api, None).await.json();
    let expected = json!({ "name": "ours", "type": "http", "layout": "unified", "url": "https://symbols.example.com/",
        "username": "ann", "platforms": ["elf"], "paths": ["/data/app/*"], "hasPassword": true });
    assert_eq!((&stored[0]["name"], &stored[1]), (&json!("debian"), &expected));
    let page = visit(&server, &browser, "symbol_sources").await;
    assert!(!page.body.contains("hunter2"));
    for expected in
        ["value=\"https://symbols.example.com/\"", "/data/app/*</textarea>", "placeholder=\"as it is\""]
    {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }

    let second = [
        ("sources[0].name", "debian"),
        ("sources[0].remove", "on"),
        ("sources[1].name", "ours"),
        ("sources[1].type", "http"),
        ("sources[1].layout", "unified"),
        ("sources[1].url", "https://symbols.example.com/"),
        ("sources[1].username", "ann"),
        ("sources[1].has_password", "on"),
    ];
    submit(&server, &browser, "symbol_sources", &second).await;
    let stored = server.api(Method::GET, api, None).await.json();
    assert_eq!((stored.as_array().map(Vec::len), &stored[0]["hasPassword"]), (Some(1), &json!(true)));

    let wrong = [
        ("sources[0].name", "ours"),
        ("sources[0].type", "http"),
        ("sources[0].layout", "unified"),
        ("sources[0].url", "ftp://symbols.example.com/"),
    ];
    let reply = submit(&server, &browser, "symbol_sources", &wrong).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    for expected in ["<code>ours.url</code> must begin with http", "value=\"ftp://symbols.example.com/\""] {
        assert!(reply.body.contains(expected), "{expected}: {}", reply.body);
    }
}
