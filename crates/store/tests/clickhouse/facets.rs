//! Series in any buckets, distributions, shares and what is compared to find suspects; also against a naive count.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mayday_event::{GroupHash, Timestamp};
use mayday_store::{
    Store,
    queries::{
        EventFilter, Window,
        dimensions::Dimension,
        issues::USERS_ERROR,
        series::{Buckets, Counted},
        suspects::{Compared, Sample},
        tags::Tagged,
        voices::{AttributeCount, Sides},
    },
    rows::EventRow,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use crate::harness::{ALL, Fixture, NOW, PROJECT, row};

fn everything() -> EventFilter {
    EventFilter::default()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn between(edges: &[&str]) -> Buckets {
    Buckets::between(edges.iter().map(|edge| at(edge)).collect()).unwrap()
}

fn row_at(number: u128, hash: u64, time: &str) -> EventRow {
    EventRow { timestamp: at(time), received: at(time), ..row(number, hash, 0) }
}

#[tokio::test]
async fn days_are_counted_as_their_zone_has_them() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let times = [
        "2026-10-24T21:59:59.999Z", // Berlin: the 24th, 23:59
        "2026-10-24T22:00:00Z",     // Berlin: the 25th, 00:00, summer time
        "2026-10-25T22:59:59.999Z", // Berlin: the 25th, 23:59, winter time
        "2026-10-25T23:00:00Z",     // Berlin: the 26th
        "2026-10-25T18:29:59.999Z", // Kolkata: the 25th
        "2026-10-25T18:30:00Z",     // Kolkata: the 26th
    ];
    let rows: Vec<_> = times.iter().zip(1..).map(|(time, number)| row_at(number, 1, time)).collect();
    store.insert_events("t", &rows).await.unwrap();
    let series = async |edges: &[&str]| {
        let of = Counted { project: PROJECT, hashes: &[GroupHash(1)], filter: &everything() };
        store.series(of, &between(edges)).await.unwrap()
    };
    let berlin =
        ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"];
    assert_eq!(series(&berlin).await, [1, 4, 1]);
    let kolkata = ["2026-10-24T18:30:00Z", "2026-10-25T18:30:00Z", "2026-10-26T18:30:00Z"];
    assert_eq!(series(&kolkata).await, [3, 3]);
    let minutes = ["2026-10-25T22:59:00Z", "2026-10-25T23:00:00Z", "2026-10-25T23:01:00Z"];
    assert_eq!(series(&minutes).await, [1, 1]);
}

#[tokio::test]
async fn a_distribution_tells_values_apart() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut rows: Vec<_> = (0..10).map(|n| row(n, 1, 60 * (n as i64 / 5))).collect();
    for row in &mut rows[..3] {
        row.release = "2.0".into();
    }
    rows[9].release = String::new();
    rows[9].flags.insert("new_checkout".into(), "true".into());
    rows[9].tags.insert("screen".into(), "Pay".into());
    store.insert_events("t", &rows).await.unwrap();
    let hour = |n: i64| NOW.plus_ms(n * Timestamp::HOUR_MS);
    let buckets = Buckets::between(vec![hour(-1), hour(0), hour(1)]).unwrap();
    let filter = everything();
    let by = async |name: &str, top| {
        let of = Counted { project: PROJECT, hashes: &[GroupHash(1)], filter: &filter };
        store.distribution(of, &Dimension::new(name), &buckets, top).await.unwrap()
    };
    let releases = by("release", 2).await;
    assert_eq!((releases.events, releases.users, releases.counts), (10, 3, vec![5, 5]));
    let values: Vec<_> = releases
        .values
        .iter()
        .map(|it| (it.value.as_str(), it.events, it.users, it.counts.clone()))
        .collect();
    assert_eq!(values, [("1.0", 6, 3, vec![4, 2]), ("2.0", 3, 3, vec![0, 3])]);
    let screens = by("screen", 9).await;
    assert_eq!(screens.values.iter().map(|it| it.events).collect::<Vec<_>>(), [9, 1]);
    assert_eq!(
        by("flags[new_checkout]", 9).await.values.iter().map(|it| it.events).collect::<Vec<_>>(),
        [9, 1]
    );
    assert_eq!(by("os", 9).await.values[0].value, "Android 14");
    assert_eq!(by("handled", 9).await.values[0].value, "no");
}

#[tokio::test]
async fn shares_are_of_what_is_asked_for() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut rows: Vec<_> = (0..10).map(|n| row(n, 1, n as i64)).collect();
    for row in &mut rows[..4] {
        row.environment = "staging".into();
        row.tags.insert("network".into(), "wifi".into());
    }
    store.insert_events("t", &rows).await.unwrap();
    let staging = EventFilter { environment: Some("staging".into()), ..everything() };
    let of = |filter, window| Tagged { project: PROJECT, hashes: &[GroupHash(1)], window, filter };
    let total = |facets: &[mayday_store::queries::tags::TagFacet], key: &str| {
        facets.iter().find(|facet| facet.key == key).map_or(0, |facet| facet.total)
    };
    let filter = everything();
    let all = store.tag_facets(of(&filter, ALL), 5).await.unwrap();
    assert_eq!((total(&all, "os"), total(&all, "network"), total(&all, "sdk.name")), (10, 4, 10));
    assert_eq!(total(&store.tag_facets(of(&staging, ALL), 5).await.unwrap(), "os"), 4);
    let last = Window { from: NOW.plus_ms(-2 * 60_000), to: NOW.plus_ms(1) };
    assert_eq!(total(&store.tag_facets(of(&filter, last), 5).await.unwrap(), "os"), 3);
    let sdk = store.tag_facet(of(&filter, ALL), "sdk.name", 5).await.unwrap().unwrap();
    assert_eq!((sdk.total, sdk.top[0].value.as_str()), (10, "sentry.java.android"));
    let environment = store.tag_facet(of(&filter, ALL), "environment", 5).await.unwrap().unwrap();
    assert_eq!((environment.top[0].value.as_str(), environment.top[0].count), ("production", 6));
    let environments = store.frequent_environments(PROJECT, last, 5).await.unwrap();
    let environments: Vec<_> = environments.iter().map(|of| (of.value.as_str(), of.events)).collect();
    assert_eq!(environments, [("production", 6), ("staging", 4)]);
}

/// The bound that the API states holds for each of these counts, and small ones are exact.
#[tokio::test]
async fn distinct_users_are_within_the_stated_error() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let sizes = [1_u64, 10, 100, 1_000, 3_000, 10_000, 30_000];
    for size in sizes {
        let rows: Vec<_> = (0..size)
            .map(|n| EventRow { user: format!("id:{size}-{n}"), ..row((size * 100_000 + n).into(), size, 0) })
            .collect();
        store.insert_events(&size.to_string(), &rows).await.unwrap();
    }
    let stats =
        store.hash_stats(PROJECT, ALL, &mayday_store::queries::Condition::default(), true).await.unwrap();
    for size in sizes {
        let users = stats.iter().find(|stats| stats.hash.0 == size).unwrap().users;
        let error = (users as f64 - size as f64).abs() / size as f64;
        println!("{size}: {users}, off by {:.2} %", error * 100.0);
        assert!(error <= USERS_ERROR && (size > 100 || users == size), "{size}: {users}");
    }
}

fn compared<'a>(filter: &'a EventFilter, hashes: &'a [GroupHash]) -> Compared<'a> {
    Compared { project: PROJECT, hashes, window: ALL, filter, without: &["user"] }
}

fn count(key: &str, value: &str, affected: u64, others: u64) -> AttributeCount {
    AttributeCount { key: key.into(), value: value.into(), count: Sides { affected, others } }
}

#[tokio::test]
async fn one_user_has_one_voice() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let of = |number: u128, hash, user: &str, os: &str| EventRow {
        user: user.into(),
        tags: BTreeMap::from([("os".into(), os.into()), ("user".into(), user.into())]),
        ..row(number, hash, 0)
    };
    let mut rows = vec![of(1, 1, "id:a", "Android 14"), of(2, 1, "id:b", "Android 14")];
    // A noisy device, and two events of nobody known.
    rows.extend((10..40).map(|n| of(n, 1, "id:noisy", "Android 9")));
    rows.extend([of(50, 1, "", "Android 14"), of(51, 1, "", "Android 14")]);
    rows.extend((60..70).map(|n| of(n, 2, &format!("id:{n}"), "Android 9")));
    store.insert_events("t", &rows).await.unwrap();
    let (filter, hashes) = (everything(), [GroupHash(1)]);
    let found = store.voices(&compared(&filter, &hashes)).await.unwrap().attributes();
    assert_eq!(found.voices, Sides { affected: 5, others: 10 });
    assert_eq!(found.events, Sides { affected: 34, others: 10 });
    assert_eq!(found.sample, Sample { affected_step: 1, others_step: 1 });
    let os: Vec<_> = found.values.into_iter().filter(|value| value.key == "os").collect();
    assert_eq!(os, [count("os", "Android 14", 4, 0), count("os", "Android 9", 1, 10)]);
}

/// Of a sample only every nth run of rows is read; whole runs, so that few rows are touched.
#[tokio::test]
async fn a_sample_reads_whole_runs() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> =
        (0..4_096).map(|n| EventRow { user: String::new(), ..row(n, 1, n as i64 % 60) }).collect();
    store.insert_events("t", &rows).await.unwrap();
    let (filter, hashes) = (everything(), [GroupHash(1)]);
    let of = compared(&filter, &hashes);
    let sample = Sample { affected_step: 4, others_step: 1 };
    let voices = store.voices_of(&of, sample).await.unwrap();
    assert_eq!(voices.overlap(&[("os", "Android 14")]), [(1, Sides { affected: 1024, others: 0 })]);
    assert_eq!(store.voices_of(&of, sample).await.unwrap().attributes(), voices.attributes());
}

const RELEASES: [&str; 3] = ["1.0", "2.0", ""];
const SYSTEMS: [&str; 3] = ["Android 14", "Android 13", "iOS 18"];

fn random_rows() -> impl Strategy<Value = Vec<EventRow>> {
    let one = (1..4_u64, 0..3_usize, 0..3_usize, 0..12_u32, 0..3 * 24 * 60_i64);
    prop::collection::vec(one, 1..300).prop_map(|rows| {
        let row =
            |(number, (hash, release, system, user, minutes)): (u128, (u64, usize, usize, u32, i64))| {
                let mut tags = BTreeMap::from([("os".to_owned(), SYSTEMS[system].to_owned())]);
                if user % 3 == 0 {
                    tags.insert("beta".into(), "yes".into());
                }
                // Some users are not known.
                let user = if user == 0 { String::new() } else { format!("id:{user}") };
                EventRow { release: RELEASES[release].into(), user, tags, ..row(number, hash, minutes) }
            };
        (1..).zip(rows).map(row).collect()
    })
}

/// ClickHouse compares the second half of an id first.
fn order(row: &EventRow) -> (u64, u64) {
    let (first, second) = row.event_id.0.as_u64_pair();
    (second, first)
}

/// The tags of each voice of a side: those of its event with the first id.
fn voices(rows: &[EventRow], affected: bool) -> Vec<&BTreeMap<String, String>> {
    let mut least: HashMap<String, &EventRow> = HashMap::new();
    for row in rows.iter().filter(|row| (row.hash.0 == 1) == affected) {
        let voice = if row.user.is_empty() { row.event_id.to_string() } else { row.user.clone() };
        let kept = least.entry(voice).or_insert(row);
        if order(row) < order(kept) {
            *kept = row;
        }
    }
    least.into_values().map(|row| &row.tags).collect()
}

async fn agrees_with_a_naive_count(store: &Store, rows: &[EventRow]) {
    let filter = everything();
    let hour = |n: i64| NOW.plus_ms(n * Timestamp::HOUR_MS);
    for edges in [vec![hour(-72), hour(-48), hour(-1), hour(1)], vec![hour(-50).plus_ms(1_800_000), hour(0)]]
    {
        let buckets = Buckets::between(edges.clone()).unwrap();
        let inside = |row: &&EventRow, n: usize| row.timestamp >= edges[n] && row.timestamp < edges[n + 1];
        let naive = |pick: &dyn Fn(&EventRow) -> bool| -> Vec<u64> {
            let bucket = |n| rows.iter().filter(|row| inside(row, n) && pick(row)).count() as u64;
            (0..edges.len() - 1).map(bucket).collect()
        };
        let hashes = [GroupHash(1), GroupHash(2)];
        let of = Counted { project: PROJECT, hashes: &hashes, filter: &filter };
        assert_eq!(store.series(of, &buckets).await.unwrap(), naive(&|row| row.hash.0 < 3));
        let project = Counted { hashes: &[], ..of };
        assert_eq!(store.series(project, &buckets).await.unwrap(), naive(&|_| true));
        let found = store.distribution(of, &Dimension::new("release"), &buckets, 5).await.unwrap();
        for value in found.values {
            assert_eq!(value.counts, naive(&|row| row.hash.0 < 3 && row.release == value.value));
            assert_eq!(value.events, value.counts.iter().sum::<u64>());
        }
    }
    let beta = rows.iter().filter(|row| row.hash.0 == 1 && row.tags.contains_key("beta")).count() as u64;
    let tagged = Tagged { project: PROJECT, hashes: &[GroupHash(1)], window: ALL, filter: &filter };
    let facet = store.tag_facet(tagged, "beta", 5).await.unwrap();
    assert_eq!(facet.map_or(0, |facet| facet.total), beta);

    let [affected, others] = [true, false].map(|side| voices(rows, side));
    let both = |pick: &dyn Fn(&BTreeMap<String, String>) -> bool| Sides {
        affected: affected.iter().filter(|tags| pick(tags)).count() as u64,
        others: others.iter().filter(|tags| pick(tags)).count() as u64,
    };
    let hashes = [GroupHash(1)];
    let of = compared(&filter, &hashes);
    let heard = store.voices(&of).await.unwrap();
    let found = heard.attributes();
    assert_eq!(found.voices, both(&|_| true));
    for value in found.values.iter().filter(|value| ["os", "beta"].contains(&value.key.as_str())) {
        assert_eq!(value.count, both(&|tags| tags.get(&value.key) == Some(&value.value)), "{value:?}");
    }
    for (mask, count) in heard.overlap(&[("os", "iOS 18"), ("beta", "yes")]) {
        let naive = both(&|tags| {
            (tags["os"] == "iOS 18") == (mask & 1 != 0) && tags.contains_key("beta") == (mask & 2 != 0)
        });
        assert_eq!(count, naive, "{mask}");
    }
}

#[tokio::test]
async fn all_numbers_are_those_of_a_naive_count() {
    let fixture = Fixture::new().await;
    let mut runner = TestRunner::deterministic();
    let mut rows: Vec<EventRow> = Vec::new();
    let mut seen = BTreeSet::new();
    for round in 0..6_u128 {
        let mut more = random_rows().new_tree(&mut runner).unwrap().current();
        for row in &mut more {
            row.event_id.0 =
                uuid::Uuid::from_u128(row.event_id.0.as_u128().wrapping_mul(0x9e37_79b9_7f4a_7c15) + round);
            assert!(seen.insert(row.event_id));
        }
        fixture.store.insert_events(&round.to_string(), &more).await.unwrap();
        rows.extend(more);
        agrees_with_a_naive_count(&fixture.store, &rows).await;
    }
}
