use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::tests::{counted, read};

fn rules(fingerprint: &str, stack_trace: &str) -> Result<Rules, String> {
    let settings = GroupingSettings {
        fingerprint_rules: fingerprint.to_owned(),
        stack_trace_rules: stack_trace.to_owned(),
    };
    Rules::compile(&settings).map_err(|error| error.to_string())
}

/// What counts, of an event under rules.
fn decided(payload: &Value, fingerprint: &str, stack_trace: &str) -> String {
    counted(&crate::group(read(payload), &rules(fingerprint, stack_trace).unwrap()))
}

fn title(payload: &Value, fingerprint: &str) -> String {
    crate::group(read(payload), &rules(fingerprint, "").unwrap()).title.title
}

fn crash() -> Value {
    json!({
        "platform": "java", "logger": "shop.net", "level": "fatal", "transaction": "Checkout", "release": "shop@1.2",
        "tags": { "store": "berlin" }, "sdk": { "name": "sentry.java.android" },
        "exception": [
            { "type": "TimeoutException", "value": "Connection to 10.0.0.1 timed out", "stacktrace": { "frames": [
                { "module": "android.os.Looper", "function": "loop", "in_app": false },
                { "module": "shop.Checkout", "function": "pay", "in_app": true, "filename": "Checkout.kt" },
                { "module": "shop.net.Client", "function": "send", "in_app": true, "filename": "Client.kt" },
                { "module": "okhttp3.RealCall", "function": "execute", "in_app": false },
            ] } },
            { "type": "PaymentFailed", "value": "cannot pay" },
        ],
    })
}

#[test]
fn a_fingerprint_rule_overrides_the_default_and_the_first_that_fits_counts() {
    for (rule, expected) in [
        ("error.type:TimeoutException -> timeout", "rule: fingerprint timeout"),
        ("type:Nothing -> a\n# why\n\ntype:Timeout* -> b\ntype:* -> c", "rule: fingerprint b"),
        ("value:\"connection to * TIMED out\" -> slow", "rule: fingerprint slow"),
        ("message:\"cannot pay\" -> m", "rule: fingerprint m"),
        ("logger:shop.* level:FATAL tags.store:berlin release:shop@* -> l", "rule: fingerprint l"),
        ("sdk:sentry.cocoa,sentry.java.android family:other -> s", "rule: fingerprint s"),
        ("function:send module:shop.net.* app:yes -> f", "rule: fingerprint f"),
        ("path:**/client.kt -> p", "rule: fingerprint p"),
        ("!function:send function:execute -> n", "rule: fingerprint n"),
        (
            "type:Timeout* -> a-{{ tags.store }} , {{error.type}}, {{ function }} {{ tags.none }}",
            "rule: fingerprint a-berlin, fingerprint PaymentFailed, fingerprint send, fingerprint <no-value-for-tag>",
        ),
        (
            "type:Timeout* -> {{ default }}, {{ transaction }}",
            "rule: type TimeoutException, frame shop.net.Client:send, frame shop.Checkout:pay, fingerprint Checkout",
        ),
        // All of one frame, or not at all.
        (
            "function:send module:okhttp3.* -> x",
            "stacktrace: type TimeoutException, frame shop.net.Client:send, frame shop.Checkout:pay",
        ),
        (
            "type:Timeout* value:\"cannot pay\" -> x",
            "stacktrace: type TimeoutException, frame shop.net.Client:send, frame shop.Checkout:pay",
        ),
    ] {
        assert_eq!(decided(&crash(), rule, ""), expected, "{rule}");
    }
}

#[test]
fn a_fingerprint_rule_names_the_issue_and_comes_before_the_apps_own() {
    assert_eq!(
        title(&crash(), r#"type:Timeout* -> t title="No answer: {{ type }}""#),
        "No answer: PaymentFailed"
    );
    assert_eq!(title(&crash(), "type:Timeout* -> t"), "PaymentFailed: cannot pay");
    let mut own = crash();
    own["fingerprint"] = json!(["{{ error.type }}", "{{ unheard of }}", "mine"]);
    assert_eq!(
        decided(&own, "", ""),
        "sdk: fingerprint PaymentFailed, fingerprint {{ unheard of }}, fingerprint mine"
    );
    assert_eq!(decided(&own, "type:Timeout* -> t", ""), "rule: fingerprint t");
}

#[test]
fn stack_trace_rules_say_whose_frames_are_and_which_count() {
    let type_and = |frames: &str| format!("stacktrace: type TimeoutException, {frames}");
    let default = "frame shop.net.Client:send, frame shop.Checkout:pay";
    for (rule, expected) in [
        ("function:send -app", "frame shop.Checkout:pay"),
        ("function:send -group", "frame shop.Checkout:pay"),
        ("module:okhttp3.* +app", "frame okhttp3.RealCall:execute, frame shop.net.Client:send"),
        (
            "module:okhttp3.* +group",
            "frame okhttp3.RealCall:execute, frame shop.net.Client:send, frame shop.Checkout:pay",
        ),
        ("function:pay v-group ^-app", "frame shop.Checkout:pay"),
        ("function:send v-app", "frame shop.net.Client:send"),
        ("family:other max-frames=1", "frame shop.net.Client:send"),
        ("family:native max-frames=1", default),
        ("app:yes -app\nfunction:pay +app", "frame shop.Checkout:pay"),
        ("function:pay +app\napp:yes -app\nfunction:send +app", "frame shop.net.Client:send"),
        ("[ function:pay ] | module:shop.* -group", "frame shop.Checkout:pay"),
        ("module:shop.* | [ module:okhttp3.* ] -group", "frame shop.Checkout:pay"),
        ("[ function:send ] | module:shop.* -group", default),
        ("error.type:Timeout* function:send -group", "frame shop.Checkout:pay"),
        ("error.type:Other* function:send -group", default),
        ("function:send category=net\ncategory:net -group", "frame shop.Checkout:pay"),
        (
            "category:threadbase +app\nfunction:send -group\nfunction:pay -group",
            "frame android.os.Looper:loop",
        ),
        ("module:* invert-stacktrace=1", "frame shop.Checkout:pay, frame shop.net.Client:send"),
        ("!module:shop.Checkout -group", "frame shop.Checkout:pay"),
    ] {
        assert_eq!(decided(&crash(), "", rule), type_and(expected), "{rule}");
    }
    assert_eq!(
        decided(&crash(), "", "app:yes min-frames=3"),
        "exception: type TimeoutException, message Connection to <ip> timed out"
    );
}

#[test]
fn the_reasons_name_the_rule() {
    let rules = rules("", "# ours\nfunction:send -group").unwrap();
    let grouping = crate::group(read(&crash()), &rules).grouping;
    let left = grouping.components.iter().find(|component| component.value.ends_with("send")).unwrap();
    assert_eq!((left.contributes, left.reason.as_str()), (false, "stack-trace rule, line 2: -group"));
}

#[test]
fn a_bad_rule_is_refused_with_its_place() {
    for (fingerprint, stack_trace, problem) in [
        ("\nfoo:bar -> x", "", "fingerprint_rules: line 2, column 1: there is no matcher foo in such rules"),
        (
            "type:A",
            "",
            "fingerprint_rules: line 1, column 7: -> and a fingerprint have to follow the matchers",
        ),
        ("type:A ->", "", "fingerprint_rules: line 1, column 10: a fingerprint has to follow the ->"),
        ("type:A -> {{ zzz }}", "", "fingerprint_rules: line 1, column 11: there is no variable {{ zzz }}"),
        (
            "type:\"A -> x",
            "",
            "fingerprint_rules: line 1, column 6: the quotes that open here are not closed",
        ),
        (
            "type:[A -> x",
            "",
            "fingerprint_rules: line 1, column 6: a [ is not closed; escape it as \\[ if it is meant",
        ),
        (
            "-> x",
            "",
            "fingerprint_rules: line 1, column 1: a rule begins with a matcher such as error.type:TimeoutError",
        ),
        ("app:maybe -> x", "", "fingerprint_rules: line 1, column 5: app: is yes or no, not maybe"),
        (
            "type:a -> x{{ default }}",
            "",
            "fingerprint_rules: line 1, column 11: {{ default }} has to stand alone between commas",
        ),
        (
            "",
            "function:a",
            "stack_trace_rules: line 1, column 11: an action such as +app or -group has to follow the matchers",
        ),
        (
            "",
            "function:a max-frames=x",
            "stack_trace_rules: line 1, column 12: max-frames is a number from 0 to 250",
        ),
        (
            "",
            "logger:a +app",
            "stack_trace_rules: line 1, column 1: there is no matcher logger in such rules",
        ),
        (
            "",
            "[ function:a | function:b +app",
            "stack_trace_rules: line 1, column 14: ] is missing here; leave a blank before it",
        ),
        (
            "",
            "family:x +app",
            "stack_trace_rules: line 1, column 8: family: is javascript, native, other or all, not x",
        ),
    ] {
        let refused = rules(fingerprint, stack_trace).err().unwrap_or_default();
        assert_eq!(refused, format!("grouping.{problem}"));
    }
    let refused = rules("", "function:a ~app").err().unwrap();
    assert!(refused.contains("line 1, column 12: ~app is neither a matcher nor an action"), "{refused}");
    let many = "type:a -> b\n".repeat(RULES + 1);
    assert!(rules(&many, "").err().unwrap().contains("line 301, column 1: there are more than 300 rules"));
    assert!(rules(&"#".repeat(30_001), "").err().unwrap().contains("has more than 30000 bytes"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_itself(text in r#"([a-z.:!\[\]|{}"*\\#>,=+^ -]|type|function|-> |\{\{ default \}\}|é|\n){0,40}"#) {
        for (fingerprint, stack_trace) in [(text.as_str(), ""), ("", text.as_str())] {
            match rules(fingerprint, stack_trace) {
                Ok(rules) => {
                    crate::group(read(&crash()), &rules);
                }
                Err(problem) => {
                    let line = problem.split_once("line ").and_then(|(_, rest)| rest.split_once(','));
                    let line: usize = line.unwrap().0.parse().unwrap();
                    prop_assert!((1..=text.lines().count()).contains(&line), "{}", problem);
                }
            }
        }
    }

    #[test]
    fn a_quoted_pattern_fits_the_text_it_was_made_of(value in r"[ -~]{1,30}") {
        let escaped: String = value.chars().flat_map(|c| {
            let escape = (!c.is_ascii_alphanumeric() && c != '"' && c != ' ').then_some('\\');
            let quote = (c == '"').then_some('\\');
            escape.into_iter().chain(quote).chain([c])
        }).collect();
        let payload = json!({ "exception": [{ "type": "E", "value": value.clone() }] });
        prop_assume!(!value.trim().is_empty() && value == value.trim());
        let found = decided(&payload, &format!("value:\"{escaped}\" -> hit"), "");
        prop_assert_eq!(found, "rule: fingerprint hit");
    }
}
