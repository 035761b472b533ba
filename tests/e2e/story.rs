//! What every SDK must be able to tell: a crash, its repetition, and its return after it was resolved.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Call, Client, Receiver, TestServer, eventually, mended, run_client, text};

/// Longest from an SDK's report to its issue; the machine may be busy with other tests.
const VISIBLE: Duration = Duration::from_secs(20);
const SECRET: &str = "the receiver's own secret";
/// Of one crash, before it is resolved.
const REPEATS: usize = 100;

/// How an SDK's crash must show.
pub(crate) struct Crash {
    pub(crate) title: &'static str,
    /// What the culprit begins and ends with; between them may be this machine's paths.
    pub(crate) culprit: (&'static str, &'static str),
    /// As the page heads them, the last raised first.
    pub(crate) exceptions: &'static [&'static str],
    /// Function of the newest frame that is the app's own.
    pub(crate) function: &'static str,
    /// The SDK's name for itself.
    pub(crate) sdk: &'static str,
}

/// Tells the whole story; `raise` makes the client crash so many times.
pub(crate) async fn is_told(crash: &Crash, raise: impl AsyncFn(&TestServer, usize)) {
    let receiver = Receiver::start();
    let server = TestServer::start().await;
    server.add_hook(&receiver, SECRET).await;

    raise(&server, 1).await;
    let issue = issue_with(&server, 1, "new").await;
    assert_eq!(issue["title"], crash.title);
    let culprit = text(&issue["culprit"]);
    assert!(culprit.starts_with(crash.culprit.0) && culprit.ends_with(crash.culprit.1), "{culprit}");
    check_event(&server.api.latest_event(&issue).await, crash);

    raise(&server, REPEATS - 1).await;
    let issue = issue_with(&server, REPEATS, "new").await;
    assert_eq!(issue["userCount"], 1);

    server.api.put(&issue_path(&issue), &json!({"status": "resolved"})).await;
    raise(&server, 1).await;
    let issue = issue_with(&server, REPEATS + 1, "regressed").await;
    check_page(&read_page(&server, &issue, None).await, crash);

    server.settle(VISIBLE).await;
    check_calls(&receiver.calls(), &issue);
}

/// The project's only issue, once it has so many events.
pub(crate) async fn issue_with(server: &TestServer, count: usize, substatus: &str) -> Value {
    let issue = eventually("the events are one issue", VISIBLE, async || {
        match server.api.issues().await.as_slice() {
            [issue] if text(&issue["count"]) == count.to_string() => Ok(issue.clone()),
            other => Err(format!("wanted one issue with {count} events: {other:#?}")),
        }
    })
    .await;
    assert_eq!((&issue["status"], &issue["substatus"]), (&json!("unresolved"), &json!(substatus)));
    issue
}

/// What a person sees of an issue in a browser; presses a button of its page at the end.
pub(crate) async fn read_page(server: &TestServer, issue: &Value, button: Option<&str>) -> Value {
    let bootstrap = &server.bootstrap;
    let mut arguments: Vec<&str> =
        vec![&bootstrap.url, text(&issue["id"]), &bootstrap.admin_email, &bootstrap.admin_password];
    arguments.extend(button);
    let (status, printed) = run_client(Client::Node("read_issue.mjs"), &arguments).await;
    assert_eq!(status, Some(0));
    let seen: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    assert_eq!(seen["complaints"], json!([]), "the browser has nothing to complain of");
    assert_eq!(seen["later"], seen["parts"], "what comes later is the same");
    assert!(text(&seen["parts"]["period"]).contains("event"), "{}", seen["parts"]);
    seen
}

fn issue_path(issue: &Value) -> String {
    format!("/api/0/issues/{}/", text(&issue["id"]))
}

fn check_event(event: &Value, crash: &Crash) {
    assert_eq!(event["release"]["version"], "shop@1.2.3");
    assert_eq!(event["user"]["id"], "user-7");
    assert_eq!(event["user"]["email"], "ada@example.com");
    assert_eq!(event["sdk"]["name"], crash.sdk);
    for (key, value) in [("flavour", "salty"), ("environment", "e2e"), ("release", "shop@1.2.3")] {
        let tag = json!({"key": key, "value": value});
        assert!(event["tags"].as_array().is_some_and(|tags| tags.contains(&tag)), "{tag}: {event:#}");
    }
    let data = |kind: &str| {
        let mut entries = event["entries"].as_array().into_iter().flatten();
        let entry = entries.find(|entry| entry["type"] == kind);
        entry.unwrap_or_else(|| panic!("no {kind}: {event:#}"))["data"]["values"].clone()
    };
    let crumbs = data("breadcrumbs");
    let crumb = crumbs.as_array().into_iter().flatten().find(|crumb| crumb["category"] == "cart");
    assert_eq!(crumb.map(|crumb| &crumb["message"]), Some(&json!("two items in the cart")), "{crumbs:#}");
    let exceptions = data("exception");
    assert_eq!(exceptions.as_array().map(Vec::len), Some(crash.exceptions.len()), "{exceptions:#}");
    let raised = exceptions.as_array().and_then(|all| all.last()).expect("an exception");
    assert_eq!(raised["mechanism"]["handled"], false, "{raised:#}");
    assert_eq!(mended(event), [] as [Value; 0], "nothing of a real SDK's event is dropped");
}

fn check_page(seen: &Value, crash: &Crash) {
    let issue = &seen["issue"];
    let shown = |field: &str| -> String {
        issue[field].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(issue["status"], "unresolved");
    let (title, message) = crash.title.split_once(": ").expect("a title with a message");
    assert!(shown("title").ends_with(title), "{seen:#}");
    assert_eq!(shown("message"), message);
    assert!(shown("culprit").ends_with(crash.culprit.1), "{seen:#}");
    assert!(shown("badges").contains("Regressed"), "{seen:#}");
    assert_eq!(shown("events"), (REPEATS + 1).to_string());
    assert_eq!(shown("users"), "1");
    let exceptions = issue["exceptions"].as_array().into_iter().flatten();
    for (shown, expected) in exceptions.zip(crash.exceptions) {
        assert!(text(shown).starts_with(expected), "{seen:#}");
    }
    assert!(shown("frames").contains(crash.function), "{seen:#}");
    assert!(shown("breadcrumbs").contains("two items in the cart"), "{seen:#}");
    assert!(shown("tags").contains("flavour salty 100 %"), "{seen:#}");
    assert!(shown("unhandled").contains("unhandled"), "{seen:#}");

    let row = &seen["rows"][0];
    assert_eq!(seen["rows"].as_array().map(Vec::len), Some(1));
    assert!(text(&row["title"][0]).starts_with(title), "{seen:#}");
    assert_eq!(row["events"], json!([(REPEATS + 1).to_string()]));
}

/// One call for the new issue and one for its return, both signed.
fn check_calls(calls: &[Call], issue: &Value) {
    let bodies: Vec<Value> = calls.iter().map(|call| call.verified(SECRET)).collect();
    let actions: Vec<_> = bodies.iter().map(|body| text(&body["action"])).collect();
    assert_eq!(actions, ["issue.new", "issue.regressed"]);
    for body in &bodies {
        assert_eq!(body["issue"]["id"], issue["id"]);
        assert_eq!(body["issue"]["title"], issue["title"]);
        assert!(!text(&body["reason"]).is_empty(), "{body:#}");
    }
}
