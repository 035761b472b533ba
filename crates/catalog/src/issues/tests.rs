use super::*;
use crate::{
    fixture::Fixture,
    ignoring::IgnoreUntil,
    issue_changes::{IssueChange, NewStatus},
};

/// Three issues: APP-1 the oldest, APP-3 the newest.
async fn three(fixture: &Fixture) -> [IssueId; 3] {
    let mut ids = [IssueId(0); 3];
    for (n, (id, title)) in (1..).zip(ids.iter_mut().zip(["Null view", "100% full_disk", "ÜBERLAUF"])) {
        let mut occurrence = fixture.occurrence(n, u128::from(n));
        occurrence.title = title.into();
        *id = fixture.take(n, &[occurrence]).await[0].issue_id;
        fixture.advance_ms(1000);
    }
    ids
}

async fn found(fixture: &Fixture, condition: &IssueCondition) -> Vec<IssueId> {
    let keys = fixture.catalog.issue_keys(fixture.project, condition, 100).await.unwrap();
    keys.into_iter().map(|key| key.id).collect()
}

async fn change(fixture: &Fixture, id: IssueId, change: IssueChange) -> Result<Issue, CatalogError> {
    fixture.catalog.change_issue(fixture.organization, fixture.user, id, &change).await
}

fn words(words: &[&str]) -> IssueCondition {
    IssueCondition::All(words.iter().map(|&word| IssueCondition::Text(vec![word.to_owned()])).collect())
}

#[tokio::test]
async fn issues_are_found_by_words_newest_first() {
    let fixture = Fixture::in_memory().await;
    let [first, second, third] = three(&fixture).await;
    assert_eq!(found(&fixture, &IssueCondition::default()).await, [third, second, first]);
    assert_eq!(found(&fixture, &words(&["NULL", "oncreate"])).await, [first]);
    assert_eq!(found(&fixture, &words(&["app-2"])).await, [second]);
    assert_eq!(found(&fixture, &words(&["überlauf"])).await, [third]);
    assert_eq!(found(&fixture, &words(&["0% full_d"])).await, [second]);
    for pattern in ["%", "_"] {
        assert_eq!(found(&fixture, &words(&[pattern])).await, [second], "not a wildcard: {pattern}");
    }
    assert!(found(&fixture, &words(&["null", "überlauf"])).await.is_empty());
    let newest = fixture.catalog.issue_keys(fixture.project, &IssueCondition::default(), 1).await.unwrap();
    assert_eq!((newest.len(), newest[0].id, newest[0].hashes.as_slice()), (1, third, &[GroupHash(3)][..]));
}

#[tokio::test]
async fn a_page_by_time_is_a_part_of_the_same_order() {
    let fixture = Fixture::in_memory().await;
    let [first, second, third] = three(&fixture).await;
    // The first is seen again: last of all, though it was the first that was seen.
    fixture.take(4, &[fixture.occurrence(1, 9)]).await;
    let page = async |order, part, limit| {
        let (catalog, all) = (&fixture.catalog, IssueCondition::default());
        let found = catalog.issues_by_time(fixture.project, &all, order, part, limit).await.unwrap();
        assert_eq!(found.total, 3);
        found
    };
    let ids = |found: &IssuesByTime| found.issues.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    let whole = page(TimeOrder::LastSeen, Part::Top, 9).await;
    assert_eq!((ids(&whole), whole.before), (vec![first, third, second], 0));
    let by_first_seen = page(TimeOrder::FirstSeen, Part::Top, 9).await;
    assert_eq!(ids(&by_first_seen), [third, second, first]);

    let (id, time) = whole.issues[0];
    let behind = page(TimeOrder::LastSeen, Part::Behind(time, id), 1).await;
    assert_eq!((ids(&behind), behind.before), (vec![third], 1));
    let (id, time) = whole.issues[2];
    let before = page(TimeOrder::LastSeen, Part::Before(time, id), 1).await;
    assert_eq!((ids(&before), before.before), (vec![third], 1));
    let end = page(TimeOrder::LastSeen, Part::Behind(time, id), 1).await;
    assert_eq!((ids(&end), end.before), (vec![], 3));
    let nothing = IssueCondition::Any(Vec::new());
    let (catalog, order) = (&fixture.catalog, TimeOrder::LastSeen);
    let none = catalog.issues_by_time(fixture.project, &nothing, order, Part::Top, 9).await.unwrap();
    assert_eq!(none, IssuesByTime::default());
}

#[tokio::test]
async fn conditions_are_joined_and_turned_round() {
    use IssueCondition::{Any, FirstRelease, FirstReleaseLike, FirstSeen, LastSeen, MadeAfter, Not, Text};
    let fixture = Fixture::in_memory().await;
    let [first, second, third] = three(&fixture).await;
    let text = |parts: &[&str]| Text(parts.iter().map(|&part| part.to_owned()).collect());
    assert_eq!(found(&fixture, &Any(vec![text(&["null"]), text(&["über"])])).await, [third, first]);
    assert_eq!(found(&fixture, &text(&["100%", "disk"])).await, [second]);
    assert!(found(&fixture, &text(&["disk", "100%"])).await.is_empty());
    assert_eq!(found(&fixture, &Not(Box::new(text(&["null"])))).await, [third, second]);
    assert!(found(&fixture, &Any(Vec::new())).await.is_empty());
    assert_eq!(found(&fixture, &MadeAfter(first)).await, [third, second]);
    assert_eq!(fixture.catalog.newest_issue(fixture.project).await.unwrap(), Some(third));
    let issue = fixture.catalog.issue_by_id(second).await.unwrap();
    let until = Seen { from: None, to: Some(issue.first_seen) };
    let since = Seen { from: Some(issue.last_seen), to: None };
    assert!(!found(&fixture, &FirstSeen(until)).await.contains(&second));
    assert!(found(&fixture, &LastSeen(since)).await.contains(&second));
    let release = issue.first_release.unwrap_or_default();
    assert!(found(&fixture, &FirstRelease(vec![release.clone()])).await.contains(&second));
    assert!(found(&fixture, &FirstReleaseLike(vec![release.to_uppercase()])).await.contains(&second));
    let other = FirstRelease(vec!["none@1".into()]);
    assert!(found(&fixture, &other).await.is_empty());
    assert_eq!(found(&fixture, &Not(Box::new(other))).await.len(), 3);
}

#[tokio::test]
async fn a_status_that_a_person_sets_is_kept_and_filtered_by() {
    let fixture = Fixture::in_memory().await;
    let [first, second, third] = three(&fixture).await;
    for (id, status) in
        [(first, NewStatus::ResolvedInNextRelease), (second, NewStatus::Ignored(IgnoreUntil::Escalating))]
    {
        change(&fixture, id, IssueChange { status: Some(status), assignee: None }).await.unwrap();
    }
    let of = IssueCondition::Status;
    assert_eq!(found(&fixture, &of(Status::Resolved)).await, [first]);
    assert_eq!(found(&fixture, &of(Status::Ignored)).await, [second]);
    assert_eq!(found(&fixture, &of(Status::Unresolved)).await, [third]);
    let resolved = fixture.catalog.issue_by_id(first).await.unwrap();
    assert_eq!((resolved.resolved_in_next_release, resolved.resolved), (true, Some(fixture.now())));
    let reopen = IssueChange { status: Some(NewStatus::Unresolved), assignee: None };
    let reopened = change(&fixture, first, reopen).await.unwrap();
    assert_eq!(reopened, fixture.catalog.issue_by_id(first).await.unwrap());
    assert_eq!((reopened.resolved_in_next_release, reopened.resolved), (false, None));
}

#[tokio::test]
async fn an_issue_is_assigned_to_members_only() {
    let fixture = Fixture::in_memory().await;
    let [first, second, third] = three(&fixture).await;
    let assign = |email: Option<&str>| IssueChange { status: None, assignee: Some(email.map(str::to_owned)) };
    let assigned = change(&fixture, first, assign(Some("Admin@mayday.local"))).await.unwrap();
    assert_eq!(assigned.assignee.as_deref(), Some("admin@mayday.local"));
    let to_admin = IssueCondition::AssignedTo("admin@mayday.local".into());
    assert_eq!(found(&fixture, &to_admin).await, [first]);
    assert_eq!(found(&fixture, &IssueCondition::Not(Box::new(to_admin))).await, [third, second]);
    assert_eq!(found(&fixture, &IssueCondition::Unassigned).await, [third, second]);
    let stranger = change(&fixture, first, assign(Some("who@example.com"))).await;
    assert!(matches!(stranger, Err(CatalogError::Invalid(text)) if text.contains("who@example.com")));
    assert_eq!(change(&fixture, first, assign(None)).await.unwrap().assignee, None);
}

#[tokio::test]
async fn another_organisation_sees_and_changes_nothing() {
    let fixture = Fixture::in_memory().await;
    let [first, second, _] = three(&fixture).await;
    let stranger = OrganizationId(99);
    assert!(fixture.catalog.issues(stranger, &[first]).await.unwrap().is_empty());
    for id in ["APP-1", &first.to_string()] {
        assert!(matches!(fixture.catalog.issue(stranger, id).await, Err(CatalogError::NotFound("issue"))));
    }
    let ignore = IssueChange { status: Some(NewStatus::Ignored(IgnoreUntil::Escalating)), assignee: None };
    let refused = fixture.catalog.change_issue(stranger, fixture.user, first, &ignore).await;
    assert!(matches!(refused, Err(CatalogError::NotFound("issue"))));
    let ours = fixture.catalog.issues(fixture.organization, &[second, IssueId(99), first]).await.unwrap();
    assert_eq!(ours.iter().map(|issue| issue.id).collect::<Vec<_>>(), [second, first]);
}
