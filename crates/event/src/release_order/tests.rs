use std::cmp::Ordering::{Equal, Greater, Less};

use proptest::prelude::*;

use super::*;

#[track_caller]
fn rises(releases: &[&str]) {
    for (place, one) in releases.iter().enumerate() {
        assert_eq!(compare(one, one), Some(Equal));
        for later in &releases[place + 1..] {
            assert_eq!(compare(one, later), Some(Less), "{one} before {later}");
            assert_eq!(compare(later, one), Some(Greater), "{later} after {one}");
            assert!(Rank::of(one) < Rank::of(later), "{one} below {later}");
        }
    }
}

#[test]
fn versions_rise_as_numbers_do() {
    rises(&["app@1.2.3", "app@1.2.10", "app@1.3", "app@1.3.0.1", "app@1.3.1", "app@2"]);
    rises(&[
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
    ]);
    rises(&["1.0a1", "1.0b2", "1.0rc1", "1.0"]);
    rises(&["com.example@9.1.0+99", "com.example@9.1.0+100", "com.example@9.2.0+1"]);
    rises(&["a@1.0+3", "a@1.0+3.2", "a@1.0+4.0.1", "a@1.0+20261128204851"]);
    rises(&["5.4", "5.4 (99)", "5.4(1234)", "5.5 (1)"]);
}

#[test]
fn in_a_list_every_release_has_its_place() {
    let lowest_first = ["nightly", "b@1.0", "a@1.1", "a@1.1+2", "b@1.1+10", "a@1.1+abc", "2.0-rc.1", "b@2.0"];
    let mut sorted = lowest_first;
    sorted.reverse();
    sorted.sort_by_cached_key(|release| Rank::of(release));
    assert_eq!(sorted, lowest_first);
    assert_eq!(Rank::of("a1b2c3d4"), Rank::of("nightly"));
}

#[test]
fn one_version_is_written_in_more_than_one_way() {
    for (one, other) in [
        ("1.2", "1.2.0.0"),
        ("5.4 (1234)", "5.4.0+1234"),
        ("a@1.0+7", "a@1.0.0+7.0"),
        ("@scope/app@1.0", "@scope/app@1.0.0"),
    ] {
        assert_eq!(compare(one, other), Some(Equal), "{one} is {other}");
    }
}

#[test]
fn some_releases_have_no_order() {
    for (one, other) in [
        ("app@1.0", "other@2.0"),
        ("app@1.0", "2.0"),
        ("app@1.0+abc", "app@1.0+def"),
        ("app@1.0+abc", "app@1.0+12"),
        ("1.0", "nightly"),
        ("7e3f9c2b1d", "1.0"),
        ("1a1", "2.0"),
        ("app@", "app@1.0"),
        ("", "1.0"),
        ("99999999999999999999999.0", "1.0"),
        ("1.2.3.4.5", "1.2.3.4"),
    ] {
        assert_eq!(compare(one, other), None, "{one} and {other}");
    }
    assert_eq!(compare("nightly", "nightly"), Some(Equal));
    assert_eq!(compare("app@1.0+abc", "app@1.1+def"), Some(Less));
}

fn release() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(a@)?[0-3](\\.[0-3]){0,3}(-(rc|beta)\\.[0-9]|b1)?(\\+[0-9]{1,2}(\\.[0-2])?|\\+abc| \\([1-9]\\))?",
        1 => "\\PC{0,40}",
    ]
}

proptest! {
    #[test]
    fn the_order_is_one(one in release(), two in release(), three in release()) {
        prop_assert_eq!(compare(&one, &one), Some(Equal));
        prop_assert_eq!(compare(&one, &two), compare(&two, &one).map(Ordering::reverse));
        if compare(&one, &two) == Some(Less) && compare(&two, &three) == Some(Less) {
            prop_assert_eq!(compare(&one, &three), Some(Less));
        }
        if compare(&one, &two) == Some(Equal) {
            prop_assert_eq!(compare(&one, &three), compare(&two, &three));
        }
    }
}
