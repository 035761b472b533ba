//! Sessions counted by the store are those that one counts by hand, whatever came late, twice or in which order.

use std::collections::{BTreeMap, BTreeSet};

use mayday_event::{ProjectId, Timestamp, entry::SessionUpdate};
use mayday_store::{
    queries::sessions::{SessionCounts, SessionFilter, SessionGroup, SessionGrouping},
    rows::SessionRow,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use uuid::Uuid;

use crate::{
    harness::{ALL, Fixture, NOW, PROJECT},
    sessions::session,
};

/// A state of a session: its status, and how late it came.
type State = (&'static str, i64);

/// One session as its client saw it.
#[derive(Debug, Clone)]
struct Told {
    release: usize,
    environment: usize,
    user: u64,
    /// Hours before now.
    started_hours: i64,
    is_counted: bool,
    states: Vec<State>,
}

fn states() -> impl Strategy<Value = Vec<State>> {
    let status = prop::sample::select(vec!["ok", "exited", "errored", "crashed", "anr_foreground", "oom"]);
    prop::collection::vec((status, 0..10 * 24_i64), 1..4)
}

fn told() -> impl Strategy<Value = Told> {
    (0..2_usize, 0..2_usize, 0..4_u64, 0..20 * 24_i64, prop::bool::weighted(0.2), states()).prop_map(
        |(release, environment, user, started_hours, is_counted, states)| Told {
            release,
            environment,
            user,
            started_hours,
            is_counted,
            states,
        },
    )
}

/// Its updates, the sequence rising with the states.
fn updates(project: ProjectId, number: usize, told: &Told) -> Vec<SessionRow> {
    let sid = Uuid::from_u128(number as u128 + 1);
    let started = NOW.plus_ms(-told.started_hours * Timestamp::HOUR_MS);
    let states = told.states.iter().enumerate();
    let row = states.map(|(place, (status, late_hours))| {
        let is = |name: &str| u32::from(*status == name);
        let (crashed, errored) = (is("crashed"), is("errored"));
        let (anr, abnormal) = (is("anr_foreground"), is("anr_foreground") + is("oom"));
        SessionRow {
            project_id: project,
            received: started.plus_ms(late_hours * Timestamp::HOUR_MS),
            update: SessionUpdate {
                sid: Some(sid),
                user_hash: told.user,
                started,
                release: ["app@1", "app@2"][told.release].into(),
                environment: ["beta", "production"][told.environment].into(),
                is_counted: told.is_counted,
                abnormal_mechanism: if anr > 0 { "anr_foreground".into() } else { String::new() },
                exited: 1 - crashed - errored - abnormal,
                errored,
                abnormal,
                crashed,
                ..session(None, place as u64, 0).update
            },
            ..session(None, 0, 0)
        }
    });
    row.collect()
}

/// A bucket that a client counted itself.
fn bucket(project: ProjectId, number: usize, told: &Told) -> SessionRow {
    let mut row = updates(project, number, told).swap_remove(0);
    row.position = number as u64 + 1;
    row.update.sid = None;
    row.update.is_counted = false;
    row.update.exited += 3;
    row
}

#[derive(Default)]
struct Users {
    all: BTreeSet<u64>,
    errored: BTreeSet<u64>,
    abnormal: BTreeSet<u64>,
    anr: BTreeSet<u64>,
    crashed: BTreeSet<u64>,
}

/// What one would count by hand.
fn counted(rows: &[SessionRow], of: impl Fn(&SessionUpdate) -> bool) -> SessionCounts {
    let mut last: BTreeMap<(Option<Uuid>, u64), &SessionUpdate> = BTreeMap::new();
    for row in rows.iter().filter(|row| of(&row.update)) {
        let key = (row.update.sid, if row.update.sid.is_some() { 0 } else { row.position });
        let known = last.entry(key).or_insert(&row.update);
        if row.update.sequence >= known.sequence {
            *known = &row.update;
        }
    }
    let (mut counts, mut exited, mut users) = (SessionCounts::default(), 0_i64, Users::default());
    for update in last.values() {
        let bad = update.errored + update.abnormal + update.crashed;
        exited += i64::from(update.exited) - if update.is_counted { i64::from(bad) } else { 0 };
        counts.errored += u64::from(update.errored);
        counts.abnormal += u64::from(update.abnormal);
        counts.crashed += u64::from(update.crashed);
        let is_anr = update.abnormal_mechanism.starts_with("anr") && update.abnormal > 0;
        counts.anr += if is_anr { u64::from(update.abnormal) } else { 0 };
        let user = |set: &mut BTreeSet<u64>, of: bool| {
            if of && update.user_hash != 0 {
                set.insert(update.user_hash);
            }
        };
        user(&mut users.all, true);
        user(&mut users.errored, update.errored > 0);
        user(&mut users.abnormal, update.abnormal > 0);
        user(&mut users.anr, is_anr);
        user(&mut users.crashed, update.crashed > 0);
    }
    counts.healthy = exited.max(0).unsigned_abs();
    counts.sessions = counts.healthy + counts.errored + counts.abnormal + counts.crashed;
    counts.users = users.all.len() as u64;
    counts.errored_users = users.errored.len() as u64;
    counts.abnormal_users = users.abnormal.len() as u64;
    counts.anr_users = users.anr.len() as u64;
    counts.crashed_users = users.crashed.len() as u64;
    let unhealthy = users.errored.iter().chain(&users.abnormal).chain(&users.crashed);
    counts.unhealthy_users = unhealthy.collect::<BTreeSet<_>>().len() as u64;
    counts
}

async fn check(fixture: &Fixture, project: ProjectId, rows: &[SessionRow]) {
    let store = &fixture.store;
    let all = SessionFilter::default();
    let totals = store.session_totals(project, ALL, &all).await.unwrap();
    assert_eq!(totals, counted(rows, |_| true), "{rows:#?}");
    let grouping = SessionGrouping {
        release: true,
        environment: true,
        width_ms: Timestamp::DAY_MS,
        without_users: false,
    };
    let groups = store.session_groups(project, ALL, &all, grouping, 1000).await.unwrap();
    for SessionGroup { release, environment, bucket, counts, .. } in &groups {
        let of = |update: &SessionUpdate| {
            update.release == *release
                && update.environment == *environment
                && update.started.0.div_euclid(Timestamp::DAY_MS) * Timestamp::DAY_MS == bucket.0
        };
        assert_eq!(*counts, counted(rows, of), "{release} {environment} {bucket}: {rows:#?}");
    }
    let in_beta = SessionFilter { environments: vec!["beta".into()], ..SessionFilter::default() };
    let beta = store.session_totals(project, ALL, &in_beta).await.unwrap();
    assert_eq!(beta, counted(rows, |update| update.environment == "beta"));
}

#[tokio::test]
async fn random_updates_in_random_order_are_counted_as_by_hand() {
    let fixture = Fixture::new().await;
    let mut runner = TestRunner::deterministic();
    let strategy = (prop::collection::vec(told(), 0..12), prop::collection::vec(told(), 0..4));
    let mut cases = Vec::new();
    for number in 0..24 {
        let project = ProjectId(PROJECT.0 + number);
        let (sessions, buckets) = strategy.new_tree(&mut runner).unwrap().current();
        let told = sessions.iter().enumerate().flat_map(|(n, told)| updates(project, n, told));
        let counted = buckets.iter().enumerate().map(|(n, told)| bucket(project, n, told));
        let mut rows: Vec<SessionRow> = told.chain(counted).collect();
        // What a client is not sure of is sent again.
        rows.extend(rows.clone().into_iter().step_by(3));
        let rows = Just(rows).prop_shuffle().new_tree(&mut runner).unwrap().current();
        for part in rows.chunks(4) {
            fixture.store.insert_sessions(part).await.unwrap();
        }
        check(&fixture, project, &rows).await;
        cases.push((project, rows));
    }
    fixture.client().query("OPTIMIZE TABLE test.sessions FINAL").execute().await.unwrap();
    for (project, rows) in &cases {
        check(&fixture, *project, rows).await;
    }
}

#[tokio::test]
async fn a_crash_that_comes_days_later_counts_when_its_session_started() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let started = NOW.plus_ms(-8 * Timestamp::DAY_MS);
    let mut begun = session(Some(1), 0, 1);
    (begun.received, begun.update.started) = (started, started);
    let mut crashed = begun.clone();
    crashed.received = NOW;
    crashed.update = SessionUpdate { sequence: 1, exited: 0, crashed: 1, ..crashed.update };
    let by_day = SessionGrouping { width_ms: Timestamp::DAY_MS, ..SessionGrouping::default() };
    let days = async || {
        let groups = store.session_groups(PROJECT, ALL, &SessionFilter::default(), by_day, 10).await;
        let day = |it: SessionGroup| (it.bucket, it.first, it.counts.healthy, it.counts.crashed);
        groups.unwrap().into_iter().map(day).collect::<Vec<_>>()
    };
    let day = Timestamp(started.0.div_euclid(Timestamp::DAY_MS) * Timestamp::DAY_MS);
    store.insert_sessions(&[begun]).await.unwrap();
    assert_eq!(days().await, [(day, started, 1, 0)]);
    store.insert_sessions(&[crashed]).await.unwrap();
    assert_eq!(days().await, [(day, started, 0, 1)]);
}
