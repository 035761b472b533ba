use super::*;
use crate::{
    fixture::{Fixture, JOURNAL, batch},
    ignoring::IgnoreUntil,
    issue_changes::{IssueChange, NewStatus},
    issues::{Issue, Status},
};

async fn set(fixture: &Fixture, issue: IssueId, status: NewStatus) -> Issue {
    let change = IssueChange { status: Some(status), assignee: None };
    fixture.catalog.change_issue(fixture.organization, fixture.user, issue, &change).await.unwrap()
}

async fn issue(fixture: &Fixture, id: IssueId) -> Issue {
    fixture.catalog.issue_by_id(id).await.unwrap()
}

/// An issue, resolved a second ago.
async fn resolved_issue(fixture: &Fixture, status: NewStatus) -> IssueId {
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    fixture.advance_ms(1000);
    set(fixture, id, status).await;
    fixture.advance_ms(1000);
    id
}

fn of_release(mut occurrence: Occurrence, release: &str) -> Occurrence {
    occurrence.release = Some(release.to_owned());
    occurrence
}

#[tokio::test]
async fn the_first_event_makes_an_issue_with_a_short_id() {
    let fixture = Fixture::in_memory().await;
    let events = [fixture.occurrence(1, 1), fixture.occurrence(2, 2), fixture.occurrence(1, 3)];
    let resolutions = fixture.take(1, &events).await;
    assert_eq!(resolutions.iter().map(|r| r.new).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(resolutions[0].issue_id, resolutions[2].issue_id);
    let second = fixture.catalog.issue(fixture.organization, "app-2").await.unwrap();
    assert_eq!(second.id, resolutions[1].issue_id);
    assert_eq!((second.short_id.as_str(), second.hashes), ("APP-2", vec![GroupHash(2)]));
    let of_hash = fixture.catalog.issue_of_hash(fixture.project, GroupHash(1)).await.unwrap();
    assert_eq!(of_hash, Some(resolutions[0].issue_id));
    assert_eq!(fixture.catalog.issue_of_hash(ProjectId(99), GroupHash(1)).await.unwrap(), None);
}

#[tokio::test]
async fn an_issue_is_described_by_its_newest_event_and_keeps_its_first() {
    let fixture = Fixture::in_memory().await;
    let start = fixture.now();
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    let mut newer = of_release(fixture.occurrence(1, 2), "2.0.0");
    newer.timestamp = start.plus_ms(500);
    newer.title = "IllegalStateException: other view".into();
    let mut older = of_release(fixture.occurrence(1, 3), "0.9.0");
    older.timestamp = start.plus_ms(-500);
    older.title = "late to arrive".into();
    fixture.take(2, &[newer, older]).await;
    let issue = issue(&fixture, id).await;
    assert_eq!(issue.title, "IllegalStateException: other view");
    assert_eq!((issue.first_seen, issue.last_seen), (start.plus_ms(-500), start.plus_ms(500)));
    assert_eq!(issue.first_release.as_deref(), Some("0.9.0"));
    assert_eq!(issue.last_release.as_deref(), Some("2.0.0"));
}

#[tokio::test]
async fn a_replayed_batch_decides_as_before_and_changes_nothing() {
    let fixture = Fixture::new().await;
    let resolved = resolved_issue(&fixture, NewStatus::Resolved).await;
    let events = [fixture.occurrence(1, 10), fixture.occurrence(2, 11), fixture.occurrence(2, 12)];
    let mut begun = batch(10, &events);
    begun.skipped = vec![Skipped { position: 11, index: 0, reason: "duplicate".to_owned() }];
    let first = fixture.catalog.begin_batch(&begun, &events).await.unwrap();
    let new = first[1].issue_id;
    let before = (issue(&fixture, resolved).await, issue(&fixture, new).await);

    // The process dies here; its successor finds the batch.
    fixture.advance_ms(60_000);
    let successor = fixture.open_again().await;
    assert_eq!(successor.begun_batch(JOURNAL).await.unwrap(), Some(begun.clone()));
    assert_eq!(successor.begin_batch(&begun, &events).await.unwrap(), first);
    assert_eq!((issue(&fixture, resolved).await, issue(&fixture, new).await), before);
    successor.finish_batch(&begun.range).await.unwrap();
    assert_eq!(successor.begun_batch(JOURNAL).await.unwrap(), None);
    assert_eq!(
        first,
        [
            Resolution { issue_id: resolved, new: false, regressed: true },
            Resolution { issue_id: new, new: true, regressed: false },
            Resolution { issue_id: new, new: false, regressed: false },
        ]
    );
}

#[tokio::test]
async fn another_batch_waits_until_the_begun_one_is_finished() {
    let fixture = Fixture::in_memory().await;
    let events = [fixture.occurrence(1, 1)];
    let (first, second) = (batch(1, &events), batch(2, &events));
    fixture.catalog.begin_batch(&first, &events).await.unwrap();
    let refused = fixture.catalog.begin_batch(&second, &events).await;
    assert!(matches!(refused, Err(CatalogError::Conflict(_))));
    // Finishing one that is not begun releases nothing.
    fixture.catalog.finish_batch(&second.range).await.unwrap();
    assert_eq!(fixture.catalog.begun_batch(JOURNAL).await.unwrap(), Some(first.clone()));
    fixture.catalog.finish_batch(&first.range).await.unwrap();
    fixture.catalog.begin_batch(&second, &events).await.unwrap();
}

#[tokio::test]
async fn transitions_are_held_back_until_the_batch_is_finished_and_then_told_once() {
    let fixture = Fixture::in_memory().await;
    let events = [fixture.occurrence(1, 1), fixture.occurrence(2, 2)];
    let begun = batch(1, &events);
    fixture.catalog.begin_batch(&begun, &events).await.unwrap();
    assert_eq!(fixture.catalog.fill_outbox().await.unwrap(), 0);
    fixture.catalog.begin_batch(&begun, &events).await.unwrap();
    fixture.catalog.finish_batch(&begun.range).await.unwrap();
    fixture.catalog.finish_batch(&begun.range).await.unwrap();
    assert_eq!(fixture.catalog.fill_outbox().await.unwrap(), 2);
    assert_eq!(fixture.catalog.fill_outbox().await.unwrap(), 0);
}

#[tokio::test]
async fn an_event_after_the_resolution_reopens_the_issue_once() {
    let fixture = Fixture::in_memory().await;
    let id = resolved_issue(&fixture, NewStatus::Resolved).await;
    let events = [fixture.occurrence(1, 2), fixture.occurrence(1, 3)];
    let resolutions = fixture.take(2, &events).await;
    assert_eq!(resolutions.iter().map(|r| r.regressed).collect::<Vec<_>>(), [true, false]);
    let issue = issue(&fixture, id).await;
    assert_eq!((issue.status, issue.regressed, issue.resolved), (Status::Unresolved, true, None));
    assert!(!fixture.take(4, &[fixture.occurrence(1, 4)]).await[0].regressed);
}

#[tokio::test]
async fn an_event_received_before_the_resolution_reopens_nothing() {
    let fixture = Fixture::in_memory().await;
    let backlog = [fixture.occurrence(1, 2)];
    let id = resolved_issue(&fixture, NewStatus::Resolved).await;
    assert!(!fixture.take(2, &backlog).await[0].regressed);
    assert_eq!(issue(&fixture, id).await.status, Status::Resolved);
}

#[tokio::test]
async fn resolved_in_the_next_release_only_a_newer_release_reopens() {
    let fixture = Fixture::in_memory().await;
    let id = resolved_issue(&fixture, NewStatus::ResolvedInNextRelease).await;
    assert!(issue(&fixture, id).await.resolved_in_next_release);
    let mut without = fixture.occurrence(1, 2);
    without.release = None;
    let old_release = of_release(fixture.occurrence(1, 3), "1.0.0");
    for resolution in fixture.take(2, &[without, old_release]).await {
        assert!(!resolution.regressed);
    }
    assert_eq!(issue(&fixture, id).await.status, Status::Resolved);
    assert!(fixture.take(4, &[of_release(fixture.occurrence(1, 4), "1.1.0")]).await[0].regressed);
    let issue = issue(&fixture, id).await;
    assert_eq!((issue.status, issue.resolved_in_next_release), (Status::Unresolved, false));
}

#[tokio::test]
async fn an_ignored_issue_stays_ignored() {
    let fixture = Fixture::in_memory().await;
    let id = resolved_issue(&fixture, NewStatus::Ignored(IgnoreUntil::Escalating)).await;
    assert!(!fixture.take(2, &[fixture.occurrence(1, 2)]).await[0].regressed);
    assert_eq!(issue(&fixture, id).await.status, Status::Ignored);
}

#[tokio::test]
async fn a_large_batch_fits_what_databases_allow() {
    let fixture = Fixture::in_memory().await;
    let events: Vec<_> = (1..=1500).map(|n| fixture.occurrence(n, u128::from(n))).collect();
    let resolutions = fixture.take(1, &events).await;
    assert!(resolutions.iter().all(|resolution| resolution.new));
    let last = fixture.catalog.issue(fixture.organization, "APP-1500").await.unwrap();
    assert_eq!(last.id, resolutions[1499].issue_id);
}

#[tokio::test]
async fn a_batch_for_an_unknown_project_leaves_nothing() {
    let fixture = Fixture::in_memory().await;
    let mut stray = fixture.occurrence(2, 2);
    stray.project_id = ProjectId(99);
    let events = [fixture.occurrence(1, 1), stray];
    assert!(fixture.catalog.begin_batch(&batch(1, &events), &events).await.is_err());
    assert_eq!(fixture.catalog.begun_batch(JOURNAL).await.unwrap(), None);
    assert_eq!(fixture.catalog.issue_of_hash(fixture.project, GroupHash(1)).await.unwrap(), None);
}

#[tokio::test]
async fn an_upgrade_of_the_algorithm_splits_no_issue() {
    let fixture = Fixture::in_memory().await;
    let old = fixture.take(1, &[fixture.occurrence(1, 1), fixture.occurrence(2, 2)]).await;
    let upgraded = |hash: u64, event: u128, previous: &[u64]| {
        let previous = previous.iter().copied().map(GroupHash).collect();
        Occurrence { previous, ..fixture.occurrence(hash, event) }
    };
    // Two new fingerprints of one old one stay one issue, the version before that is looked at too, and what no
    // version knows is new.
    let batch = [
        upgraded(11, 3, &[1]),
        upgraded(12, 4, &[1]),
        upgraded(13, 5, &[99, 2]),
        upgraded(14, 6, &[98]),
        upgraded(11, 7, &[1]),
    ];
    let now = fixture.take(2, &batch).await;
    let issues: Vec<IssueId> = now.iter().map(|resolution| resolution.issue_id).collect();
    let (first, second) = (old[0].issue_id, old[1].issue_id);
    assert_eq!(issues[..3], [first, first, second]);
    assert_eq!(issues[4], first);
    assert_eq!(now.iter().map(|r| r.new).collect::<Vec<_>>(), [false, false, false, true, false]);
    // From then on the new fingerprint leads there by itself, and a replay changes nothing.
    assert_eq!(fixture.take(3, &[fixture.occurrence(12, 8)]).await[0].issue_id, first);
    assert_eq!(issue(&fixture, first).await.hashes, [1, 11, 12].map(GroupHash));
    let known =
        fixture.catalog.issues_of_hashes(fixture.project, &[11, 13, 77].map(GroupHash)).await.unwrap();
    assert_eq!(known, [(GroupHash(11), first), (GroupHash(13), second)].into());
}

async fn regresses(fixture: &Fixture, first: u64, release: &str) -> bool {
    let occurrence = of_release(fixture.occurrence(1, u128::from(first)), release);
    fixture.take(first, &[occurrence]).await[0].regressed
}

#[tokio::test]
async fn an_event_of_a_release_older_than_the_fix_is_no_regression() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[of_release(fixture.occurrence(1, 1), "app@1.9.0+7")]).await[0].issue_id;
    let fixed = set(&fixture, id, NewStatus::ResolvedInRelease(Some("app@1.10.0+2".into()))).await;
    assert_eq!(fixed.resolved_in_release.as_deref(), Some("app@1.10.0+2"));
    fixture.advance_ms(1000);
    for (first, release) in (2..).zip(["app@1.9.9+99", "app@1.10.0+1", "app@1.10.0-rc.1+5", "other@1.0"]) {
        assert!(!regresses(&fixture, first, release).await, "{release}");
    }
    assert!(regresses(&fixture, 9, "app@1.10.0+2").await);
    let issue = issue(&fixture, id).await;
    assert_eq!((issue.status, issue.resolved_in_release), (Status::Unresolved, None));
}

#[tokio::test]
async fn the_next_release_is_later_than_the_latest_one_was() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[of_release(fixture.occurrence(1, 1), "app@2.0")]).await[0].issue_id;
    fixture.advance_ms(1000);
    // A patch of an old version, first seen last, is not the latest.
    fixture.take(2, &[of_release(fixture.occurrence(2, 2), "app@1.9.1")]).await;
    fixture.advance_ms(1000);
    set(&fixture, id, NewStatus::ResolvedInNextRelease).await;
    fixture.advance_ms(1000);
    for (first, release) in (3..).zip(["app@1.9.2", "app@2.0", "app@1.9.1"]) {
        assert!(!regresses(&fixture, first, release).await, "{release}");
    }
    assert!(regresses(&fixture, 9, "app@2.0.1").await);
}

#[tokio::test]
async fn releases_without_an_order_go_by_when_they_were_first_seen() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[of_release(fixture.occurrence(1, 1), "aaaa")]).await[0].issue_id;
    fixture.advance_ms(1000);
    fixture.take(2, &[of_release(fixture.occurrence(2, 2), "bbbb")]).await;
    let latest = set(&fixture, id, NewStatus::ResolvedInRelease(None)).await;
    assert_eq!(latest.resolved_in_release.as_deref(), Some("bbbb"));
    fixture.advance_ms(1000);
    assert!(!regresses(&fixture, 3, "aaaa").await);
    assert!(regresses(&fixture, 4, "cccc").await);
    let unknown = NewStatus::ResolvedInRelease(Some("dddd".into()));
    let change = IssueChange { status: Some(unknown), assignee: None };
    let refused = fixture.catalog.change_issue(fixture.organization, fixture.user, id, &change).await;
    assert!(refused.unwrap_err().to_string().contains("no known release"));
}
