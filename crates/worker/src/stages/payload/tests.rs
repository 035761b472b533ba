//! Which payloads are kept.

use mayday_event::EventId;
use mayday_fixture::empty_row;
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp(1_795_492_800_000);

fn row(number: u128, hash: u64, received: Timestamp) -> EventRow {
    EventRow {
        release: "1.0".to_owned(),
        payload: "0123456789".to_owned(),
        ..empty_row(ProjectId(1), EventId(Uuid::from_u128(number)), GroupHash(hash), received)
    }
}

fn settings(daily_budget_bytes: u64) -> PayloadSettings {
    PayloadSettings { daily_budget_bytes: Some(daily_budget_bytes), keep_first: 2, keep_newest: 3 }
}

fn kept(rows: &[EventRow]) -> Vec<u128> {
    rows.iter().filter(|row| !row.payload.is_empty()).map(|row| row.event_id.0.as_u128()).collect()
}

fn numbers(recent: &[RecentPayloadRow]) -> Vec<u128> {
    let mut numbers: Vec<u128> = recent.iter().map(|row| row.event_id.0.as_u128()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn within_the_budget_every_payload_is_kept() {
    let mut rows: Vec<EventRow> = (1..=5).map(|number| row(number, 7, NOW)).collect();
    assert!(Budgets::default().apply(&mut rows, |_| settings(50)).is_empty());
    assert_eq!(kept(&rows), [1, 2, 3, 4, 5]);
}

#[test]
fn past_the_budget_the_first_and_the_newest_are_kept() {
    let budgets = Budgets::default();
    let mut rows: Vec<EventRow> = (1..=10).map(|number| row(number, 7, NOW)).collect();
    let recent = budgets.apply(&mut rows, |_| settings(30));
    // Three fit the budget; the newest three of the rest have a slot each.
    assert_eq!(kept(&rows), [1, 2, 3]);
    assert_eq!(numbers(&recent), [8, 9, 10]);
    let mut rows: Vec<EventRow> = (11..=11).map(|number| row(number, 7, NOW)).collect();
    let next = budgets.apply(&mut rows, |_| settings(30));
    // It takes the slot of the oldest of them.
    let slot_of_8 = recent.iter().find(|row| row.event_id.0.as_u128() == 8).unwrap().slot;
    assert_eq!((numbers(&next), next[0].slot), (vec![11], slot_of_8));
}

#[test]
fn every_issue_and_hour_begins_anew_and_every_day_the_budget() {
    let budgets = Budgets::default();
    let later = NOW.plus_ms(Timestamp::HOUR_MS);
    let mut rows = vec![row(1, 7, NOW), row(2, 7, NOW), row(3, 7, NOW), row(4, 8, NOW), row(5, 7, later)];
    let recent = budgets.apply(&mut rows, |_| settings(0));
    assert_eq!(kept(&rows), [1, 2, 4, 5]);
    assert_eq!(numbers(&recent), [3]);
    let tomorrow = NOW.plus_ms(Timestamp::DAY_MS);
    let mut rows: Vec<EventRow> = (6..=10).map(|number| row(number, 7, tomorrow)).collect();
    budgets.apply(&mut rows, |_| settings(40));
    assert_eq!(kept(&rows), [6, 7, 8, 9]);
}
