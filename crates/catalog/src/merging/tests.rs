use mayday_event::Timestamp;

use super::*;
use crate::{batch::Occurrence, fixture::Fixture};

async fn merge(fixture: &Fixture, target: IssueId, others: &[IssueId]) -> Issue {
    fixture.catalog.merge_issues(fixture.organization, fixture.user, target, others).await.unwrap()
}

fn at(fixture: &Fixture, hash: u64, event: u128, ms: i64) -> Occurrence {
    Occurrence { timestamp: fixture.now().plus_ms(ms), ..fixture.occurrence(hash, event) }
}

fn part(merged_from: Option<IssueId>, hash: u64, first: Timestamp, last: Timestamp) -> Part {
    Part {
        merged_from,
        hashes: vec![GroupHash(hash)],
        seen: Some(Remaining { first_seen: first, last_seen: last }),
        described: None,
    }
}

#[tokio::test]
async fn merged_issues_are_one_until_they_are_parted() {
    let fixture = Fixture::in_memory().await;
    let now = fixture.now();
    let made =
        fixture.take(1, &[at(&fixture, 1, 1, -50), at(&fixture, 2, 2, -90), at(&fixture, 2, 3, 70)]).await;
    let (one, two) = (made[0].issue_id, made[1].issue_id);
    let merged = merge(&fixture, one, &[two]).await;
    assert_eq!(merged.hashes, [GroupHash(1), GroupHash(2)]);
    assert_eq!((merged.first_seen, merged.last_seen), (now.plus_ms(-90), now.plus_ms(70)));
    assert_eq!(fixture.catalog.issue_by_id(two).await.unwrap().id, one, "leads there");
    assert_eq!(fixture.take(4, &[at(&fixture, 2, 4, 80)]).await[0].issue_id, one);

    let origins = fixture.catalog.merged_from(one).await.unwrap();
    assert_eq!(origins, [(GroupHash(1), None), (GroupHash(2), Some(two))]);
    let left = Remaining { first_seen: now.plus_ms(-50), last_seen: now.plus_ms(-50) };
    let parts = [part(Some(two), 2, now.plus_ms(-90), now.plus_ms(80))];
    let (organization, user) = (fixture.organization, fixture.user);
    let went = fixture.catalog.unmerge_issue(organization, user, one, &parts, Some(left)).await.unwrap();
    assert_eq!(went, [two], "to its own id again");
    let [one, two] = [one, two].map(|id| (id, fixture.catalog.issue_by_id(id)));
    let (one, two) = (one.1.await.unwrap(), two.1.await.unwrap());
    assert_eq!((one.hashes.as_slice(), one.last_seen), (&[GroupHash(1)][..], now.plus_ms(-50)));
    assert_eq!((two.hashes.as_slice(), two.last_seen), (&[GroupHash(2)][..], now.plus_ms(80)));
    assert_eq!(two.short_id, "APP-2");
    let kinds: Vec<_> =
        fixture.catalog.activities(one.id, 10).await.unwrap().into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["unmerge_destination", "merge", "first_seen"]);
}

#[tokio::test]
async fn a_fingerprint_of_its_own_becomes_an_issue_but_not_the_last_one() {
    let fixture = Fixture::in_memory().await;
    let now = fixture.now();
    let made = fixture.take(1, &[fixture.occurrence(1, 1), fixture.occurrence(2, 2)]).await;
    let (one, two) = (made[0].issue_id, made[1].issue_id);
    merge(&fixture, one, &[two]).await;
    let (organization, user) = (fixture.organization, fixture.user);
    let parts = [part(None, 1, now, now)];
    let went = fixture.catalog.unmerge_issue(organization, user, one, &parts, None).await.unwrap();
    let new = fixture.catalog.issue_by_id(went[0]).await.unwrap();
    assert_eq!((new.short_id.as_str(), new.title.as_str()), ("APP-3", "IllegalStateException: no view"));
    let parts = [part(Some(two), 2, now, now)];
    let refused = fixture.catalog.unmerge_issue(organization, user, one, &parts, None).await;
    assert!(matches!(refused, Err(CatalogError::Invalid(_))));
    assert_eq!(fixture.catalog.issue_by_id(two).await.unwrap().id, one, "nothing changed");
    let gone = [part(None, 1, now, now)];
    let refused = fixture.catalog.unmerge_issue(organization, user, one, &gone, None).await;
    assert!(matches!(refused, Err(CatalogError::Conflict(_))));
}

#[tokio::test]
async fn what_was_merged_in_turn_parts_in_any_order() {
    let fixture = Fixture::in_memory().await;
    let now = fixture.now();
    let occurrences: Vec<_> = (1..=3).map(|n| fixture.occurrence(n, u128::from(n))).collect();
    let ids: Vec<_> = fixture.take(1, &occurrences).await.iter().map(|made| made.issue_id).collect();
    merge(&fixture, ids[1], &[ids[0]]).await;
    merge(&fixture, ids[2], &[ids[1]]).await;
    assert_eq!(fixture.catalog.issue_by_id(ids[0]).await.unwrap().id, ids[2]);
    let (organization, user) = (fixture.organization, fixture.user);
    for place in [0, 1] {
        let parts = [part(Some(ids[place]), place as u64 + 1, now, now)];
        let went = fixture.catalog.unmerge_issue(organization, user, ids[2], &parts, None).await.unwrap();
        assert_eq!(went, [ids[place]]);
        let issue = fixture.catalog.issue_by_id(ids[place]).await.unwrap();
        assert_eq!((issue.id, issue.hashes.len()), (ids[place], 1));
    }
}
