//! A session's updates are one session.

use mayday_event::{Timestamp, entry::SessionUpdate};
use mayday_store::{
    queries::{
        Window,
        sessions::{SessionCounts, SessionFilter, SessionGrouping},
    },
    rows::SessionRow,
};
use uuid::Uuid;

use crate::harness::{ALL, Fixture, NOW, PROJECT};

pub(crate) fn session(sid: Option<u128>, sequence: u64, position: u64) -> SessionRow {
    SessionRow {
        project_id: PROJECT,
        position,
        index: 0,
        received: NOW,
        update: SessionUpdate {
            sid: sid.map(Uuid::from_u128),
            user_hash: 11,
            sequence,
            started: NOW.plus_ms(-60_000),
            release: "app@1.0".into(),
            environment: "production".into(),
            init: sequence == 0,
            is_counted: false,
            duration_ms: None,
            errors: 0,
            status: "ok".into(),
            abnormal_mechanism: String::new(),
            exited: 1,
            errored: 0,
            abnormal: 0,
            crashed: 0,
        },
    }
}

fn crashed(sid: u128, sequence: u64, user: u64) -> SessionRow {
    let mut row = session(Some(sid), sequence, 9);
    // On its way for a week.
    row.received = NOW.plus_ms(7 * Timestamp::DAY_MS);
    row.update = SessionUpdate {
        user_hash: user,
        status: "crashed".into(),
        exited: 0,
        crashed: 1,
        init: false,
        ..row.update
    };
    row
}

#[tokio::test]
async fn of_a_sessions_updates_the_greatest_sequence_counts_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut bucket = session(None, 0, 3);
    bucket.update = SessionUpdate { exited: 40, errored: 2, user_hash: 0, ..bucket.update };
    let other_bucket = SessionRow { index: 1, ..bucket.clone() };
    let mut other_release = session(Some(2), 0, 5);
    other_release.update.release = "app@2.0".into();
    // The end arrives before the start.
    store.insert_sessions(&[crashed(1, 7, 12), bucket.clone(), other_bucket]).await.unwrap();
    store.insert_sessions(&[session(Some(1), 0, 1), other_release]).await.unwrap();
    store.insert_sessions(&[crashed(1, 7, 12), bucket]).await.unwrap();

    let all = SessionFilter::default();
    let totals = store.session_totals(PROJECT, ALL, &all).await.unwrap();
    let expected = SessionCounts {
        sessions: 86,
        healthy: 81,
        errored: 4,
        crashed: 1,
        users: 2,
        crashed_users: 1,
        // The second user's only session is healthy, the buckets have none.
        unhealthy_users: 1,
        ..SessionCounts::default()
    };
    assert_eq!(totals, expected);

    let by_release = SessionGrouping { release: true, ..SessionGrouping::default() };
    let releases = store.session_groups(PROJECT, ALL, &all, by_release, 10).await.unwrap();
    let sessions: Vec<_> = releases.iter().map(|it| (it.release.as_str(), it.counts.sessions)).collect();
    assert_eq!(sessions, [("app@1.0", 85), ("app@2.0", 1)]);

    let of_release = SessionFilter { releases: vec!["app@2.0".into()], ..SessionFilter::default() };
    assert_eq!(store.session_totals(PROJECT, ALL, &of_release).await.unwrap().sessions, 1);
    let earlier = Window { from: ALL.from, to: NOW.plus_ms(-60_000) };
    assert_eq!(store.session_totals(PROJECT, earlier, &all).await.unwrap(), SessionCounts::default());
}

#[tokio::test]
async fn a_session_that_a_bucket_counts_too_counts_once() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let counted = |mut row: SessionRow| {
        row.update.is_counted = true;
        row
    };
    let mut errored = session(Some(2), 1, 4);
    errored.update = SessionUpdate { exited: 0, errored: 1, ..errored.update };
    // Both updates of the first are one session still.
    let reports = [counted(crashed(1, 1, 12)), counted(crashed(1, 2, 12)), counted(errored)];
    store.insert_sessions(&reports).await.unwrap();
    let totals = async || {
        let SessionCounts { sessions, healthy, errored, crashed, .. } =
            store.session_totals(PROJECT, ALL, &SessionFilter::default()).await.unwrap();
        [sessions, healthy, errored, crashed]
    };
    assert_eq!(totals().await, [2, 0, 1, 1], "their bucket is on its way");
    let mut bucket = session(None, 0, 3);
    bucket.update = SessionUpdate { exited: 10, user_hash: 0, ..bucket.update };
    store.insert_sessions(&[bucket]).await.unwrap();
    assert_eq!(totals().await, [10, 8, 1, 1]);
}
