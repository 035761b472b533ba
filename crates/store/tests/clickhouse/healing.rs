//! Events that are symbolicated again, and the files they lacked.

use mayday_event::{GroupHash, ProjectId, Timestamp};
use mayday_store::{
    queries::{Condition, HashGroup, Window, issues::Interval},
    rows::{EventRow, MissingSymbolRow},
};

use crate::harness::{ALL, Fixture, NOW, PROJECT, row};

fn missing(event: &EventRow, symbol: &str, tried: Timestamp, is_missing: bool) -> MissingSymbolRow {
    MissingSymbolRow {
        project_id: event.project_id,
        symbol: symbol.into(),
        event_id: event.event_id,
        received: event.received,
        tried,
        kind: "native".into(),
        is_missing,
        status: "missing".into(),
        reason: "not uploaded".into(),
        file: format!("lib{symbol}.so"),
        code_id: String::new(),
        arch: "arm64".into(),
        release: event.release.clone(),
        dist: String::new(),
        user_hash: event.event_id.0.as_u128() as u64 % 3,
    }
}

#[tokio::test]
async fn a_replaced_event_counts_once_and_where_it_is_now() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let old = [1, 2, 3].map(|number| row(number, 1, 60 * number as i64));
    store.insert_events("t", &old).await.unwrap();
    let elsewhere = EventRow { project_id: ProjectId(8), ..old[0].clone() };
    store.insert_events("u", &[elsewhere]).await.unwrap();
    for revision in [5, 9] {
        // The second time is a repetition that was cut off.
        let new = [0, 1].map(|at| EventRow {
            hash: GroupHash(2 + at as u64),
            title: format!("revision {revision}"),
            revision,
            ..old[at].clone()
        });
        let hashes = [1, 2, 3].map(GroupHash);
        store.replace_events(PROJECT, &new, &hashes).await.unwrap();
        let all = Condition::default();
        let mut stats = store.hash_stats(PROJECT, ALL, &all, true).await.unwrap();
        stats.sort_by_key(|of| of.hash);
        let counts: Vec<_> = stats.iter().map(|of| (of.hash.0, of.events, of.users)).collect();
        assert_eq!(counts, [(1, 1, 1), (2, 1, 1), (3, 1, 1)]);
        let groups = [HashGroup { id: 1, hashes: hashes.to_vec() }];
        let window = Window { from: NOW.plus_ms(-Timestamp::DAY_MS), to: NOW };
        let series = store.group_series(PROJECT, &groups, window, Interval::Day, &all).await.unwrap();
        assert_eq!(series[&1].iter().map(|(_, events)| events).sum::<u64>(), 3);
        let copies = store.event_copies(PROJECT, &[old[0].event_id], ALL.from).await.unwrap();
        assert_eq!(copies[&old[0].event_id], [GroupHash(2)]);
        let first = Some((old[0].timestamp, old[0].timestamp));
        assert_eq!(store.span_of(PROJECT, &[GroupHash(2), GroupHash(9)]).await.unwrap(), first);
        assert_eq!(store.span_of(PROJECT, &[GroupHash(9)]).await.unwrap(), None);
        let found = store.event(PROJECT, old[0].event_id).await.unwrap().unwrap();
        assert_eq!((found.summary.hash, found.summary.title), (GroupHash(2), format!("revision {revision}")));
    }
    assert_eq!(store.event_count(PROJECT, ALL).await.unwrap(), 3);
    assert_eq!(store.event_count(ProjectId(8), ALL).await.unwrap(), 1);
    store.replace_events(PROJECT, &[], &[]).await.unwrap();
}

#[tokio::test]
async fn while_an_event_is_replaced_its_newer_row_holds() {
    let fixture = Fixture::new().await;
    let old = row(1, 1, 60);
    let new = EventRow { hash: GroupHash(2), revision: 3, ..old.clone() };
    fixture.store.insert_events("a", &[new]).await.unwrap();
    fixture.store.insert_events("b", std::slice::from_ref(&old)).await.unwrap();
    let found = fixture.store.event(PROJECT, old.event_id).await.unwrap().unwrap();
    assert_eq!(found.summary.hash, GroupHash(2));
    let copies = fixture.store.event_copies(PROJECT, &[old.event_id], ALL.from).await.unwrap();
    assert_eq!(copies[&old.event_id].len(), 2);
}

#[tokio::test]
async fn missing_files_are_ranked_by_the_events_that_lack_them() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let events = [1, 2, 3, 4].map(|number| row(number, 1, 60 * number as i64));
    let mut rows: Vec<_> = events.iter().map(|event| missing(event, "rare", NOW, false)).collect();
    rows.extend(events.iter().map(|event| missing(event, "often", NOW, true)));
    rows.push(missing(&events[3], "rare", NOW.plus_ms(1), true));
    store.insert_missing_symbols(&rows).await.unwrap();
    store.insert_missing_symbols(&rows).await.unwrap();
    let ranked = store.missing_symbols(PROJECT, ALL, 10).await.unwrap();
    let seen: Vec<_> = ranked.iter().map(|file| (file.symbol.as_str(), file.events, file.users)).collect();
    assert_eq!(seen, [("often", 4, 2), ("rare", 1, 1)]);
    assert_eq!((ranked[0].file.as_str(), ranked[0].last_seen), ("liboften.so", events[0].received));
    assert_eq!(store.missing_symbols(PROJECT, ALL, 1).await.unwrap().len(), 1);
    assert_eq!(store.missing_symbols(ProjectId(8), ALL, 10).await.unwrap(), []);

    let waiting = async |symbol, tried_before| {
        let found = store.events_without_symbol(PROJECT, symbol, ALL.from, tried_before, 2).await.unwrap();
        found.into_iter().map(|row| row.event_id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(waiting("often", NOW).await, [0_u128; 0]);
    assert_eq!(waiting("often", NOW.plus_ms(1)).await, [1, 2]);
    assert_eq!(waiting("other", NOW.plus_ms(1)).await, [0_u128; 0]);
    let wanted = store.wanted_symbols(ALL.from).await.unwrap();
    assert_eq!(wanted, [(PROJECT, "often".to_owned(), NOW), (PROJECT, "rare".to_owned(), NOW)]);

    // Found by a later try.
    let healed: Vec<_> = events.iter().map(|event| missing(event, "often", NOW.plus_ms(9), false)).collect();
    store.insert_missing_symbols(&healed).await.unwrap();
    let ranked = store.missing_symbols(PROJECT, ALL, 10).await.unwrap();
    assert_eq!(ranked.iter().map(|file| file.symbol.as_str()).collect::<Vec<_>>(), ["rare"]);
}
