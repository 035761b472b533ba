use mayday_catalog::keys::RateLimit;
use mayday_event::{OrganizationId, settings::ProjectSettings};
use serde_json::json;

use super::*;

const ERROR: LimitCategory = LimitCategory::Error;
const SESSION: LimitCategory = LimitCategory::Session;

fn key(number: u8, rate_limit: Option<RateLimit>) -> KeyInfo {
    KeyInfo {
        public_key: PublicKey::from_bytes([number; 16]),
        key_id: number.into(),
        project_id: ProjectId(1),
        organization_id: OrganizationId(1),
        active: true,
        rate_limit,
    }
}

/// `limits` as category, key, count, window.
fn settings(limits: &[(&str, Option<&KeyInfo>, u32, u32)]) -> CompiledSettings {
    let limit = |(category, key, count, window): &(&str, Option<&KeyInfo>, u32, u32)| {
        let key = key.map(|key| key.public_key.to_string());
        json!({ "category": category, "key": key, "count": count, "window_seconds": window })
    };
    let limits: Vec<_> = limits.iter().map(limit).collect();
    let settings: ProjectSettings =
        serde_json::from_value(json!({ "limits": { "limits": limits } })).unwrap();
    CompiledSettings::compile(settings).unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp(1_795_492_800_000 + ms)
}

/// Scope and seconds of a refusal.
fn refused(result: Result<(), Limited>) -> Option<(&'static str, u64)> {
    result.err().map(|limited| (limited.scope, limited.retry_after))
}

#[test]
fn a_burst_is_taken_at_once_and_then_what_flows_in() {
    let (rates, key, settings) = (RateLimits::default(), key(1, None), settings(&[("error", None, 4, 60)]));
    let take = |quantity, ms| refused(rates.take(&key, &settings, ERROR, quantity, at(ms)));
    assert_eq!(take(3, 0), None);
    assert_eq!(take(1, 0), None);
    assert_eq!(take(1, 0), Some(("project", 15)));
    assert_eq!(take(2, 0), Some(("project", 30)));
    assert_eq!(take(1, 14_000), Some(("project", 1)));
    assert_eq!(take(1, 15_000), None);
    assert_eq!(take(1, 15_000), Some(("project", 15)));
    assert_eq!(take(4, 3_600_000), None, "it never holds more than a burst");
    assert_eq!(take(1, 3_600_000), Some(("project", 15)));
    assert_eq!(take(1, 0), Some(("project", 15)), "a clock that is set back gives nothing away");
}

#[test]
fn more_than_a_bucket_holds_is_let_in_by_a_full_one_which_then_owes_it() {
    let (rates, key, settings) =
        (RateLimits::default(), key(1, None), settings(&[("session", None, 10, 10)]));
    let take = |quantity, ms| refused(rates.take(&key, &settings, SESSION, quantity, at(ms)));
    assert_eq!(take(30, 0), None);
    assert_eq!(take(1, 0), Some(("project", 21)));
    assert_eq!(take(1, 21_000), None);
}

#[test]
fn a_limit_holds_for_its_category_and_key_only() {
    let (ann, bob) = (key(1, None), key(2, None));
    let settings = settings(&[("error", Some(&ann), 1, 60), ("attachment", None, 0, 30)]);
    let rates = RateLimits::default();
    let take = |key, category| refused(rates.take(key, &settings, category, 1, at(0)));
    assert_eq!((take(&ann, ERROR), take(&ann, ERROR)), (None, Some(("key", 60))));
    for _ in 0..10 {
        assert_eq!((take(&bob, ERROR), take(&ann, SESSION)), (None, None));
    }
    assert_eq!(take(&ann, LimitCategory::Attachment), Some(("project", 30)), "a limit of 0 takes nothing");
    let elsewhere = KeyInfo { project_id: ProjectId(17), ..key(1, None) };
    assert_eq!(take(&elsewhere, ERROR), None, "another project of the same shard");
}

#[test]
fn what_one_limit_refuses_costs_nothing_in_the_others_and_the_longest_wait_is_told() {
    let key = key(1, Some(RateLimit { count: 1, window_seconds: 60 }));
    let settings = settings(&[("error", None, 3, 3600), ("error", None, 3, 3600)]);
    let rates = RateLimits::default();
    let take = |ms| refused(rates.take(&key, &settings, ERROR, 1, at(ms)));
    assert_eq!(take(0), None);
    for _ in 0..10 {
        assert_eq!(take(0), Some(("key", 60)));
    }
    assert_eq!((take(60_000), take(120_000)), (None, None), "the project's three, said twice, are three");
    assert_eq!(take(120_000), Some(("project", 1080)));
}

#[test]
fn full_buckets_are_forgotten() {
    let (rates, key) = (RateLimits::default(), key(1, None));
    let of_all = || rates.shards.iter().map(|shard| shard.lock().unwrap().buckets.len()).sum::<usize>();
    for round in 0..1000 {
        // Somebody tries out limits.
        let settings = settings(&[("error", None, 10 + round, 1)]);
        rates.take(&key, &settings, ERROR, 1, at(i64::from(round) * 1000)).unwrap();
    }
    assert!(of_all() <= SWEEP_FROM, "{}", of_all());
}

#[test]
fn limits_of_many_threads_add_up() {
    let (rates, key, settings) =
        (RateLimits::default(), key(1, None), settings(&[("error", None, 1000, 86_400)]));
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..500).filter(|_| rates.take(&key, &settings, ERROR, 1, at(0)).is_ok()).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, 1000);
}
