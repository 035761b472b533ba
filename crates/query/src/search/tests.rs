use proptest::prelude::*;

use super::{keys::KEYS, *};

fn printed(text: &str) -> String {
    Search::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

fn error(text: &str) -> String {
    Search::parse(text).unwrap_err().to_string()
}

fn texts(text: &str) -> Vec<Pattern> {
    let text_of = |term: &Term| match &term.filter {
        Filter::Text(text) => Some(text.clone()),
        _ => None,
    };
    Search::parse(text).unwrap().root.terms().filter_map(text_of).collect()
}

#[test]
fn every_kind_of_term_is_understood() {
    insta::assert_snapshot!([
        "  ",
        "is:unresolved  \"out of \\\"memory\\\"\" release:\"app@1.2 (3)\" assigned:me view",
        "is:[new, regressed] assignee:[none, ann@example.com] !is:archived is:unassigned",
        "release:>=1.2 !release:latest firstRelease:[1.*, \"latest\"] firstRelease:<latest release:\"\"",
        "lastSeen:-24h firstSeen:+2w lastSeen:>2026-01-01 firstSeen:2026-01-31 lastSeen:<=2026-01-31T10:00:00Z",
        "timesSeen:>100 userCount:<=10 !users:5",
        "level:[FATAL, error] error.handled:no error.unhandled:true platform:java",
        "os.name:Android os.version:14.* device.model:[\"Pixel 8\", SM-*] user.id:7 !user.email:*@example.com",
        "stack.function:-[Cart pay] stack.module:com.example.* flags[\"new checkout\"]:true tags[Screen]:Home screen:Cart",
        "has:user.email !has:flags[beta] has:screen !has:assigned has:\"tags[A b]\"",
        "stack.function:f(g(x)) (device.model:iPhone(12) OR title:\"f(\")",
        "title:\"*view*\" message:timeout error.value:\"100 \\*\" timeout* \\*",
        "a OR b c AND d OR (e OR f) (g (h)) ((i j) OR k)",
    ].map(printed).join("\n"));
}

#[test]
fn what_looks_like_text_is_text() {
    for text in [
        "IllegalStateException:",
        "std::io",
        "https://example.com/a:b",
        "12:30",
        "-[NSString",
        "C:\\dir",
        "main()",
        "fatal:",
        ":)",
        "foo(bar(1))",
        "!important",
        "and",
        "ORDER",
        "f(x):",
        "a\\b",
    ] {
        assert_eq!(texts(text), [Pattern(vec![text.into()])], "{text}");
    }
    assert_eq!(texts("(main() OR \"(x\")").len(), 2);
    assert_eq!(texts("\"AND\" and"), ["AND", "and"].map(|text| Pattern(vec![text.into()])));
}

#[test]
fn and_binds_stronger_than_or() {
    assert_eq!(Search::parse("a b OR c d"), Search::parse("(a AND b) OR (c AND d)"));
    assert_ne!(Search::parse("a b OR c d"), Search::parse("a (b OR c) d"));
    assert_eq!(Search::parse("((a))  AND (b)"), Search::parse("a b"));
}

#[test]
fn what_cannot_be_understood_is_named_with_its_place() {
    insta::assert_snapshot!(
        [
            error("view is:old"),
            error("release:"),
            error("a \"b c"),
            error("assigned:ann"),
            error("a (b OR c"),
            error("a ) b"),
            error("a ()"),
            error("OR a"),
            error("a OR"),
            error("(a OR ) b"),
            error("a AND AND b"),
            error("AND a"),
            error("a AND"),
            error("level:loud"),
            error("lastSeen:yesterday"),
            error("lastSeen:-24y"),
            error("lastSeen:2026-01-31T10:00:00Z"),
            error("timesSeen:many"),
            error("timesSeen:[1, 2]"),
            error("users:-1"),
            error("error.handled:perhaps"),
            error("os.version:>14"),
            error("tags[]:x"),
            error("has:is"),
            error("has:Screen"),
            error("release:[1.2, ]"),
            error("release:[1.2"),
            error("release:[\"a\" b]"),
            error("is:un*"),
            error("release:("),
            error("is:new !release:(1.0 OR 2.0)"),
            error("(level:error stack.function:f(g(x)"),
            error("stack.function:main) view"),
            error("title:[f(a, b)]"),
            error(&"(".repeat(MAX_DEPTH + 1)),
            error(&"a ".repeat(MAX_TERMS + 1)),
            error(&"a".repeat(MAX_LENGTH + 1)),
        ]
        .join("\n")
    );
}

#[test]
fn a_search_knows_whether_it_is_of_one_status() {
    let status = |text: &str| Search::parse(text).unwrap().status();
    assert_eq!(status("is:resolved view"), Some(Status::Resolved));
    assert_eq!(status("view"), None);
    for several in ["is:resolved OR view", "!is:resolved", "is:[resolved, ignored]", "is:new"] {
        assert_eq!(status(several), None, "{several}");
    }
}

#[test]
fn what_is_asked_of_events_is_known() {
    for of_events in ["release:1", "view", "!has:screen", "is:new OR (is:resolved level:fatal)"] {
        assert!(Search::parse(of_events).unwrap().narrows_events(), "{of_events}");
    }
    for of_issues in ["", "is:new", "timesSeen:>5 assigned:me", "firstRelease:1"] {
        assert!(!Search::parse(of_issues).unwrap().narrows_events(), "{of_issues}");
    }
}

/// Terms as people write them, and what is nearly one.
pub(crate) fn term() -> impl Strategy<Value = String> {
    let key = prop::sample::select(
        KEYS.iter()
            .copied()
            .chain(["screen", "tags[A b]", "flags[x]", "!os.name", "!has", "Error", "12"])
            .collect::<Vec<_>>(),
    );
    let value = prop_oneof![
        "[a-z0-9.*-]{1,6}",
        "\"[^\"\\\\]{0,6}\"",
        "[<>]=?[0-9.]{1,4}",
        "[-+][0-9]{1,3}[mhdwy]",
        "\\[[a-z*, \"]{0,8}\\]",
        prop::sample::select(vec![
            "new",
            "me",
            "latest",
            "\"latest\"",
            "fatal",
            "true",
            "2026-01-31",
            "\"\"",
            ""
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        (key, value).prop_map(|(key, value)| format!("{key}:{value}")),
        "[a-zA-Z*\\\\():\"!]{1,8}",
        prop::sample::select(vec!["AND", "OR", "(", ")", "( a", "b )"]).prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn no_input_is_too_strange(text in any::<String>()) {
        if let Err(error) = Search::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}");
        }
    }

    #[test]
    fn what_is_printed_is_read_back_the_same(terms in prop::collection::vec(term(), 0..6)) {
        let text = terms.join(" ");
        match Search::parse(&text) {
            Ok(search) => prop_assert_eq!(Search::parse(&search.to_string()), Ok(search), "{}", text),
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}"),
        }
    }

    #[test]
    fn what_is_quoted_is_found_as_it_is(text in ".{1,80}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('*', "\\*"));
        prop_assert_eq!(texts(&quoted), [Pattern(vec![text.clone()])]);
        let expected = Filter::Field(Field::ErrorValue, vec![Pattern(vec![text])]);
        let parsed = Search::parse(&format!("error.value:{quoted}")).unwrap();
        prop_assert_eq!(parsed.root, Node::Term(Term::of(expected)));
    }
}
