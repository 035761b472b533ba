//! Counts, users, series and tag shares.

use mayday_event::{GroupHash, Timestamp};
use mayday_store::queries::{
    Condition, EventFilter, Field, HashGroup, Window, issues::Interval, tags::Tagged,
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

#[tokio::test]
async fn an_environment_is_counted_alike_from_rows_hours_days_and_weeks() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut rows: Vec<_> = (0..60).map(|n| row(n, 1, n as i64 * 60)).collect();
    for row in rows.iter_mut().step_by(3) {
        row.environment = "staging".into();
    }
    store.insert_events("t", &rows).await.unwrap();
    let staging = Condition::OneOf(Field::Environment, vec!["staging".into()]);
    // What asks for a release is counted from rows.
    let from_rows = Condition::All(vec![staging.clone(), Condition::Has(Field::Release)]);
    let midnight = Timestamp(NOW.0 - NOW.0 % Timestamp::DAY_MS);
    let days = Window { from: midnight.plus_ms(-Timestamp::DAY_MS), to: midnight };
    let hours = Window { from: days.from.plus_ms(3_600_000), ..days };
    let mut events = Vec::new();
    for window in [ALL, days, hours] {
        let counted = store.hash_stats(PROJECT, window, &staging, true).await.unwrap();
        assert_eq!(counted, store.hash_stats(PROJECT, window, &from_rows, true).await.unwrap());
        events.push(counted[0].events);
    }
    assert_eq!(events[0], 20);
    assert!((7..=8).contains(&events[1]) && events[2] <= events[1], "{events:?}");
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
