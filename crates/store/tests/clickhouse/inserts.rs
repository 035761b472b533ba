//! Exactly once, whatever is tried again.

use mayday_event::{ProjectId, Timestamp};
use mayday_store::{Store, queries::Condition, rows::EventRow};

use crate::harness::{ALL, Fixture, NOW, PROJECT, row};

async fn count(store: &Store) -> u64 {
    store.event_count(PROJECT, ALL).await.unwrap()
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let fixture = Fixture::new().await;
    fixture.store.insert_events("t", &[row(1, 1, 0)]).await.unwrap();
    let again = Store::new(fixture.options.clone()).unwrap();
    again.migrate().await.unwrap();
    assert_eq!(count(&again).await, 1);
    again.ping().await.unwrap();
}

#[tokio::test]
async fn copies_for_measuring_are_events_of_their_own() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> = (0..3).map(|n| row(n, 1, 0)).collect();
    store.insert_events("t", &rows).await.unwrap();
    for week in store.event_weeks().await.unwrap() {
        store.copy_events(PROJECT, &week, 2, 1000).await.unwrap();
        store.settle_events(&week).await.unwrap();
    }
    assert_eq!(count(store).await, 9);
    let parts = "SELECT count() FROM system.parts WHERE active AND database = 'test' AND table = 'events'";
    assert_eq!(fixture.client().query(parts).fetch_one::<u64>().await.unwrap(), 1);
    let ids = "SELECT uniqExact(event_id), uniqExact(user) FROM test.events";
    let (ids, users): (u64, u64) = fixture.client().query(ids).fetch_one().await.unwrap();
    assert!(ids == 9 && users > 3, "{ids} ids, {users} users");
}

#[tokio::test]
async fn a_batch_inserted_again_under_its_token_is_there_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> = (0..100).map(|n| row(n, 1, 0)).collect();
    for _ in 0..3 {
        store.insert_events("journal:1-100", &rows).await.unwrap();
    }
    store.complete_events("journal:1-100", &rows).await.unwrap();
    assert_eq!(count(store).await, 100);
    let stats = store.hash_stats(PROJECT, ALL, &Condition::default(), true).await.unwrap();
    assert_eq!(stats.iter().map(|hash| hash.events).sum::<u64>(), 100);
}

#[tokio::test]
async fn a_batch_cut_off_anywhere_is_completed_to_each_row_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> = (0..10).map(|n| row(n, 1, 0)).collect();
    store.complete_events("none-there", &rows).await.unwrap();
    assert_eq!(count(store).await, 10);
    // Some of a batch are there, under whatever token.
    let rows: Vec<_> = (10..20).map(|n| row(n, 1, 0)).collect();
    store.insert_events("earlier", &rows[..4]).await.unwrap();
    store.complete_events("some-there", &rows).await.unwrap();
    assert_eq!(count(store).await, 20);
}

#[tokio::test]
async fn a_retried_event_is_known_by_its_id_for_as_long_as_is_asked() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (old, recent, unknown) = (row(1, 1, 3 * 24 * 60), row(2, 1, 10), row(3, 1, 0));
    store.insert_events("t", &[old.clone(), recent.clone()]).await.unwrap();
    let ids = [&old, &recent, &unknown].map(|row| (PROJECT, row.event_id));
    let day_ago = NOW.plus_ms(-24 * 3_600_000);
    let known = store.stored_event_ids(&ids, day_ago).await.unwrap();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), [(PROJECT, recent.event_id)]);
}

/// A project with many ids is asked for by itself, the others together.
#[tokio::test]
async fn an_id_is_known_in_its_own_project_only() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let other = ProjectId(PROJECT.0 + 1);
    let many: Vec<_> = (0..150).map(|n| row(n, 1, 0)).collect();
    let few: Vec<_> = (100..160).map(|n| EventRow { project_id: other, ..row(n, 1, 0) }).collect();
    store.insert_events("t", &[many.as_slice(), &few[..20]].concat()).await.unwrap();
    let ids: Vec<_> = many.iter().chain(&few).map(|row| (row.project_id, row.event_id)).collect();
    let known = store.stored_event_ids(&ids, NOW.plus_ms(-Timestamp::DAY_MS)).await.unwrap();
    assert_eq!(known, ids[..170].iter().copied().collect());
}
