//! The accounting: each source's number once, and what does not add up is found.

use mayday_event::{EventId, ProjectId};
use mayday_store::{
    Store,
    queries::{Window, outcomes::Dimension},
    rows::{FateRow, OutcomeRow},
};
use uuid::Uuid;

use crate::harness::{ALL, Fixture, NOW, PROJECT};

fn outcome(outcome: &str, reason: &str, minutes: i64, quantity: u64, source: &str) -> OutcomeRow {
    OutcomeRow {
        project_id: PROJECT,
        key_id: 3,
        category: "error",
        outcome: outcome.into(),
        reason: reason.into(),
        minute: NOW.plus_ms(-minutes * 60_000 + 1234),
        quantity,
        source: source.into(),
    }
}

async fn totals(store: &Store, window: Window) -> Vec<(String, String, u64)> {
    let counts = store.outcomes(PROJECT, window, 400 * 24 * 3_600_000, &[Dimension::Reason]).await.unwrap();
    counts.into_iter().map(|count| (count.outcome, count.reason, count.quantity)).collect()
}

#[tokio::test]
async fn a_replayed_source_counts_nothing_twice() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows = [
        outcome("received", "", 0, 10, "journal:1-10"),
        outcome("accepted", "", 0, 7, "journal:1-10"),
        outcome("filtered", "duplicate", 0, 3, "journal:1-10"),
        outcome("received", "", 0, 5, "journal:11-15"),
        outcome("accepted", "", 0, 5, "journal:11-15"),
    ];
    store.insert_outcomes(&rows).await.unwrap();
    store.insert_outcomes(&rows).await.unwrap();
    store.insert_outcomes(&rows[3..]).await.unwrap();
    let expected = [("accepted", "", 12), ("filtered", "duplicate", 3), ("received", "", 15)]
        .map(|(outcome, reason, quantity)| (outcome.to_owned(), reason.to_owned(), quantity));
    // A window begins and ends at whole minutes, as rows do.
    let minute = Window { from: NOW, to: NOW.plus_ms(60_000) };
    assert_eq!(totals(store, minute).await, expected);
    assert_eq!(totals(store, Window { from: minute.to, to: ALL.to }).await, []);
    assert_eq!(store.unbalanced(ALL).await.unwrap(), []);
}

#[tokio::test]
async fn outcomes_are_told_apart_by_what_is_asked_for() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let session = OutcomeRow { category: "session", key_id: 4, ..outcome("accepted", "", 61, 9, "b") };
    store.insert_outcomes(&[outcome("accepted", "", 1, 5, "a"), session]).await.unwrap();
    let hour = 3_600_000;
    let by_all = store.outcomes(PROJECT, ALL, hour, &[Dimension::Category, Dimension::Key]).await.unwrap();
    let rows: Vec<_> = by_all
        .iter()
        .map(|it| (it.start, it.category.as_str(), it.key_id, it.outcome.as_str(), it.quantity))
        .collect();
    let (early, late) = (NOW.plus_ms(-2 * hour), NOW.plus_ms(-hour));
    assert_eq!(rows, [(early, "session", 4, "accepted", 9), (late, "error", 3, "accepted", 5)]);
    let sum = store.outcomes(PROJECT, ALL, 365 * 24 * hour, &[]).await.unwrap();
    assert_eq!(sum.iter().map(|it| (it.category.as_str(), it.quantity)).collect::<Vec<_>>(), [("", 14)]);
    assert_eq!(store.outcomes(ProjectId(8), ALL, hour, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn what_does_not_add_up_is_found() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let discard = outcome("client_discard", "queue_overflow", 10, 99, "a");
    let lost = OutcomeRow { project_id: ProjectId(8), ..outcome("received", "", 10, 4, "a") };
    let rows = [outcome("received", "", 10, 4, "a"), outcome("accepted", "", 10, 4, "a"), discard, lost];
    store.insert_outcomes(&rows).await.unwrap();
    store.insert_outcomes(&[outcome("received", "", 0, 1, "b")]).await.unwrap();
    let settled = Window { from: ALL.from, to: NOW.plus_ms(-5 * 60_000) };
    let found = store.unbalanced(settled).await.unwrap();
    assert_eq!(found.len(), 1);
    let it = &found[0];
    assert_eq!(
        (it.project_id, it.category.as_str(), it.received, it.accounted),
        (ProjectId(8), "error", 4, 0)
    );
    assert_eq!(store.unbalanced(ALL).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_events_fates_are_told_latest_first_and_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let event_id = EventId(Uuid::from_u128(5));
    let fate = |seconds: i64, reason: &str, position| FateRow {
        project_id: PROJECT,
        event_id,
        // The table's own clock lets go of what is older than a week.
        received: NOW.plus_ms(3650 * 24 * 3_600_000 + seconds * 1000),
        outcome: "filtered".into(),
        reason: reason.into(),
        detail: "of release 1.0".into(),
        position,
    };
    let rows = [fate(0, "filter_release", 1), fate(60, "duplicate", 2)];
    store.insert_fates(&rows).await.unwrap();
    store.insert_fates(&rows[1..]).await.unwrap();
    let fates = store.fates(PROJECT, event_id).await.unwrap();
    let told: Vec<_> = fates.iter().map(|fate| (fate.reason.as_str(), fate.position)).collect();
    assert_eq!(told, [("duplicate", 2), ("filter_release", 1)]);
    assert_eq!(fates[1].detail, "of release 1.0");
    assert_eq!(store.fates(ProjectId(8), event_id).await.unwrap(), []);
}
