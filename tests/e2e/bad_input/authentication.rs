//! Who may report: keys in all the ways that SDKs send them, and what browsers ask first.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use super::refusal::{Refusal, Refuser};
use crate::harness::{crash, envelope, envelope_of, http_client, new_event_id, text};

const fn refusal(status: u16, detail: &'static str, reason: &'static str) -> Refusal {
    Refusal { status, detail, reason }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_valid_key_is_refused() {
    let refuser = Refuser::start().await;
    let key = refuser.server.bootstrap.key().to_owned();
    let path = "/api/1/envelope/";
    let event = || envelope(&crash(&new_event_id(), "Checkout"));
    let with_key = |path: &str, key: &str| {
        refuser.post(&format!("{path}?sentry_key={key}&sentry_version=7")).body(event())
    };
    let unknown = "0123456789abcdef0123456789abcdef";

    let cases = [
        ("no key", refuser.post(path).body(event()), refusal(401, "no DSN key", "no_key")),
        ("no key, no body", refuser.post("/api/1/store/"), refusal(401, "no DSN key", "no_key")),
        ("a malformed key", with_key(path, "abc"), refusal(401, "32 hexadecimal digits", "unknown_key")),
        ("an unknown key", with_key(path, unknown), refusal(401, "DSN key is not known", "unknown_key")),
        (
            "another project",
            with_key("/api/2/envelope/", &key),
            refusal(403, "DSN key does not belong to project 2", "other_project"),
        ),
        ("no project", with_key("/api/app/envelope/", &key), refusal(400, "is not a number", "project_path")),
        (
            "a future protocol",
            refuser.post(&format!("{path}?sentry_key={key}&sentry_version=8")).body(event()),
            refusal(400, "sentry_version \"8\" is not supported", "protocol_version"),
        ),
        (
            "an unknown DSN in the envelope",
            refuser.post(path).body(envelope_of(
                &json!({"dsn": format!("http://{unknown}@127.0.0.1/1")}),
                "event",
                b"{}",
            )),
            refusal(401, "DSN key is not known", "unknown_key"),
        ),
    ];
    for (what, request, expected) in cases {
        refuser.refuses(what, request, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_key_and_one_at_its_limit_are_refused() {
    let refuser = Refuser::start().await;
    let (api, key) = (&refuser.server.api, refuser.server.bootstrap.key());
    let path = format!("{}/keys/{key}/", api.project);
    let send = || refuser.envelope().body(envelope(&crash(&new_event_id(), "Checkout")));

    api.put(&path, &json!({"rateLimit": {"window": 3600, "count": 1}})).await;
    assert_eq!(send().send().await.expect("an answer").status(), 200);
    let limited = send().send().await.expect("an answer");
    assert_eq!(limited.status(), 429);
    let header = |name: &str| limited.headers()[name].to_str().expect("text").to_owned();
    let seconds = header("retry-after");
    assert!(seconds.parse::<u64>().is_ok_and(|seconds| (1..=3600).contains(&seconds)), "{seconds}");
    assert!(header("x-sentry-rate-limits").starts_with(&format!("{seconds}:error:key")));
    assert_eq!(header("access-control-allow-origin"), "*");
    assert_eq!(api.ledger().await.count("rate_limited", "key_rate_limit"), 1);
    let body: Value = limited.json().await.expect("JSON");
    assert!(text(&body["detail"]).contains("rate limit"), "{body}");

    api.put(&path, &json!({"rateLimit": null, "isActive": false})).await;
    refuser.refuses("a disabled key", send(), refusal(403, "DSN key is disabled", "disabled_key")).await;
    api.put(&path, &json!({"isActive": true})).await;
    assert_eq!(send().send().await.expect("an answer").status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_wherever_sdks_send_it() {
    let refuser = Refuser::start().await;
    let (key, dsn) = (refuser.server.bootstrap.key(), &refuser.server.bootstrap.dsn);
    let event = || envelope(&crash(&new_event_id(), "Checkout"));
    let auth = format!("Sentry sentry_version=7, sentry_client=raven/1, sentry_key={key}");
    let with_dsn = envelope_of(&json!({"dsn": dsn}), "event", b"{}");
    let requests = [
        refuser.envelope().body(event()),
        refuser.post("/api/1/envelope/").header("x-sentry-auth", &auth).body(event()),
        refuser.post("/api/1/envelope").header("authorization", &auth).body(event()),
        refuser.post("/api/1/envelope/").basic_auth(key, None::<&str>).body(event()),
        refuser.post("/api/1/envelope/").body(with_dsn),
        refuser.post("/api/1/store/").header("x-sentry-auth", &auth).body(STANDARD.encode(zlib(b"{}"))),
    ];
    let count = requests.len() as u64;
    for request in requests {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        let answer: Value = response.json().await.expect("JSON");
        assert_eq!(text(&answer["id"]).len(), 32, "{answer}");
    }
    refuser.server.settle(crate::harness::SETTLE).await;
    assert_eq!(refuser.server.api.ledger().await.count("accepted", ""), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_ask_and_report() {
    let refuser = Refuser::start().await;
    let url = format!("{}/api/1/envelope/", refuser.server.bootstrap.url);
    let preflight = http_client()
        .request(Method::OPTIONS, &url)
        .header("origin", "https://shop.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-sentry-auth")
        .send()
        .await
        .expect("an answer");
    assert!(preflight.status().is_success(), "{preflight:?}");
    let header = |name: &str| preflight.headers()[name].to_str().expect("text").to_lowercase();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("post"));
    for allowed in ["x-sentry-auth", "content-type", "content-encoding", "sentry-trace", "baggage"] {
        assert!(header("access-control-allow-headers").contains(allowed), "{allowed}");
    }
    let exposed = header("access-control-expose-headers");
    assert!(exposed.contains("retry-after") && exposed.contains("x-sentry-rate-limits"), "{exposed}");

    // A refusal must be readable too, or a browser's developer sees only "CORS".
    let refused = http_client().post(&url).body("{}").send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");

    let wrong = http_client().get(&url).send().await.expect("an answer");
    assert_eq!(wrong.status(), 405);
    assert_eq!(wrong.headers()["allow"], "POST, OPTIONS");
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
