//! Reading events back.

use mayday_event::{EventId, GroupHash, ProjectId};
use mayday_store::queries::{EventCursor, EventFilter, events::Edge};
use uuid::Uuid;

use crate::harness::{ALL, Fixture, PROJECT, row};

#[tokio::test]
async fn an_event_comes_back_whole_and_only_in_its_project() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let stored = row(42, 9, 5);
    store.insert_events("t", std::slice::from_ref(&stored)).await.unwrap();
    let found = store.event(PROJECT, stored.event_id).await.unwrap().unwrap();
    assert_eq!((found.payload, found.grouping), (Some(stored.payload), Some(stored.grouping)));
    assert_eq!(found.summary.title, "Boom: 42");
    assert_eq!(found.summary.timestamp, stored.timestamp);
    assert!(found.summary.tags.contains(&("os".to_owned(), "Android 14".to_owned())));
    assert!(store.event(ProjectId(8), stored.event_id).await.unwrap().is_none());
    assert!(store.event(PROJECT, EventId(Uuid::from_u128(1))).await.unwrap().is_none());
}

#[tokio::test]
async fn a_list_is_walked_newest_first_without_gap_or_repeat() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    // Several of the same millisecond: the id decides.
    let rows: Vec<_> = (0..25).map(|n| row(n, 1, n as i64 / 4)).collect();
    store.insert_events("t", &rows).await.unwrap();
    store.insert_events("other", &[row(100, 2, 0)]).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page =
            store.events(PROJECT, &[GroupHash(1)], ALL, &EventFilter::default(), after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(EventCursor { timestamp: last.timestamp, event_id: last.event_id });
        seen.extend(page.iter().map(|event| (event.timestamp, event.event_id)));
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
}

#[tokio::test]
async fn an_event_knows_its_neighbours() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> = (1..=5).map(|n| row(n, 1, 100 - n as i64)).collect();
    store.insert_events("t", &rows).await.unwrap();
    let hashes = [GroupHash(1)];
    let at = |n: usize| EventCursor { timestamp: rows[n].timestamp, event_id: rows[n].event_id };
    let around = store.neighbours(PROJECT, &hashes, at(2)).await.unwrap();
    let id = |n: usize| Some(rows[n].event_id);
    assert_eq!((around.previous, around.next), (id(1), id(3)));
    let first = store.neighbours(PROJECT, &hashes, at(0)).await.unwrap();
    assert_eq!((first.previous, first.next), (None, id(1)));
}

#[tokio::test]
async fn the_events_at_both_ends_are_found_with_those_beside_them() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    const DAYS: i64 = 24 * 60;
    let rows = [row(1, 1, 9 * DAYS), row(2, 1, 8 * DAYS), row(3, 1, 2 * DAYS), row(4, 2, 0)];
    store.insert_events("t", &rows).await.unwrap();
    let edge = async |hash, edge| {
        let found = store.edge_event(PROJECT, &[GroupHash(hash)], edge).await.unwrap();
        found.map(|(event, around)| (event.summary.event_id, around.previous, around.next))
    };
    let id = |n: usize| rows[n].event_id;
    assert_eq!(edge(1, Edge::Oldest).await, Some((id(0), None, Some(id(1)))));
    // Whether the time that it is looked for near is right, too late (it was deleted) or too early.
    for near in [None, Some(rows[2].timestamp), Some(rows[3].timestamp), Some(rows[1].timestamp)] {
        assert_eq!(edge(1, Edge::Newest { near }).await, Some((id(2), Some(id(1)), None)), "{near:?}");
    }
    assert_eq!(edge(2, Edge::Newest { near: Some(rows[3].timestamp) }).await, Some((id(3), None, None)));
    assert_eq!(edge(3, Edge::Newest { near: None }).await, None);
}

#[tokio::test]
async fn what_a_person_types_is_data_and_never_sql() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut odd = row(1, 1, 0);
    odd.release = "1.0' OR 1=1 --\\".into();
    store.insert_events("t", &[odd.clone(), row(2, 1, 0)]).await.unwrap();
    let list = async |release: &str| {
        let filter = EventFilter { release: Some(release.into()), environment: None };
        store.events(PROJECT, &[], ALL, &filter, None, 10).await.unwrap().len()
    };
    assert_eq!(list(&odd.release).await, 1);
    assert_eq!(list("' OR 1=1 --").await, 0);
    assert_eq!(list("{project:UInt64}").await, 0);
}

#[tokio::test]
async fn the_newest_events_come_with_their_payloads() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows: Vec<_> = (1..=9).map(|n| row(n, n as u64 % 3, 100 - n as i64)).collect();
    store.insert_events("t", &rows).await.unwrap();
    let mut newest = store.newest_events(PROJECT, 4).unwrap();
    let mut found = Vec::new();
    while let Some(event) = newest.next().await.unwrap() {
        let row = rows.iter().find(|row| row.event_id == event.event_id).unwrap();
        assert_eq!((&event.payload, event.hash), (&row.payload, row.hash));
        found.push(event.event_id);
    }
    found.sort_unstable();
    let mut expected: Vec<EventId> = rows[5..].iter().map(|row| row.event_id).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(store.newest_events(ProjectId(8), 4).unwrap().next().await.unwrap().is_none());
}
