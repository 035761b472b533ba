//! Searches over HTTP, against stored events: each key finds what it says, and whatever is typed is answered.

use std::collections::BTreeSet;

use actix_web::http::{Method, StatusCode};
use mayday_event::{IssueId, Timestamp, model::Level};
use mayday_store::rows::{EventRow, StackNames};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::json;
use url::form_urlencoded;

use crate::{
    fixture::{Server, now},
    search::{KEYS, tests::term},
};

const ISSUES: &str = "/projects/mayday/app/issues/";

fn listed(text: &str, more: &[(&str, &str)]) -> String {
    let pairs = [("query", text)].into_iter().chain(more.iter().copied());
    format!("{ISSUES}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// Every key, with a value that `ann`'s events have and `other`'s has not.
const TERMS: &[(&str, &str)] = &[
    ("is", "unresolved"),
    ("assigned", "me"),
    ("firstSeen", "-24h"),
    ("lastSeen", "-24h"),
    ("timesSeen", ">1"),
    ("users", ">1"),
    ("firstRelease", "app@2.0.0"),
    ("has", "user.email"),
    ("release", ">app@1.9"),
    ("environment", "beta"),
    ("level", "fatal"),
    ("dist", "200"),
    ("platform", "java"),
    ("title", "\"*no view*\""),
    ("message", "\"no view\""),
    ("error.type", "IllegalStateException"),
    ("error.value", "\"no view*\""),
    ("error.handled", "false"),
    ("error.mechanism", "UncaughtExceptionHandler"),
    ("os.name", "Android"),
    ("os.version", "14.*"),
    ("device.family", "Pixel"),
    ("device.model", "\"Pixel 8\""),
    ("app.version", "[2.0.0, 2.0.1]"),
    ("user", "\"id:ann*\""),
    ("user.id", "ann*"),
    ("user.email", "*@example.com"),
    ("sdk.name", "sentry.java.android"),
    ("sdk.version", "8.1.0"),
    ("stack.function", "onCreate"),
    ("stack.filename", "Main.kt"),
    ("stack.module", "com.example.*"),
    ("stack.package", "libapp.so"),
    // No keys of their own.
    ("flags[new_checkout]", "true"),
    ("flags[\"new_checkout\"]", "t*"),
    ("tags[Screen]", "Home"),
    ("network", "wifi"),
    ("assignee", "admin@localhost"),
    ("userCount", "2"),
    ("error.unhandled", "true"),
];

/// Two events of one issue: what every term finds.
fn wanted(server: &Server, number: u128) -> EventRow {
    let text = |text: &str| vec![text.to_owned()];
    EventRow {
        level: Level::Fatal,
        release: "app@2.0.0".into(),
        environment: "beta".into(),
        dist: "200".into(),
        title: "IllegalStateException: no view here".into(),
        error_type: "IllegalStateException".into(),
        error_value: "no view here".into(),
        handled: Some(false),
        mechanism: "UncaughtExceptionHandler".into(),
        user: format!("id:ann{number}"),
        os_name: "Android".into(),
        os_version: "14.1".into(),
        device_family: "Pixel".into(),
        device_model: "Pixel 8".into(),
        app_version: "2.0.0".into(),
        user_email: "ann@example.com".into(),
        sdk_name: "sentry.java.android".into(),
        sdk_version: "8.1.0".into(),
        stack: StackNames {
            functions: text("onCreate"),
            filenames: text("Main.kt"),
            modules: text("com.example.Main"),
            packages: text("libapp.so"),
        },
        flags: [("new_checkout".to_owned(), "true".to_owned())].into(),
        tags: [("Screen", "Home"), ("network", "wifi")].map(|(key, value)| (key.into(), value.into())).into(),
        ..server.row(number, 1)
    }
}

/// An event of another issue, which differs in everything.
fn other(server: &Server) -> EventRow {
    let days_ago = now().plus_ms(-3 * Timestamp::DAY_MS);
    EventRow {
        timestamp: days_ago,
        received: days_ago,
        level: Level::Warning,
        platform: "cocoa".into(),
        title: "Disk full".into(),
        error_type: "NSError".into(),
        error_value: "no space left".into(),
        handled: Some(true),
        stack: StackNames { functions: vec!["write".into()], ..StackNames::default() },
        flags: [("new_checkout".to_owned(), "false".to_owned())].into(),
        ..server.row(9, 2)
    }
}

async fn found(server: &Server, text: &str) -> BTreeSet<IssueId> {
    let reply = server.api(Method::GET, &listed(text, &[]), None).await;
    assert_eq!(reply.status, StatusCode::OK, "{text}: {}", reply.body);
    let rows = reply.json();
    rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[actix_web::test]
async fn every_key_finds_what_has_it_and_its_opposite_finds_the_rest() {
    let named: BTreeSet<&str> = TERMS.iter().map(|(key, _)| *key).collect();
    assert!(KEYS.iter().all(|key| named.contains(key)), "each key is tried");
    let server = Server::with_engine().await;
    let one = server.event(&wanted(&server, 1)).await;
    assert_eq!(server.event(&wanted(&server, 2)).await, one);
    let two = server.event(&other(&server)).await;
    let me = json!({ "assignedTo": server.bootstrap.admin_email });
    server.api(Method::PUT, &format!("/issues/{one}/"), Some(me)).await;
    server.api(Method::PUT, &format!("/issues/{two}/"), Some(json!({ "status": "resolved" }))).await;
    assert_eq!(found(&server, "").await, [one, two].into(), "an empty search finds all");
    for (key, value) in TERMS {
        let value = value.replace("admin@localhost", &server.bootstrap.admin_email);
        assert_eq!(found(&server, &format!("{key}:{value}")).await, [one].into(), "{key}:{value}");
        assert_eq!(found(&server, &format!("!{key}:{value}")).await, [two].into(), "!{key}:{value}");
    }
    for (text, expected) in [
        ("view", [one].as_slice()),
        ("\"o vie\"", &[one]),
        ("spa*left", &[two]),
        ("space full", &[two]),
        ("view full", &[]),
        ("os.name:Android OR is:resolved", &[one, two]),
        ("(os.name:Android OR is:resolved) level:warning", &[two]),
        ("has:stack.function !has:stack.module", &[two]),
        ("has:network", &[one]),
    ] {
        assert_eq!(found(&server, text).await, expected.iter().copied().collect(), "{text}");
    }
}

#[actix_web::test]
async fn a_window_of_long_ago_has_no_events_of_today() {
    let server = Server::with_engine().await;
    let issue = server.event(&wanted(&server, 1)).await;
    let found = async |window: &str, sort: &str| {
        let path = format!("{ISSUES}?query=os.name:Android&sort={sort}{window}");
        let rows = server.api(Method::GET, &path, None).await.json();
        rows.as_array().unwrap().iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    for sort in ["date", "new", "freq", "user", "trends"] {
        for window in ["", "&statsPeriod=24h", "&start=2026-01-01T00:00:00Z"] {
            assert_eq!(found(window, sort).await, [issue.to_string()], "{sort}{window}");
        }
        for (from, to) in
            [("1970-01-01", "1970-06-01"), ("1969-09-01", "1970-06-01"), ("2000-01-01", "2000-06-01")]
        {
            let window = format!("&start={from}T00:00:00Z&end={to}T00:00:00Z");
            assert!(found(&window, sort).await.is_empty(), "{sort}{window}");
        }
    }
}

/// What people, scanners and broken programs send as values.
fn odd_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}",
        any::<String>().prop_map(|text| text.chars().take(20).collect()),
        prop::sample::select(vec![
            "18446744073709551616",
            ">99999999999999999999999999",
            "<=-1",
            ">1e400",
            "-4294967295w",
            "+4294967295w",
            "-4294967296w",
            ">0000-01-01",
            ">9999-12-31T23:59:59.999999999Z",
            "<1969-12-31",
            "2026-02-30",
            "NaN",
            "\0",
            "\"\0\"",
            "%",
            "%_\\",
            "\"'; DROP TABLE events --\"",
            "{p1:String}",
            "*",
            "**",
            "*.*.*.*.*.*.*.*",
            "[*, \"\", \\*]",
            "[",
            "[a,",
            "\"",
            "\\",
            "\u{202e}abc",
            "e\u{301}\u{300}",
            "\u{1f9d1}\u{200d}\u{1f680}",
            "<latest",
            ">=\"\"",
            "<app@1.0.0-+",
            "..",
            "(?i)a|b",
        ])
        .prop_map(str::to_owned),
    ]
}

fn part() -> impl Strategy<Value = String> {
    let keys =
        KEYS.into_iter().chain(["flags[x]", "flags[\"\0\"]", "tags[A b]", "tags[']", "custom", "x.y", ""]);
    let key = prop::sample::select(keys.collect::<Vec<_>>());
    let sign = prop::sample::select(vec!["", "!", "!!", "-"]);
    prop_oneof![
        4 => (sign, key, odd_value()).prop_map(|(sign, key, value)| format!("{sign}{key}:{value}")),
        3 => term(),
        1 => odd_value(),
        1 => (1..14_usize).prop_map(|depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth))),
        1 => prop::sample::select(vec!["AND", "OR", "(", ")", "((", "NOT", "&&"]).prop_map(str::to_owned),
    ]
}

fn search() -> impl Strategy<Value = String> {
    let separator = prop::sample::select(vec![" ", " ", " OR ", " AND ", "", "\t", "\u{a0}"]);
    let parts = prop::collection::vec((part(), separator), 0..7);
    parts.prop_map(|parts| {
        parts.into_iter().flat_map(|(part, separator)| [part, separator.to_owned()]).collect()
    })
}

/// The position in `query, character 7: …`.
fn position(detail: &str) -> Option<usize> {
    detail.strip_prefix("query, character ")?.split_once(':')?.0.parse().ok()
}

#[actix_web::test]
async fn whatever_is_searched_for_is_answered_or_refused_with_the_place() {
    const SEARCHES: usize = 150;
    let server = Server::with_engine().await;
    server.event(&wanted(&server, 1)).await;
    server.event(&other(&server)).await;
    let browser = server.browser().await;
    let mut runner = TestRunner::deterministic();
    let sorts = ["date", "new", "freq", "user", "trends"];
    let mut understood = 0;
    for number in 0..SEARCHES {
        let text = search().new_tree(&mut runner).unwrap().current();
        let environment = odd_value().new_tree(&mut runner).unwrap().current();
        let mut more = vec![("sort", sorts[number % sorts.len()])];
        if number % 4 == 0 {
            more.push(("environment", &environment));
        }
        let path = listed(&text, &more);
        let reply = server.api(Method::GET, &path, None).await;
        match reply.status {
            StatusCode::OK => understood += 1,
            StatusCode::BAD_REQUEST => {
                let at = position(&reply.detail());
                let is_in_it = at.is_some_and(|at| (1..=text.chars().count() + 1).contains(&at));
                assert!(is_in_it, "{text:?}: {}", reply.detail());
            }
            status => panic!("{text:?}: {status}: {}", reply.body),
        }
        if number % 3 == 0 {
            let page = server.visit(&browser, &path).await;
            assert!(!page.status.is_server_error(), "{text:?}: {}", page.status);
        }
        if number % 10 == 0 {
            let change = Some(json!({ "status": "unresolved" }));
            let changed = server.api(Method::PUT, &path, change).await;
            assert!([200, 400].contains(&changed.status.as_u16()), "{text:?}: {}", changed.body);
        }
    }
    // Else nothing but the parser was tried.
    assert!((SEARCHES / 5..SEARCHES).contains(&understood), "{understood} of {SEARCHES} were understood");
}
