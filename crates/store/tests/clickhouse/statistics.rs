//! Counts, users, series and tag shares.

use mayday_event::{GroupHash, Timestamp};
use mayday_store::{
    queries::{Condition, EventFilter, Field, HashGroup, Pattern, Window, issues::Interval, tags::Tagged},
    rows::EventRow,
};

use crate::harness::{ALL, Fixture, NOW, PROJECT, row};

#[tokio::test]
async fn a_group_counts_the_events_and_users_of_all_its_hashes() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut rows: Vec<_> = (0..30).map(|n| row(n, 1, n as i64)).collect();
    rows.extend((30..40).map(|n| row(n, 2, n as i64)));
    rows.extend((40..45).map(|n| row(n, 3, n as i64)));
    let mut nobody = row(50, 2, 0);
    nobody.user = String::new();
    rows.push(nobody);
    store.insert_events("t", &rows).await.unwrap();
    let groups = [
        HashGroup { id: 10, hashes: vec![GroupHash(1), GroupHash(2)] },
        HashGroup { id: 11, hashes: vec![GroupHash(3)] },
        HashGroup { id: 12, hashes: vec![GroupHash(99)] },
    ];
    let stats = store.group_stats(PROJECT, &groups, ALL, &Condition::default()).await.unwrap();
    assert_eq!((stats[&10].events, stats[&10].users), (41, 3));
    assert_eq!((stats[&11].events, stats[&11].users), (5, 3));
    assert!(!stats.contains_key(&12));

    assert!(store.can_read_counts().await, "they were read in the slow way");

    let hashes = store.hash_stats(PROJECT, ALL, &Condition::default(), true).await.unwrap();
    let first = hashes.iter().find(|stats| stats.hash == GroupHash(1)).unwrap();
    assert_eq!(first.events, 30);
    let span = store.span_of(PROJECT, &[GroupHash(1)]).await.unwrap();
    assert_eq!(span, Some((NOW.plus_ms(-29 * 60_000), NOW)));
}

#[tokio::test]
async fn a_filter_counts_what_it_lets_through() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut rows: Vec<_> = (0..10).map(|n| row(n, 1, 0)).collect();
    for row in &mut rows[..4] {
        row.environment = "staging".into();
    }
    store.insert_events("t", &rows).await.unwrap();
    let filter = Condition::All(vec![
        Condition::OneOf(Field::Release, vec!["1.0".into()]),
        Condition::OneOf(Field::Environment, vec!["staging".into()]),
    ]);
    let group = HashGroup { id: 1, hashes: vec![GroupHash(1)] };
    let stats = store.group_stats(PROJECT, &[group], ALL, &filter).await.unwrap();
    assert_eq!(stats[&1].events, 4);
}

/// Sixty events an hour apart, of all releases, devices and environments in turn.
fn mixed() -> Vec<EventRow> {
    let mixed = |n: u128| EventRow {
        environment: ["staging", "production", "production"][n as usize % 3].into(),
        release: ["1.0", "2.0"][n as usize % 2].into(),
        os_version: ["13", "14", "15", "15"][n as usize % 4].into(),
        device_family: ["Pixel", "Galaxy", "iPhone", "Pixel", "Pixel"][n as usize % 5].into(),
        ..row(n, 1 + (n % 2) as u64, n as i64 * 60)
    };
    (0..60).map(mixed).collect()
}

fn is(field: Field, value: &str) -> Condition {
    Condition::OneOf(field, vec![value.to_owned()])
}

#[tokio::test]
async fn what_is_searched_is_counted_alike_from_rows_and_from_projections() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    store.insert_events("t", &mixed()).await.unwrap();
    let midnight = Timestamp(NOW.0 - NOW.0 % Timestamp::DAY_MS);
    let days = Window { from: midnight.plus_ms(-Timestamp::DAY_MS), to: midnight };
    let hours = Window { from: days.from.plus_ms(3_600_000), ..days };
    let staging = || is(Field::Environment, "staging");
    let android = Condition::Like(Field::OsName, Pattern(vec!["andr".into(), String::new()]));
    let asked = [
        (staging(), 20),
        (Condition::All(vec![is(Field::Release, "2.0"), android]), 30),
        (Condition::All(vec![staging(), Condition::Not(Box::new(is(Field::OsVersion, "15")))]), 10),
        (Condition::Any(vec![is(Field::DeviceFamily, "Galaxy"), is(Field::DeviceModel, "none")]), 12),
        (Condition::All(vec![is(Field::DeviceFamily, "Pixel"), is(Field::Release, "1.0")]), 18),
    ];
    for (condition, expected) in asked {
        // A field that no projection has: its rows are read.
        let from_rows = Condition::All(vec![condition.clone(), Condition::Has(Field::ErrorType)]);
        for window in [ALL, days, hours] {
            let mut counted = store.hash_stats(PROJECT, window, &condition, true).await.unwrap();
            let mut of_rows = store.hash_stats(PROJECT, window, &from_rows, true).await.unwrap();
            counted.sort_by_key(|of| of.hash);
            of_rows.sort_by_key(|of| of.hash);
            assert_eq!(counted, of_rows, "{condition:?}");
            let events: u64 = counted.iter().map(|of| of.events).sum();
            assert!(window != ALL || events == expected, "{condition:?}: {events}");
        }
    }
}

#[tokio::test]
async fn a_page_of_a_search_is_counted_at_once_as_it_is_part_by_part() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    store.insert_events("t", &mixed()).await.unwrap();
    let groups = [
        HashGroup { id: 10, hashes: vec![GroupHash(1), GroupHash(2)] },
        HashGroup { id: 11, hashes: vec![GroupHash(3)] },
    ];
    let midnight = Timestamp(NOW.0 - NOW.0 % Timestamp::DAY_MS);
    let two_days =
        Window { from: midnight.plus_ms(-Timestamp::DAY_MS), to: midnight.plus_ms(Timestamp::DAY_MS) };
    let conditions = [
        is(Field::Environment, "staging"),
        is(Field::Release, "1.0"),
        is(Field::DeviceFamily, "Pixel"),
        Condition::All(vec![is(Field::Release, "1.0"), is(Field::DeviceFamily, "Pixel")]),
        is(Field::Tag("os".into()), "Android 14"),
        is(Field::Release, "none"),
    ];
    for condition in conditions {
        for interval in [Interval::Hour, Interval::Day] {
            let (stats, series) =
                store.group_matches(PROJECT, &groups, two_days, interval, &condition).await.unwrap();
            let expected = store.group_stats(PROJECT, &groups, ALL, &condition).await.unwrap();
            assert_eq!(stats.get(&10), expected.get(&10), "{condition:?}");
            assert!(!stats.contains_key(&11));
            let expected =
                store.group_series(PROJECT, &groups, two_days, interval, &condition).await.unwrap();
            assert_eq!(series, expected, "{condition:?}");
        }
    }
}

#[tokio::test]
async fn a_tag_is_found_whatever_its_value() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = "9ec79c33ec9942ab8353589fcb2e04dc";
    let mut rows: Vec<_> = (0..10).map(|n| row(n, 1, n as i64)).collect();
    for (row, value) in rows.iter_mut().zip(["de_DE", "de_DE", "en", id, "id\nwith a line"]) {
        row.tags.insert("locale".into(), value.into());
    }
    rows[8].tags.insert("locale".into(), String::new());
    rows[9].tags.insert("release".into(), "another".into());
    store.insert_events("t", &rows).await.unwrap();
    let tag = |key: &str| Field::Tag(key.into());
    let one_of = |key: &str, values: &[&str]| {
        Condition::OneOf(tag(key), values.iter().map(|value| (*value).to_owned()).collect())
    };
    let not = |condition| Condition::Not(Box::new(condition));
    let expected = [
        (one_of("locale", &["de_DE"]), 2),
        (one_of("locale", &["de_DE", "en"]), 3),
        (one_of("locale", &["de"]), 0),
        (one_of("locale", &[id]), 1),
        (one_of("locale", &[id, "en"]), 2),
        (one_of("locale", &["id\nwith a line"]), 1),
        (not(one_of("locale", &["en"])), 9),
        (Condition::Has(tag("locale")), 5),
        (Condition::Has(tag("loc")), 0),
        (not(Condition::Has(tag("locale"))), 5),
        (one_of("release", &["another"]), 1),
        (Condition::Has(tag("release")), 10),
        (Condition::Like(tag("locale"), Pattern(vec!["DE".into(), String::new()])), 2),
    ];
    for (condition, events) in expected {
        let counted = store.hash_stats(PROJECT, ALL, &condition, false).await.unwrap();
        assert_eq!(counted.iter().map(|of| of.events).sum::<u64>(), events, "{condition:?}");
    }
}

#[tokio::test]
async fn a_series_has_every_bucket_and_adds_up() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> = (0..48).map(|n| row(n, 1, n as i64 * 30)).collect();
    store.insert_events("t", &rows).await.unwrap();
    let group = || [HashGroup { id: 1, hashes: vec![GroupHash(1)] }];
    let day = Window { from: NOW.plus_ms(-23 * 3_600_000), to: NOW.plus_ms(3_600_000) };
    let none = Condition::default();
    let hours = store.group_series(PROJECT, &group(), day, Interval::Hour, &none).await.unwrap();
    assert_eq!(hours[&1].len(), 24);
    assert!(hours[&1].windows(2).all(|pair| pair[1].0.since_ms(pair[0].0) == 3_600_000));
    assert_eq!(hours[&1].last().unwrap(), &(NOW, 1));
    let midnight = Timestamp(NOW.0 - NOW.0 % Timestamp::DAY_MS);
    let fortnight =
        Window { from: midnight.plus_ms(-13 * Timestamp::DAY_MS), to: midnight.plus_ms(Timestamp::DAY_MS) };
    let days = store.group_series(PROJECT, &group(), fortnight, Interval::Day, &none).await.unwrap();
    assert_eq!(days[&1].len(), 14);
    assert_eq!(days[&1].iter().map(|(_, events)| events).sum::<u64>(), 48);
}

#[tokio::test]
async fn tag_shares_are_those_of_the_events() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut rows: Vec<_> = (0..10).map(|n| row(n, 1, n as i64)).collect();
    for row in &mut rows[..3] {
        row.tags.insert("screen".into(), "Checkout".into());
    }
    rows[3].tags.insert("screen".into(), "Home".into());
    for row in &mut rows[..2] {
        row.flags.insert("new checkout".into(), "true".into());
    }
    store.insert_events("t", &rows).await.unwrap();
    let filter = EventFilter::default();
    let of = Tagged { project: PROJECT, hashes: &[GroupHash(1)], window: ALL, filter: &filter };
    let facets = store.tag_facets(of, 5).await.unwrap();
    let screen = facets.iter().find(|facet| facet.key == "screen").unwrap();
    assert_eq!((screen.total, screen.distinct), (4, 2));
    assert_eq!((screen.top[0].value.as_str(), screen.top[0].count), ("Checkout", 3));
    let one = store.tag_facet(of, "screen", 5).await.unwrap();
    assert_eq!(one.as_ref(), Some(screen));
    let flag = facets.iter().find(|facet| facet.key == "flags[new checkout]").unwrap();
    assert_eq!((flag.total, flag.top[0].value.as_str()), (2, "true"));
    assert_eq!(store.tag_facet(of, "flags[new checkout]", 5).await.unwrap().as_ref(), Some(flag));
    assert!(store.tag_facet(of, "nothing", 5).await.unwrap().is_none());
}
