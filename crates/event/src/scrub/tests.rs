use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;

fn scrubber(settings: Value) -> Scrubber {
    Scrubber::compile(&serde_json::from_value(settings).unwrap()).unwrap()
}

fn text(text: &str) -> String {
    Scrubber::default().scrub_text(text).into_owned()
}

fn event(members: &Value) -> Event {
    let mut event = json!({
        "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "timestamp": 0, "received": 0, "level": "error",
        "platform": "java",
    });
    event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    serde_json::from_value(event).unwrap()
}

/// The event's members after scrubbing, without those that every event has.
fn scrubbed_by(scrubber: &Scrubber, members: &Value) -> Value {
    let mut event = event(members);
    scrubber.scrub(&mut event);
    let mut json = serde_json::to_value(&event).unwrap();
    let members = json.as_object_mut().unwrap();
    for key in ["event_id", "timestamp", "received", "level", "platform"] {
        members.remove(key);
    }
    json
}

fn scrubbed(members: &Value) -> Value {
    scrubbed_by(&Scrubber::default(), members)
}

fn by_rule(rule: Value, members: &Value) -> Value {
    let mut json = scrubbed_by(&scrubber(json!({ "rules": [rule], "hash_salt": "pepper" })), members);
    json.as_object_mut().unwrap().remove("notes");
    json
}

#[test]
fn a_text_loses_what_is_secret_and_keeps_its_form() {
    let cases = [
        // Keys and values, as they are written in the wild.
        (r#"{"user":"ann","password":"hunter2!hunter2"}"#, r#"{"user":"ann","password":"[Filtered]"}"#),
        (r#"{"password":"x","pin":1234,"auth":true}"#, r#"{"password":"*","pin":null,"auth":true}"#),
        (r#"{"auth":{"user":"ann","key":["a"]},"a":1}"#, r#"{"auth":"[Filtered]","a":1}"#),
        (
            r#"{"body":"{\"token\":\"abcdefghijkl\",\"a\":1}"}"#,
            r#"{"body":"{\"token\":\"[Filtered]\",\"a\":1}"}"#,
        ),
        ("user=ann&password=hunter2hunter2&b=1", "user=ann&password=[Filtered]&b=1"),
        ("user[password]=hunter2hunter2", "user[password]=[Filtered]"),
        (
            "https://shop.example/pay?access_token=abcdefghijkl&x=1",
            "https://shop.example/pay?access_token=[Filtered]&x=1",
        ),
        ("Authorization: Bearer abc.def.ghi", "Authorization: [Filtered]"),
        ("Cookie: a=1; b=2222\nAccept: */*", "Cookie: [Filtered]\nAccept: */*"),
        ("{user=ann, password=hunter2hunter2}", "{user=ann, password=[Filtered]}"),
        ("{'api_key': 'abcdefghijkl', 'n': 1}", "{'api_key': '[Filtered]', 'n': 1}"),
        ("{:password=>\"abcdefghijkl\"}", "{:password=>\"[Filtered]\"}"),
        ("login with password: hunter2", "login with password: *"),
        ("--client-secret=abcdefghijkl -v", "--client-secret=[Filtered] -v"),
        // Credentials.
        ("postgres://shop:s3cret-pass@db.internal/shop", "postgres://[Filtered]@db.internal/shop"),
        ("sent Bearer abcdef0123456789abcdef to api", "sent Bearer [Filtered] to api"),
        ("sent Basic YW5uOmh1bnRlcjI= to api", "sent Basic [Filtered] to api"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl back", "got [Filtered] back"),
        ("a -----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY----- b", "a [private key] b"),
        ("-----BEGIN PRIVATE KEY-----\nMIIBcut", "[private key]"),
        // Numbers.
        ("card 4111 1111 1111 1111 declined", "card [card] declined"),
        ("card 5500-0000-0000-0004.", "card [card]."),
        ("378282246310005", "[card]"),
        ("to DE89 3704 0044 0532 0130 00 or GB82WEST12345698765432", "to [iban] or [iban]"),
        // Addresses.
        ("no user ann.b+c@shop.example, ann%40shop.co.uk", "no user [email], [email]"),
        (
            "failed to connect to /203.0.113.77:443 after 10 s",
            "failed to connect to /203.0.113.0:443 after 10 s",
        ),
        ("peer [2001:db8:1:2::5]:443, ::ffff:198.51.100.7.", "peer [2001:db8:1::]:443, ::ffff:198.51.100.0."),
    ];
    for (from, to) in cases {
        assert_eq!(text(from), to);
        assert_eq!(text(to), to, "again");
    }
}

#[test]
fn what_only_looks_secret_stays() {
    for harmless in [
        "SyntaxError: Unexpected token: end of file",
        "auth::login failed at std::vec::push, dead::beef",
        "Unexpected token < in JSON at position 0",
        "4111 1111 1111 1112",
        "order 1234567890123456, took 1795492921500 ms",
        "c0ffee00-4111-1111-1111-111111111111",
        "DE89 3704 0044 0532 0130 01",
        "icon@2x.png, react@18.2.0-beta.rc, MainActivity@3f1c2b4",
        "127.0.0.1:8080, 0.0.0.0, [::1]:80, 1.2.3, 10:20:30, aa:bb:cc:dd:ee:ff",
        "version v1.2.3.4 of 1.2.3.4-beta",
        "Bearer token missing, Basic authentication failed",
        "token == null, password: null",
        "https://shop.example/a@b",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(text(harmless), harmless);
    }
}

#[test]
fn every_text_of_an_event_is_looked_through() {
    const CARD: &str = "4111111111111111";
    let stack = json!({ "frames": [{
        "function": "pay", "abs_path": format!("https://a.example/b.js?c={CARD}"), "context_line": CARD,
        "pre_context": [CARD], "post_context": [CARD], "vars": { "a": { "b": [CARD, 4_111_111_111_111_111_u64] } },
    }] });
    let members = json!({
        "transaction": CARD, "server_name": CARD,
        "logentry": { "formatted": CARD, "message": CARD, "params": [CARD] },
        "exception": [{
            "type": "E", "value": CARD, "stacktrace": stack,
            "mechanism": { "description": CARD, "help_link": CARD, "data": { "a": CARD }, "meta": { "a": CARD } },
        }],
        "threads": [{ "name": CARD, "stacktrace": stack }],
        "breadcrumbs": [{ "message": CARD, "data": { "a": CARD } }],
        "contexts": { "a": { "b": CARD } },
        "tags": { "a": CARD },
        "user": { "name": "Ann", "a": 1, "data": { "a": CARD } },
        "fingerprint": [CARD],
        "extra": { "a": { "b": { "c": [[CARD]] } } },
        "request": {
            "url": CARD, "query_string": [["a", CARD]], "data": { "a": CARD }, "headers": [["A", CARD]],
            "env": { "a": CARD },
        },
    });
    let after = scrubbed(&members);
    assert!(!after.to_string().contains(CARD), "{after:#}");
}

#[test]
fn the_event_says_what_was_taken_out_where_and_by_which_rule() {
    let crumb = |ip: &str| json!({ "message": format!("connected to {ip}") });
    let after = scrubbed(&json!({
        "logentry": { "formatted": "mail to ann@shop.example failed" },
        "breadcrumbs": [crumb("203.0.113.7"), crumb("203.0.113.0"), crumb("198.51.100.9")],
        "user": { "id": "4111111111111111", "email": "ann@shop.example", "ip_address": "203.0.113.7" },
        "request": { "headers": [["Authorization", "Bearer abc"], ["Accept", "*/*"]] },
    }));
    let notes = after["notes"].as_array().unwrap().iter();
    let notes: Vec<String> =
        notes.map(|note| format!("{} {}: {}", note["kind"], note["path"], note["detail"])).collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    "scrubbed" "logentry.formatted": "e-mail address removed (emails)"
    "scrubbed" "breadcrumbs.values.*.message": "IP address truncated (ip_addresses), in 2 places"
    "scrubbed" "user.ip_address": "IP address truncated (ip_addresses)"
    "scrubbed" "request.headers.Authorization": "value of a sensitive key removed (sensitive_keys)"
    "#);
    assert_eq!(
        after["user"],
        json!({ "id": "4111111111111111", "email": "ann@shop.example", "ip_address": "203.0.113.0" })
    );
    assert_eq!(after["request"]["headers"], json!([["Authorization", "[Filtered]"], ["Accept", "*/*"]]));
}

#[test]
fn a_sensitive_key_hides_all_that_is_under_it() {
    let after = scrubbed(&json!({ "extra": {
        "auth": { "user": "ann the great", "ok": true, "n": 12, "list": ["a long enough text", null] },
        "headers": [["x-api-key", "0123456789abc"], { "name": "Cookie", "value": "abcdefghijkl" }],
        "author": "ann",
    } }));
    assert_eq!(
        after["extra"],
        json!({
            "auth": { "user": "[Filtered]", "ok": true, "n": "*", "list": ["[Filtered]", null] },
            "headers": [["x-api-key", "[Filtered]"], { "name": "Cookie", "value": "[Filtered]" }],
            "author": "ann",
        })
    );
}

#[test]
fn a_version_is_no_address() {
    let harmless = json!({
        "release": "shop@1.2.3.4",
        "contexts": { "app": { "app_version": "1.2.3.4", "app_build": "1.2.3.5" } },
        "request": { "headers": [["User-Agent", "Shop/1.2.3.4"]] },
    });
    assert_eq!(scrubbed(&harmless), harmless);
}

#[test]
fn each_rule_can_be_switched() {
    let all = json!({
        "extra": { "password": "long enough", "a": "4111111111111111", "b": "DE89370400440532013000" },
        "logentry": { "formatted": "https://ann:pass@a.example -----BEGIN PRIVATE KEY----- ann@a.example 203.0.113.7" },
        "user": { "ip_address": "203.0.113.7", "email": "ann@a.example" },
        "contexts": { "stack_memory": { "bytes": "000068756e74657232000000" } },
    });
    let off = scrubber(json!({
        "sensitive_keys": false, "credentials": false, "private_keys": false, "card_numbers": false,
        "ibans": false, "memory_text": false, "emails": "keep", "ip_addresses": "keep",
    }));
    assert_eq!(scrubbed_by(&off, &all), all);
    let strict = scrubber(json!({ "emails": "remove_all", "ip_addresses": "remove" }));
    let after = scrubbed_by(&strict, &all);
    assert_eq!(after["user"], json!({ "email": mark::hash("ann@a.example", "") }));
    let again = serde_json::from_value::<Event>(serde_json::to_value(event(&after)).unwrap()).unwrap();
    let mut twice = again.clone();
    strict.scrub(&mut twice);
    assert_eq!(twice, again);
    let keys = scrubber(json!({ "more_keys": ["national id"], "safe_keys": ["sessionId"] }));
    let after = scrubbed_by(&keys, &json!({ "extra": { "nationalID": "0123456789", "session_id": "abc" } }));
    assert_eq!(after["extra"], json!({ "nationalID": "[Filtered]", "session_id": "abc" }));
}

#[test]
fn a_projects_rules_name_a_place_a_text_and_an_action() {
    let members = json!({
        "exception": [{ "type": "E", "value": "customer 12-345 failed" }],
        "breadcrumbs": [{ "message": "m", "data": { "url": "https://a.example/u/77" } }],
        "contexts": { "device": { "name": "Ann's iPhone", "model": "iPhone17" } },
        "user": { "id": "u-1", "username": "ann" },
        "extra": { "a": { "token_of": "t" }, "n": 5 },
    });
    let check = |rule: Value, pointer: &str, expected: Value| {
        let after = by_rule(rule.clone(), &members);
        let found = after.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{rule}");
    };
    let remove = |path: &str| json!({ "path": path, "action": "remove" });
    check(remove("contexts.device.name"), "/contexts/device/name", json!("[Filtered]"));
    check(remove("contexts.device"), "/contexts/device/model", json!("*"));
    check(remove("contexts.*.NAME"), "/contexts/device/model", json!("iPhone17"));
    check(remove("**.n*"), "/contexts/device/name", json!("[Filtered]"));
    check(remove("extra.**"), "/extra", json!({ "a": { "token_of": "*" }, "n": "*" }));
    check(remove("user.username"), "/user", json!({ "id": "u-1" }));
    check(
        json!({ "path": "breadcrumbs.*.data.url", "regex": "/u/\\d+", "action": "mask" }),
        "/breadcrumbs/0/data/url",
        json!("https://a.example/*/**"),
    );
    check(
        json!({ "path": "exception.values.0.value", "regex": "\\d\\d-\\d{3}", "action": "remove" }),
        "/exception/0/value",
        json!("customer * failed"),
    );
    check(
        json!({ "path": "**", "regex": "customer \\S+", "action": "remove" }),
        "/exception/0/value",
        json!("[Filtered] failed"),
    );
    check(json!({ "path": "user.id", "action": "hash" }), "/user/id", json!(mark::hash("u-1", "pepper")));
    check(remove("breadcrumbs.1.data"), "/breadcrumbs/0/data/url", json!("https://a.example/u/77"));
}

#[test]
fn a_rule_that_cannot_be_used_is_named() {
    let refused = |settings: Value| {
        Scrubber::compile(&serde_json::from_value(settings).unwrap()).unwrap_err().to_string()
    };
    let rule =
        |path: &str, regex: &str| json!({ "rules": [{ "path": path, "regex": regex, "action": "mask" }] });
    insta::assert_snapshot!(refused(rule("a..b", "x")), @"privacy.rules[0].path: has an empty step");
    insta::assert_snapshot!(refused(rule("a", "(")), @"privacy.rules[0].regex: unclosed group");
    assert!(refused(rule("a", "(?:\\w{1000}){1000}")).contains("size limit"));
    assert_eq!(refused(json!({ "more_keys": ["ok", "--"] })), "privacy.more_keys[1]: has no letter or digit");
}

#[test]
fn the_default_scrubber_is_that_of_the_default_settings() {
    let members = json!({ "extra": { "password": "long enough", "a": "ann@a.example 203.0.113.7" } });
    assert_eq!(scrubbed_by(&scrubber(json!({})), &members), scrubbed(&members));
}

/// Bits of what is looked for, that meet in any order.
fn bits() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        4 => select(vec![
            "password", "token", "auth", "\"", "'", "\\", "\\\"", "=", ":", "::", " ", "  ", ",", "{", "}", "[", "]",
            "&", "@", "%40", ".", "-", "/", "://", "https://", "ann@a.example", "4111 1111 1111 1111", "4111111111111111",
            "DE89370400440532013000", "203.0.113.7", "2001:db8:1:2::5", "1", "12", "Bearer ", "Basic ", "abcdef0123456789",
            "YW5uOmI=", "eyJhbGciOi", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "[Filtered]", "[card]",
            "*", "null", "\n", "é", "世", "Authorization", "Cookie", ";", ">", "#0123456789abcdef",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    vec(bit, 0..24).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn scrubbed_twice_is_scrubbed_once_and_nothing_grows(text in bits()) {
        let strict = scrubber(json!({ "emails": "remove_all", "ip_addresses": "remove" }));
        for scrubber in [Scrubber::default(), strict] {
            let once = scrubber.scrub_text(&text).into_owned();
            prop_assert!(once.len() <= text.len(), "{:?} from {:?}", once, text);
            let twice = scrubber.scrub_text(&once).into_owned();
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn scrubbing_keeps_json_json(value in select(vec![
        json!("a"), json!(12), json!([1, "b"]), json!({ "c": "d\"e" }), json!("4111111111111111"), json!(false),
    ]), key in select(vec!["password", "a", "x-api-key"])) {
        let body = json!({ key: value, "z": [{ key: value }] }).to_string();
        let scrubbed = text(&body);
        prop_assert!(serde_json::from_str::<Value>(&scrubbed).is_ok(), "{}", scrubbed);
    }

    #[test]
    fn rules_are_safe_on_any_text(
        text in bits(),
        regex in select(vec![".", ".*", "\\w+", "\\[\\w+", "\\d+", "(?s).+", "é", "F"]),
        action in select(vec!["remove", "mask", "hash"]),
    ) {
        let rules = json!({ "rules": [{ "path": "extra.**", "regex": regex, "action": action }] });
        let after = scrubbed_by(&scrubber(rules), &json!({ "extra": { "a": text } }));
        let scrubbed = after["extra"]["a"].as_str().map_or(0, str::len);
        prop_assert!(scrubbed <= text.len());
    }
}

#[test]
fn a_shell_s_working_directory_stays_and_a_password_of_that_name_goes() {
    let found = scrubbed(&json!({
        "extra": { "env": { "PWD": "/srv/shop", "SHELL": "/bin/sh" }, "pwd": "/srv/shop", "PWD": "hunter2hunter2" },
        "request": { "env": { "PWD": "/srv/shop" } },
    }));
    assert_eq!(found["extra"]["env"], json!({ "PWD": "/srv/shop", "SHELL": "/bin/sh" }));
    assert_eq!(found["request"]["env"]["PWD"], "/srv/shop");
    assert_eq!((&found["extra"]["pwd"], &found["extra"]["PWD"]), (&json!("*"), &json!("[Filtered]")));
    assert_eq!(text("PWD=/srv/shop SHELL=/bin/sh"), "PWD=/srv/shop SHELL=/bin/sh");
    assert_eq!(text("Server=db;UID=sa;PWD=hunter2hunter2;"), "Server=db;UID=sa;PWD=[Filtered];");
}

#[test]
fn what_a_user_said_is_scrubbed_as_an_event_is() {
    let said = || Feedback {
        id: crate::EventId(uuid::Uuid::nil()),
        event_id: None,
        name: "Ada 4111 1111 1111 1111".into(),
        email: "ada@example.com".into(),
        message: "my card 4111 1111 1111 1111, write to bo@example.com".into(),
        url: "https://shop.example/pay?access_token=abcdefghijkl".into(),
        release: String::new(),
        environment: String::new(),
        timestamp: crate::Timestamp(0),
    };
    let scrubbed = |settings: Value| {
        let mut feedback = said();
        scrubber(settings).scrub_feedback(&mut feedback);
        let Feedback { name, email, message, url, .. } = feedback;
        [name, email, message, url]
    };
    // Whom to answer stays, as an event's user does.
    let [name, email, message, url] = scrubbed(json!({}));
    assert_eq!((name.as_str(), email.as_str()), ("Ada 4111 1111 1111 1111", "ada@example.com"));
    assert_eq!(message, "my card [card], write to [email]");
    assert_eq!(url, "https://shop.example/pay?access_token=[Filtered]");
    let [_, email, ..] = scrubbed(json!({ "emails": "remove_all" }));
    assert!(email.starts_with('#'), "{email}");
    let rules = json!([
        { "path": "contexts.feedback.name", "action": "remove" },
        { "path": "**.contact_email", "action": "mask" },
    ]);
    let [name, email, ..] = scrubbed(json!({ "rules": rules }));
    assert_eq!((name.as_str(), email.as_str()), ("[Filtered]", "***@*******.***"));
}

#[test]
fn stack_memory_of_a_crash_keeps_no_text() {
    // An address, `hunter2`, `pass` in UTF-16.
    let memory = "38e241fcff7f0000 68756e7465723200 7000610073007300 0000".replace(' ', "");
    let stack = |bytes: &str| json!({ "stack_memory": { "address": "0x7ffc", "bytes": bytes } });
    let found = scrubbed(&json!({ "contexts": stack(&memory) }));
    let masked = "38e241fcff7f0000 2a2a2a2a2a2a2a00 2a002a002a002a00 0000".replace(' ', "");
    assert_eq!(found["contexts"], stack(&masked));
    let note = &found["notes"][0];
    assert_eq!(note["path"], "contexts.stack_memory.bytes");
    assert_eq!(note["detail"], "text masked (memory_text)");
    let nonsense = json!({ "contexts": { "stack_memory": { "bytes": ["6"] } } });
    assert_eq!(scrubbed(&nonsense)["contexts"], nonsense["contexts"]);
}
