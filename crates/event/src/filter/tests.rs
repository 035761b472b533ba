use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ids::EventId;

fn event(members: Value) -> Event {
    let mut event = json!({
        "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "timestamp": 0, "received": 0, "level": "error",
        "platform": "java", "release": "com.example.shop@4.2.0+420", "environment": "production",
    });
    event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    serde_json::from_value(event).unwrap()
}

fn filters(settings: Value) -> Filters {
    Filters::compile(&serde_json::from_value(settings).unwrap()).unwrap()
}

/// The rule that drops it.
fn rule(settings: Value, members: Value) -> Option<String> {
    filters(settings).verdict(&event(members), Some("203.0.113.7".parse().unwrap())).map(|it| it.rule)
}

fn refused(settings: Value) -> String {
    Filters::compile(&serde_json::from_value(settings).unwrap()).unwrap_err().to_string()
}

#[test]
fn nothing_is_dropped_without_filters() {
    assert_eq!(rule(json!({}), json!({})), None);
}

#[test]
fn releases_fit_by_name_or_by_version() {
    let dropped = |pattern: &str| rule(json!({ "releases": ["no", pattern] }), json!({})).is_some();
    for pattern in ["4.2.*", "4.2.0", "4.2.0+420", "com.example.*", "*@4.*", "COM.EXAMPLE.shop@4.2.0+420"] {
        assert!(dropped(pattern), "{pattern}");
    }
    for pattern in ["4.2", "4.20.*", "shop", "*.3", "4.2.0*421"] {
        assert!(!dropped(pattern), "{pattern}");
    }
    assert_eq!(rule(json!({ "releases": ["4.*"] }), json!({ "release": null })), None);
}

#[test]
fn messages_fit_by_title_value_or_log_text() {
    let exception = json!({ "exception": [
        { "type": "IOException", "value": "Broken pipe" }, { "type": "CheckoutError", "value": "card declined: 51" },
    ] });
    let dropped = |pattern: &str| rule(json!({ "error_messages": [pattern] }), exception.clone());
    assert_eq!(dropped("checkouterror: *declined*").as_deref(), Some("checkouterror: *declined*"));
    assert!(dropped("broken pipe").is_some());
    assert!(dropped("IOException*").is_some());
    assert!(dropped("declined").is_none());
    let logged = json!({ "logentry": { "formatted": "ResizeObserver loop limit exceeded" } });
    assert!(rule(json!({ "error_messages": ["ResizeObserver*"] }), logged).is_some());
}

#[test]
fn addresses_are_the_senders_or_the_users() {
    let dropped = |network: &str, user: &str| {
        let members = json!({ "user": { "ip_address": user } });
        rule(json!({ "ip_addresses": [network] }), members).is_some()
    };
    assert!(dropped("203.0.113.0/24", "198.51.100.1"));
    assert!(dropped("203.0.113.7", "198.51.100.1"));
    assert!(dropped("198.51.100.1", "198.51.100.1"));
    assert!(dropped("2001:db8::/32", "2001:db8:1::5"));
    assert!(dropped("198.51.100.0/24", "::ffff:198.51.100.1"));
    assert!(!dropped("203.0.112.0/24", "198.51.100.1"));
}

#[test]
fn old_versions_are_dropped_by_the_minimum_of_their_platform() {
    let settings =
        json!({ "minimum_app_version": "4.2", "minimum_app_version_of": { "iOS": "5.0.0-beta.2" } });
    let of = |members| rule(settings.clone(), members);
    assert_eq!(of(json!({})), None);
    assert_eq!(of(json!({ "release": "shop@4.1.9" })).as_deref(), Some("4.1.9 is older than 4.2"));
    assert_eq!(of(json!({ "release": "4.2.0-rc.1" })).as_deref(), Some("4.2.0-rc.1 is older than 4.2"));
    assert_eq!(of(json!({ "release": "fd3a1be", "contexts": {} })), None);
    let ios = |version: &str| {
        of(json!({ "contexts": { "os": { "name": "iOS" }, "app": { "app_version": version } } })).is_some()
    };
    assert!(ios("4.9"));
    assert!(ios("5.0.0-beta.1"));
    assert!(!ios("5.0.0-beta.10"));
    assert!(!ios("5.0"));
    assert!(!ios("10.0 (99)"));
}

#[test]
fn a_sample_is_a_share_and_the_same_each_time() {
    let filters = filters(json!({ "sample_rates": [
        { "rate": 1.0, "release": "4.3.*" }, { "rate": 0.25, "environment": "prod*" }, { "rate": 0.0 },
    ] }));
    let kept = |members: &Value| {
        let mut event = event(members.clone());
        let kept = |number: &u128| {
            event.event_id = EventId(uuid::Uuid::from_u128(*number << 64));
            let verdict = filters.verdict(&event, None);
            assert_eq!(filters.verdict(&event, None), verdict);
            verdict.is_none()
        };
        (0..4_000_u128).filter(kept).count()
    };
    assert_eq!(kept(&json!({ "release": "shop@4.3.1" })), 4_000);
    assert_eq!(kept(&json!({ "environment": "staging" })), 0);
    let share = kept(&json!({}));
    assert!((900..1_100).contains(&share), "{share} of 4000 at a rate of 0.25");
    let dropped = filters.verdict(&event(json!({ "environment": "staging" })), None).unwrap();
    assert_eq!((dropped.reason, dropped.rule.as_str()), ("filter_sample", "sample rate 0"));
}

#[test]
fn a_rule_that_cannot_be_used_is_named() {
    assert_eq!(refused(json!({ "releases": ["1.*", ""] })), "filters.releases[1]: is empty");
    insta::assert_snapshot!(
        refused(json!({ "error_messages": ["**"] })),
        @"filters.error_messages[0]: fits everything; disable the project's keys instead"
    );
    insta::assert_snapshot!(
        refused(json!({ "ip_addresses": ["203.0.113.0/33"] })),
        @r#"filters.ip_addresses[0]: "203.0.113.0/33" is no address and no network such as 203.0.113.0/24"#
    );
    insta::assert_snapshot!(
        refused(json!({ "minimum_app_version_of": { "ios": "latest" } })),
        @r#"filters.minimum_app_version_of.ios: "latest" is no version such as 4.2.0"#
    );
    insta::assert_snapshot!(
        refused(json!({ "sample_rates": [{ "rate": 1.5 }] })),
        @"filters.sample_rates[0]: rate is 1.5, must be 0 to 1"
    );
    assert!(refused(json!({ "releases": vec!["1.*"; 101] })).ends_with("more than 100 entries"));
    assert!(refused(json!({ "releases": ["x".repeat(201)] })).ends_with("longer than 200 bytes"));
}

proptest! {
    #[test]
    fn a_pattern_fits_as_its_regular_expression(pattern in "[ab*]{1,8}", text in "[ab]{0,10}") {
        let expression = format!("^{}$", pattern.replace('*', ".*"));
        let expected = regex::Regex::new(&expression).unwrap().is_match(&text);
        prop_assert_eq!(Glob::compile(&pattern).unwrap().fits(&text), expected);
    }

    #[test]
    fn any_text_is_a_version_or_none(text in "\\PC{0,20}") {
        if let Some(version) = Version::parse(&text) {
            prop_assert!(version >= version.clone());
        }
    }
}
