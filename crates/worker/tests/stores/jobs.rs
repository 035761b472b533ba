//! What is done beside the reports: what was deleted goes, what was ignored comes back, what is past its retention goes.

use mayday_blobs::BlobKey;
use mayday_catalog::{
    alerts::TransitionKind,
    ignoring::{Conditions, IgnoreUntil},
    issue_changes::{IssueChange, NewStatus},
    issues::{Issue, Status},
    settings::Section,
};
use mayday_event::{EventId, RawReport, Timestamp};
use mayday_store::queries::{Window, sessions::SessionFilter};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Fixture, NOW};

const MINUTE_MS: i64 = 60_000;

fn id(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

/// An event of a user, with a file and a session.
fn report(fixture: &Fixture, number: u128, message: &str, user: u128) -> RawReport {
    let (id, session) = (id(number), Uuid::from_u128(number));
    let envelope = format!(
        r#"{{"event_id":"{id}"}}
{{"type":"event"}}
{{"message":"{message}","release":"app@1","user":{{"id":"{user}"}}}}
{{"type":"attachment","filename":"log.txt"}}
hello
{{"type":"session"}}
{{"sid":"{session}","status":"exited","attrs":{{"release":"app@1"}}}}
"#
    );
    fixture.report(number, &envelope)
}

/// Has the worker take events of one issue, of a user each.
async fn happen(fixture: &Fixture, numbers: std::ops::Range<u128>, message: &str) {
    for number in numbers {
        fixture.append(report(fixture, number, message, number)).await;
    }
    fixture.work_off().await;
}

async fn the_issue(fixture: &Fixture) -> Issue {
    let project = fixture.worker.catalog.project_by_id(fixture.project).await.unwrap();
    fixture.worker.catalog.issue(project.organization_id, "1").await.unwrap()
}

async fn ignore(fixture: &Fixture, until: IgnoreUntil) {
    let issue = the_issue(fixture).await;
    let organization = fixture.worker.catalog.project_by_id(fixture.project).await.unwrap().organization_id;
    let change = IssueChange { status: Some(NewStatus::Ignored(until)), assignee: None };
    fixture.worker.catalog.change_issue(organization, 1, issue.id, &change).await.unwrap();
}

/// What happened to the issue last, and by itself.
async fn last_activity(fixture: &Fixture) -> (String, serde_json::Value) {
    let issue = the_issue(fixture).await;
    let newest = fixture.worker.catalog.activities(issue.id, 1).await.unwrap().remove(0);
    assert_eq!(newest.user, None, "{newest:?}");
    (newest.kind, newest.data)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_deleted_issue_go_with_their_files_and_no_others() {
    let fixture = Fixture::new().await;
    happen(&fixture, 1..3, "boom").await;
    happen(&fixture, 3..4, "other").await;
    let issue = the_issue(&fixture).await;
    let files = fixture.worker.store.attachments(fixture.project, id(1)).await.unwrap();
    let file = |number| BlobKey::Attachment {
        project: fixture.project,
        event: id(number),
        id: files[0].id,
        received: NOW,
    };
    assert!(fixture.worker.blobs.get(&file(1)).await.is_ok());
    let organization = fixture.worker.catalog.project_by_id(fixture.project).await.unwrap().organization_id;
    fixture.worker.catalog.delete_issue(organization, issue.id).await.unwrap();
    fixture.worker.do_jobs().await;
    for (number, is_there) in [(1, false), (2, false), (3, true)] {
        let event = fixture.worker.store.event(fixture.project, id(number)).await.unwrap();
        assert_eq!(event.is_some(), is_there, "{number}");
        let files = fixture.worker.store.attachments(fixture.project, id(number)).await.unwrap();
        assert_eq!(files.is_empty(), !is_there, "{number}");
    }
    assert!(fixture.worker.blobs.get(&file(1)).await.is_err());
    assert!(fixture.worker.catalog.due_deletions(10).await.unwrap().is_empty(), "it is done");
    // What happens after is a new issue's.
    fixture.advance_ms(MINUTE_MS);
    happen(&fixture, 4..5, "boom").await;
    assert!(fixture.worker.store.event(fixture.project, id(4)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_discarded_issue_go_and_none_come_after() {
    let fixture = Fixture::new().await;
    happen(&fixture, 1..2, "boom").await;
    let (catalog, store) = (&fixture.worker.catalog, &fixture.worker.store);
    let file = store.attachments(fixture.project, id(1)).await.unwrap().remove(0);
    let key = |number| BlobKey::Attachment {
        project: fixture.project,
        event: id(number),
        id: file.id,
        received: NOW,
    };
    let organization = catalog.project_by_id(fixture.project).await.unwrap().organization_id;
    catalog.discard_issue(organization, 1, the_issue(&fixture).await.id).await.unwrap();
    fixture.worker.do_jobs().await;
    happen(&fixture, 2..3, "boom").await;
    happen(&fixture, 3..4, "other").await;
    for (number, is_there) in [(1, false), (2, false), (3, true)] {
        let files = store.attachments(fixture.project, id(number)).await.unwrap();
        assert_eq!(files.is_empty(), !is_there, "{number}");
        assert_eq!(fixture.worker.blobs.get(&key(number)).await.is_ok(), is_there, "{number}");
    }
    let outcomes = fixture.outcomes().await;
    for line in
        ["attachment accepted  2", "attachment filtered event_filtered 1", "error filtered discarded-hash 1"]
    {
        assert!(outcomes.iter().any(|outcome| outcome == line), "{line}: {outcomes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_come_by_themselves_go_with_the_event_that_was_dropped() {
    let fixture = Fixture::new().await;
    let file = |number: u128| {
        let envelope = format!(
            r#"{{"event_id":"{}"}}
{{"type":"attachment","filename":"view.txt"}}
hello
"#,
            id(number)
        );
        fixture.report(number, &envelope)
    };
    happen(&fixture, 1..2, "boom").await;
    let (catalog, store) = (&fixture.worker.catalog, &fixture.worker.store);
    let organization = catalog.project_by_id(fixture.project).await.unwrap().organization_id;
    catalog.discard_issue(organization, 1, the_issue(&fixture).await.id).await.unwrap();
    fixture.worker.do_jobs().await;
    // Before the event, after it, of another event, and of none that came.
    fixture.append(file(2)).await;
    fixture.work_off().await;
    happen(&fixture, 2..4, "boom").await;
    happen(&fixture, 4..5, "other").await;
    for number in 3..6 {
        fixture.append(file(number)).await;
    }
    fixture.work_off().await;
    let stored = store.attachments(fixture.project, id(3)).await.unwrap().remove(0);
    fixture.worker.do_jobs().await;
    for (number, kept) in [(2, 0), (3, 0), (4, 2), (5, 1)] {
        let files = store.attachments(fixture.project, id(number)).await.unwrap();
        assert_eq!(files.len(), kept, "{number}");
    }
    let key = |number| BlobKey::Attachment {
        project: fixture.project,
        event: id(number),
        id: stored.id,
        received: NOW,
    };
    assert!(fixture.worker.blobs.get(&key(3)).await.is_err());
    assert!(fixture.worker.blobs.get(&key(5)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_ignored_until_a_time_comes_back_then() {
    let fixture = Fixture::new().await;
    happen(&fixture, 1..2, "boom").await;
    let until = Conditions { time: Some(NOW.plus_ms(Timestamp::HOUR_MS)), ..Conditions::default() };
    ignore(&fixture, IgnoreUntil::Condition(until)).await;
    fixture.advance_ms(59 * MINUTE_MS);
    fixture.worker.do_jobs().await;
    assert_eq!(the_issue(&fixture).await.status, Status::Ignored);
    fixture.advance_ms(MINUTE_MS);
    fixture.worker.do_jobs().await;
    assert_eq!(the_issue(&fixture).await.status, Status::Unresolved);
    let (kind, data) = last_activity(&fixture).await;
    assert_eq!(kind, "set_unresolved");
    assert_eq!(data["reason"], "it was ignored until 2026-11-24T05:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_ignored_until_so_many_users_comes_back_with_the_last_of_them() {
    let fixture = Fixture::new().await;
    happen(&fixture, 1..4, "boom").await;
    let two = Conditions { users: Some(2), ..Conditions::default() };
    fixture.advance_ms(MINUTE_MS);
    ignore(&fixture, IgnoreUntil::Condition(two)).await;
    fixture.worker.do_jobs().await;
    assert_eq!(the_issue(&fixture).await.status, Status::Ignored, "those before do not count");
    let later = |number, user| RawReport {
        received: NOW.plus_ms(2 * MINUTE_MS),
        ..report(&fixture, number, "boom", user)
    };
    for number in 4..6 {
        fixture.append(later(number, 1)).await;
    }
    fixture.work_off().await;
    fixture.worker.do_jobs().await;
    assert_eq!(the_issue(&fixture).await.status, Status::Ignored, "one user twice");
    fixture.append(later(6, 2)).await;
    fixture.work_off().await;
    fixture.worker.do_jobs().await;
    assert_eq!(the_issue(&fixture).await.status, Status::Unresolved);
    assert_eq!(last_activity(&fixture).await.1["reason"], "2 users since it was ignored");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_ignored_until_it_escalates_comes_back_with_a_rate_beyond_its_forecast() {
    let fixture = Fixture::new().await;
    happen(&fixture, 1..11, "boom").await;
    ignore(&fixture, IgnoreUntil::Escalating).await;
    fixture.advance_ms(10 * MINUTE_MS);
    fixture.worker.do_jobs().await;
    assert_eq!(the_issue(&fixture).await.status, Status::Ignored, "ten are no escalation");
    for number in 11..41 {
        let received = NOW.plus_ms(5 * MINUTE_MS);
        fixture.append(RawReport { received, ..report(&fixture, number, "boom", number) }).await;
    }
    fixture.work_off().await;
    fixture.worker.do_jobs().await;
    let issue = the_issue(&fixture).await;
    assert_eq!(issue.status, Status::Unresolved);
    let (kind, data) = last_activity(&fixture).await;
    assert_eq!((kind.as_str(), &data["event_count"]), ("set_escalating", &json!(40)));
    assert_eq!(TransitionKind::Escalating.action(), "issue.escalating");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_past_a_project_s_retention_goes_by_whole_days() {
    let fixture = Fixture::new().await;
    let days_ago = |number: u128, days: i64| {
        let received = NOW.plus_ms(-days * Timestamp::DAY_MS);
        RawReport { received, ..report(&fixture, number, "boom", number) }
    };
    for (number, days) in [(1, 9), (2, 7), (3, 0)] {
        fixture.append(days_ago(number, days)).await;
    }
    fixture.work_off().await;
    let events = async || {
        let mut there = Vec::new();
        for number in 1..4 {
            if fixture.worker.store.event(fixture.project, id(number)).await.unwrap().is_some() {
                there.push(number);
            }
        }
        there
    };
    fixture.worker.do_jobs().await;
    assert_eq!(events().await, [1, 2, 3], "the server keeps longer");
    let week = json!({ "days": 7 });
    fixture.worker.catalog.put_settings(fixture.project, Section::Retention, &week, "ann").await.unwrap();
    fixture.worker.do_jobs().await;
    assert_eq!(events().await, [2, 3]);
    let sessions =
        fixture.worker.store.session_totals(fixture.project, Window::ALL, &SessionFilter::default()).await;
    assert_eq!(sessions.unwrap().sessions, 2);
    assert_eq!(the_issue(&fixture).await.status, Status::Unresolved, "its issue stays");
    fixture.advance_ms(Timestamp::DAY_MS);
    fixture.worker.do_jobs().await;
    assert_eq!(events().await, [3]);
}
