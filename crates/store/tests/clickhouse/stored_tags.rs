//! Tags, whichever way they are stored.

use std::collections::BTreeMap;

use mayday_event::GroupHash;
use mayday_store::queries::{
    Condition, EventFilter, Field, Pattern,
    tags::{TagFacet, Tagged},
};

use crate::harness::{ALL, Fixture, PROJECT, row};

const LONG: &str = "https://shop.example/checkout/with/a/long/path";

/// Events with tags that are columns, that have a column's name and another value, with long values and with flags.
fn rows() -> Vec<mayday_store::rows::EventRow> {
    let mut rows: Vec<_> = (0..12).map(|n| row(n, 1, n as i64)).collect();
    for (n, row) in rows.iter_mut().enumerate() {
        let release = if n < 3 { "own" } else { "1.0" };
        let url = if n % 2 == 0 { LONG } else { "short" };
        row.tags.extend([("release", release), ("url", url)].map(|(key, value)| (key.into(), value.into())));
        row.flags.insert("checkout".into(), (n % 3 == 0).to_string());
    }
    rows
}

/// The shares that a reader would count: tags that are columns are the column's unless there is an own one.
fn shares(facets: &[TagFacet]) -> BTreeMap<&str, Vec<(&str, u64)>> {
    facets
        .iter()
        .map(|facet| {
            (facet.key.as_str(), facet.top.iter().map(|top| (top.value.as_str(), top.count)).collect())
        })
        .collect()
}

async fn check(fixture: &Fixture) {
    let store = &fixture.store;
    let filter = EventFilter::default();
    let of = Tagged { project: PROJECT, hashes: &[GroupHash(1)], window: ALL, filter: &filter };
    let facets = store.tag_facets(of, 5).await.unwrap();
    let shares = shares(&facets);
    assert_eq!(shares["release"], [("1.0", 9), ("own", 3)]);
    assert_eq!(shares["url"], [(LONG, 6), ("short", 6)]);
    assert_eq!(shares["flags[checkout]"], [("false", 8), ("true", 4)]);
    assert_eq!(shares["sdk.name"], [("sentry.java.android", 12)]);
    assert_eq!(shares["user"], [("id:0", 4), ("id:1", 4), ("id:2", 4)]);
    assert_eq!(shares["os"], [("Android 14", 12)]);
    assert!(!shares.contains_key("dist"), "{shares:?}");
    for facet in &facets {
        let one = store.tag_facet(of, &facet.key, 5).await.unwrap().unwrap();
        assert_eq!((one.total, one.distinct), (facet.total, facet.distinct));
        assert_eq!(self::shares(&[one]), self::shares(std::slice::from_ref(facet)));
    }

    let is = |key: &str, value: &str| Condition::OneOf(Field::Tag(key.into()), vec![value.into()]);
    let begins = |key: &str, start: &str| {
        Condition::Like(Field::Tag(key.into()), Pattern(vec![start.into(), String::new()]))
    };
    for (condition, expected) in [
        (is("release", "own"), 3),
        (is("release", "1.0"), 9),
        (is("url", LONG), 6),
        (is("url", "short"), 6),
        (begins("url", "HTTPS://shop"), 6),
        (begins("url", "s"), 6),
        (begins("release", "1"), 9),
    ] {
        let counted = store.hash_stats(PROJECT, ALL, &condition, false).await.unwrap();
        assert_eq!(counted.iter().map(|of| of.events).sum::<u64>(), expected, "{condition:?}");
    }

    let events = store.events(PROJECT, &[], ALL, &filter, None, 20).await.unwrap();
    let newest: BTreeMap<_, _> = events[0].tags.iter().cloned().collect();
    assert_eq!((newest["release"].as_str(), newest["url"].as_str()), ("own", LONG));
    assert_eq!((newest["os"].as_str(), newest["device.model"].as_str()), ("Android 14", "Pixel 8"));
}

#[tokio::test]
async fn tags_that_are_stored_in_several_ways_are_counted_and_found() {
    let fixture = Fixture::new().await;
    fixture.store.insert_events("t", &rows()).await.unwrap();
    check(&fixture).await;

    let mut own = row(20, 2, 0);
    for key in ["flags[checkout]", "sdk.name"] {
        own.tags.insert(key.into(), "own".into());
    }
    own.flags.insert("checkout".into(), "true".into());
    fixture.store.insert_events("own", &[own]).await.unwrap();
    let filter = EventFilter::default();
    let of = Tagged { project: PROJECT, hashes: &[GroupHash(2)], window: ALL, filter: &filter };
    let facets = fixture.store.tag_facets(of, 5).await.unwrap();
    let shares = shares(&facets);
    assert_eq!((&shares["flags[checkout]"], &shares["sdk.name"]), (&vec![("own", 1)], &vec![("own", 1)]));
}

/// As all rows were stored before tags were stored once: `tag_pairs` was made of `tags`.
#[tokio::test]
async fn tags_of_earlier_rows_are_counted_and_found() {
    let fixture = Fixture::new().await;
    let rows = rows();
    fixture.store.insert_events("t", &rows).await.unwrap();
    let each: Vec<String> = rows
        .iter()
        .map(|row| {
            let mut tags = row.tags.clone();
            for (key, value) in [("device.model", "Pixel 8"), ("os.name", "Android"), ("user", &row.user)] {
                tags.entry(key.into()).or_insert_with(|| value.to_owned());
            }
            let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("'{key}', '{value}'")).collect();
            format!("event_id = '{}', map({})", row.event_id.0, pairs.join(", "))
        })
        .collect();
    let client = fixture.client();
    let columns = "SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns
        WHERE database = 'test' AND table = 'events' AND name != 'tag_pairs' AND default_kind != 'MATERIALIZED'";
    let columns: String = client.query(columns).fetch_one().await.unwrap();
    let earlier = format!(
        "INSERT INTO test.events ({columns}) SELECT {columns} FROM (
             SELECT * REPLACE (multiIf({}, map()) AS tags, revision + 1 AS revision) FROM test.events
         )",
        each.join(", ")
    );
    client.query(&earlier).execute().await.unwrap();
    client.query("DELETE FROM test.events WHERE revision = 0").execute().await.unwrap();
    check(&fixture).await;
}

#[tokio::test]
async fn shares_of_many_events_are_estimated_from_a_part_of_them() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    store.insert_events("t", &[row(1, 1, 0)]).await.unwrap();
    let many = "INSERT INTO test.events SELECT * EXCEPT number REPLACE (
             generateUUIDv4() AS event_id, if(number % 4 = 0, '2.0', '1.0') AS release,
             timestamp - toIntervalSecond(number) AS timestamp
         ) FROM test.events CROSS JOIN numbers(599999) AS numbers";
    fixture.client().query(many).execute().await.unwrap();
    let filter = EventFilter::default();
    let of = Tagged { project: PROJECT, hashes: &[GroupHash(1)], window: ALL, filter: &filter };
    let facets = store.tag_facets(of, 5).await.unwrap();
    let release = facets.iter().find(|facet| facet.key == "release").unwrap();
    assert_eq!(release.step, 19);
    assert!(release.total.abs_diff(600_000) < 30_000, "{release:?}");
    assert!(release.top[1].count.abs_diff(150_000) < 7_500, "{release:?}");
    let exact = store.tag_facet(of, "release", 5).await.unwrap().unwrap();
    assert_eq!((exact.step, exact.total, exact.top[1].count), (1, 600_000, 150_000));
}
