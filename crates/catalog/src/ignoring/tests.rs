use serde_json::json;

use super::*;
use crate::{
    fixture::{Fixture, batch},
    issue_changes::{IssueChange, NewStatus},
    issues::{Status, Substatus},
};

async fn ignore(fixture: &Fixture, id: IssueId, until: IgnoreUntil) -> Issue {
    let change = IssueChange { status: Some(NewStatus::Ignored(until)), assignee: None };
    let issue = fixture.catalog.change_issue(fixture.organization, fixture.user, id, &change).await.unwrap();
    fixture.advance_ms(1000);
    issue
}

async fn kinds(fixture: &Fixture, id: IssueId) -> Vec<String> {
    let activities = fixture.catalog.activities(id, 100).await.unwrap();
    activities.into_iter().map(|activity| activity.kind).collect()
}

#[tokio::test]
async fn so_many_events_end_it_however_often_their_batch_is_replayed() {
    let fixture = Fixture::new().await;
    let backlog = fixture.occurrence(1, 99);
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    fixture.advance_ms(1000);
    let conditions = Conditions { events: Some(3), ..Conditions::default() };
    let ignored = ignore(&fixture, id, IgnoreUntil::Condition(conditions)).await;
    assert_eq!(ignored.substatus(fixture.now()), Some(Substatus::ArchivedUntilConditionMet));
    fixture.take(2, &[backlog]).await;

    let two = [fixture.occurrence(1, 2), fixture.occurrence(1, 3)];
    let begun = batch(3, &two);
    for _ in 0..3 {
        fixture.open_again().await.begin_batch(&begun, &two).await.unwrap();
    }
    fixture.catalog.finish_batch(&begun.range).await.unwrap();
    assert_eq!(fixture.catalog.issue_by_id(id).await.unwrap().status, Status::Ignored);

    let last = [fixture.occurrence(1, 4), fixture.occurrence(1, 5)];
    let begun = batch(5, &last);
    for _ in 0..2 {
        fixture.open_again().await.begin_batch(&begun, &last).await.unwrap();
    }
    fixture.catalog.finish_batch(&begun.range).await.unwrap();
    let issue = fixture.catalog.issue_by_id(id).await.unwrap();
    assert_eq!((issue.status, issue.ignored, issue.regressed), (Status::Unresolved, None, false));
    assert_eq!(kinds(&fixture, id).await, ["set_unresolved", "set_ignored", "first_seen"]);
}

#[tokio::test]
async fn a_job_ends_it_once_and_only_the_ignoring_that_it_saw() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    ignore(&fixture, id, IgnoreUntil::Escalating).await;
    let watched = fixture.catalog.watched_issues(IssueId(0), Timestamp(0), 10).await.unwrap();
    let ended = Ended {
        project_id: fixture.project,
        issue_id: id,
        since: watched[0].ignored.since,
        kind: TransitionKind::Escalating,
        reason: "90 events in the last hour, the forecast was at most 20".into(),
        data: json!({ "event_count": 90, "forecast": 20 }),
        newest_event: Some(fixture.occurrence(1, 1).event_id),
    };
    assert!(fixture.catalog.end_ignoring(&ended).await.unwrap());
    assert!(!fixture.catalog.end_ignoring(&ended).await.unwrap());
    let issue = fixture.catalog.issue_by_id(id).await.unwrap();
    assert_eq!(issue.substatus(fixture.now()), Some(Substatus::Escalating));

    ignore(&fixture, id, IgnoreUntil::Escalating).await;
    assert!(!fixture.catalog.end_ignoring(&ended).await.unwrap(), "another ignoring");
    let again = fixture.catalog.watched_issues(IssueId(0), Timestamp(0), 10).await.unwrap()[0].ignored.since;
    assert!(fixture.catalog.end_ignoring(&Ended { since: again, ..ended }).await.unwrap());
    assert_eq!(
        kinds(&fixture, id).await,
        ["set_escalating", "set_ignored", "set_escalating", "set_ignored", "first_seen"]
    );
}

#[tokio::test]
async fn jobs_look_at_what_is_due_only() {
    let fixture = Fixture::in_memory().await;
    let occurrences: Vec<_> = (1..=5).map(|n| fixture.occurrence(n, u128::from(n))).collect();
    let ids: Vec<_> = fixture.take(1, &occurrences).await.iter().map(|made| made.issue_id).collect();
    let later = fixture.now().plus_ms(60_000);
    for (id, until) in ids.iter().zip([
        IgnoreUntil::Forever,
        IgnoreUntil::Condition(Conditions { time: Some(later), ..Conditions::default() }),
        IgnoreUntil::Condition(Conditions { users: Some(5), ..Conditions::default() }),
        IgnoreUntil::Condition(Conditions { events: Some(5), ..Conditions::default() }),
        IgnoreUntil::Escalating,
    ]) {
        ignore(&fixture, *id, until).await;
    }
    let due = async |active_since| {
        let watched = fixture.catalog.watched_issues(IssueId(0), active_since, 10).await.unwrap();
        watched.into_iter().map(|watched| watched.issue.id).collect::<Vec<_>>()
    };
    assert_eq!(due(Timestamp(0)).await, [ids[2], ids[4]]);
    assert_eq!(due(fixture.now()).await, []);
    fixture.advance_ms(60_000);
    assert_eq!(due(fixture.now()).await, [ids[1]]);
}
