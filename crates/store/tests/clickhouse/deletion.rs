//! Deleting one user's data.

use std::time::Duration;

use mayday_event::{GroupHash, ProjectId};
use mayday_store::{
    Deleted, Store,
    queries::{
        Condition, EventFilter, Field, attachments::AttachmentPlace, feedback::FeedbackOf, issues::Interval,
        sessions::SessionFilter, tags::Tagged,
    },
    rows::{EventRow, SessionRow},
};

use crate::{
    about_events::{attachment, feedback, recent_payload},
    harness::{ALL, Fixture, NOW, PROJECT, row},
    sessions::session,
};

const ADA: &str = "email:ada@example.com";

/// Two of Ada's of three events, each with an attachment, a payload in a slot and what was said about it.
async fn stored(store: &Store) -> [EventRow; 3] {
    let events = [1, 2, 3].map(|number| EventRow {
        user: if number == 3 { "id:3".into() } else { ADA.into() },
        ..row(number, 1, 60 * number as i64)
    });
    store.insert_events("t", &events).await.unwrap();
    let elsewhere = EventRow { project_id: ProjectId(8), ..events[0].clone() };
    store.insert_events("u", &[elsewhere]).await.unwrap();
    let (mut attachments, mut payloads, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for (n, event) in (1_u8..).zip(&events) {
        attachments.push(attachment(event, n.into()));
        payloads.push(recent_payload(event, n.into(), "{}"));
        said.push(feedback(n.into(), Some(event.event_id), "someone@example.com"));
    }
    said.push(feedback(4, None, "ada@example.com"));
    store.insert_attachments(&attachments).await.unwrap();
    store.insert_recent_payloads(&payloads).await.unwrap();
    store.insert_feedback(&said).await.unwrap();
    events
}

#[tokio::test]
async fn a_users_data_goes_with_its_counts_and_leaves_that_of_others() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let events = stored(store).await;
    let mut files = store.attachments_of_user(PROJECT, ADA).await.unwrap();
    files.sort_by_key(|file| file.id);
    let of_event = |file: &AttachmentPlace, event: &EventRow| {
        (file.event_id, file.received) == (event.event_id, event.received)
    };
    assert_eq!(files.len(), 2);
    assert!(of_event(&files[0], &events[0]) && of_event(&files[1], &events[1]));
    let deleted = store.delete_user(PROJECT, ADA).await.unwrap();
    assert_eq!(deleted, Deleted { events: 2, feedback: 3, attachments: 2 });

    for (event, is_there) in events.iter().zip([false, false, true]) {
        assert_eq!(store.event(PROJECT, event.event_id).await.unwrap().is_some(), is_there);
        assert_eq!(store.attachments(PROJECT, event.event_id).await.unwrap().is_empty(), !is_there);
    }
    let said = store.feedback(PROJECT, FeedbackOf::Project, None, 10).await.unwrap();
    assert_eq!(said.iter().map(|it| it.feedback.id.0.as_u128()).collect::<Vec<_>>(), [3]);

    // What counts are made of: raw events and the projections of counts.
    let all = Condition::default();
    assert_eq!(store.event_count(PROJECT, ALL).await.unwrap(), 1);
    let stats = store.hash_stats(PROJECT, ALL, &all, true).await.unwrap();
    assert_eq!((stats[0].events, stats[0].users), (1, 1));
    let (_, last_seen) = store.span_of(PROJECT, &[GroupHash(1)]).await.unwrap().unwrap();
    assert_eq!(last_seen, events[2].timestamp);
    let groups = [mayday_store::queries::HashGroup { id: 1, hashes: vec![GroupHash(1)] }];
    for interval in [Interval::Hour, Interval::Day] {
        let window = mayday_store::queries::Window { from: NOW.plus_ms(-2 * 86_400_000), to: NOW };
        let series = store.group_series(PROJECT, &groups, window, interval, &all).await.unwrap();
        assert_eq!(series[&1].iter().map(|(_, events)| events).sum::<u64>(), 1);
    }
    let ids = events.each_ref().map(|event| (PROJECT, event.event_id));
    let known = store.stored_event_ids(&ids, ALL.from).await.unwrap();
    assert!(known.contains(&ids[2]), "the others may be known for a while");

    assert_eq!(store.event_count(ProjectId(8), ALL).await.unwrap(), 1);
    until_rows_on_disk(
        &fixture,
        [("attachments", 1), ("events", 2), ("feedback", 1), ("recent_payloads", 1)],
    )
    .await;
    assert_eq!(store.delete_user(PROJECT, ADA).await.unwrap(), Deleted::default());
}

/// Waits until the parts of these tables hold no more than these rows, masked ones included.
async fn until_rows_on_disk(fixture: &Fixture, expected: [(&str, u64); 4]) {
    let client = fixture.client();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let rows: Vec<(String, u64)> = client
            .query(
                "SELECT table, sum(rows) FROM system.parts
                 WHERE active AND database = 'test' AND table IN ('attachments', 'events', 'feedback', 'recent_payloads')
                 GROUP BY table ORDER BY table",
            )
            .fetch_all()
            .await
            .unwrap();
        if rows.iter().map(|(table, rows)| (table.as_str(), *rows)).eq(expected) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{rows:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_a_project_received_before_a_time_goes_and_nothing_else() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let events = stored(store).await;
    let sessions = [1, 2].map(|number| SessionRow {
        received: events[number - 1].received,
        ..session(Some(number as u128), 0, number as u64)
    });
    store.insert_sessions(&sessions).await.unwrap();
    // The second was received an hour before the first, the third two hours.
    let kept_from = events[1].received;
    assert!(store.delete_received_before(PROJECT, kept_from).await.unwrap());
    assert!(!store.delete_received_before(PROJECT, kept_from).await.unwrap(), "again, it finds nothing");
    for (event, is_there) in events.iter().zip([true, true, false]) {
        assert_eq!(store.event(PROJECT, event.event_id).await.unwrap().is_some(), is_there);
        assert_eq!(store.attachments(PROJECT, event.event_id).await.unwrap().is_empty(), !is_there);
    }
    assert!(store.event(ProjectId(8), events[0].event_id).await.unwrap().is_some());
    let sessions_left = store.session_totals(PROJECT, ALL, &SessionFilter::default()).await.unwrap();
    assert_eq!(sessions_left.sessions, 2);
    assert!(store.delete_received_before(PROJECT, NOW).await.unwrap());
    assert_eq!(store.session_totals(PROJECT, ALL, &SessionFilter::default()).await.unwrap().sessions, 0);
    assert!(
        store.event(ProjectId(8), events[0].event_id).await.unwrap().is_some(),
        "another project's stays"
    );
}

/// As long as ClickHouse keeps the empty part, it must not be in the way of what is asked.
#[tokio::test]
async fn where_all_events_were_deleted_there_are_no_tags_and_no_errors() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    // Columns in files of their own, as those of all but the smallest parts are.
    let event = EventRow { payload: "x".repeat(12 << 20), ..row(1, 1, 60) };
    store.insert_events("t", &[event]).await.unwrap();
    store.delete_events_of_hashes(PROJECT, &[GroupHash(1)], NOW).await.unwrap();
    let client = fixture.client();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let rows = "SELECT sum(rows) FROM system.parts WHERE active AND database = 'test' AND table = 'events'";
    while client.query(rows).fetch_one::<u64>().await.unwrap() > 0 {
        assert!(tokio::time::Instant::now() < deadline, "the rows are still on disk");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let filter = EventFilter::default();
    let of = Tagged { project: PROJECT, hashes: &[], window: ALL, filter: &filter };
    assert_eq!(store.tag_facet(of, "os", 5).await.unwrap(), None);
    assert_eq!(store.tag_facets(of, 5).await.unwrap(), []);
    let tagged = Condition::Has(Field::Tag("os".into()));
    assert_eq!(store.hash_stats(PROJECT, ALL, &tagged, true).await.unwrap(), []);
}
