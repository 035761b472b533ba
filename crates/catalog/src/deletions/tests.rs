use super::*;
use crate::fixture::{Fixture, batch};

#[tokio::test]
async fn a_deleted_issue_is_gone_and_its_events_are_to_go() {
    let fixture = Fixture::in_memory().await;
    let made = fixture.take(1, &[fixture.occurrence(1, 1), fixture.occurrence(2, 2)]).await;
    let (one, two) = (made[0].issue_id, made[1].issue_id);
    let (organization, user) = (fixture.organization, fixture.user);
    fixture.catalog.merge_issues(organization, user, one, &[two]).await.unwrap();
    fixture.catalog.fill_outbox().await.unwrap();

    let under_way = [fixture.occurrence(1, 3)];
    let begun = batch(3, &under_way);
    fixture.catalog.begin_batch(&begun, &under_way).await.unwrap();
    fixture.catalog.delete_issue(organization, one).await.unwrap();
    for id in [one, two] {
        assert!(matches!(fixture.catalog.issue_by_id(id).await, Err(CatalogError::NotFound(_))));
    }
    assert_eq!(fixture.catalog.due_deletions(10).await.unwrap(), [], "a batch is under way");
    fixture.catalog.finish_batch(&begun.range).await.unwrap();
    let due = fixture.catalog.due_deletions(10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.hash).collect::<Vec<_>>(), [GroupHash(1), GroupHash(2)]);
    fixture.catalog.finish_deletions(&due).await.unwrap();
    assert_eq!(fixture.catalog.due_deletions(10).await.unwrap(), []);

    let again = fixture.take(4, &[fixture.occurrence(1, 4)]).await;
    assert!(again[0].new && again[0].issue_id != one);
}

#[tokio::test]
async fn a_discard_holds_until_it_is_taken_back() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    fixture.catalog.discard_issue(fixture.organization, fixture.user, id).await.unwrap();
    let asked = [1, 2].map(|hash| (fixture.project, GroupHash(hash)));
    let discarded = fixture.catalog.discarded(asked).await.unwrap();
    assert_eq!(Vec::from_iter(discarded), [asked[0]]);

    let listed = fixture.catalog.discards(fixture.project, 10).await.unwrap();
    assert_eq!(listed[0].title, "IllegalStateException: no view");
    assert_eq!(listed[0].discarded_by.as_deref(), Some(fixture.bootstrap.admin_email.as_str()));
    let elsewhere = fixture.catalog.undo_discard(ProjectId(999), listed[0].id).await;
    assert!(matches!(elsewhere, Err(CatalogError::NotFound(_))));
    fixture.catalog.undo_discard(fixture.project, listed[0].id).await.unwrap();
    assert!(fixture.catalog.discarded(asked).await.unwrap().is_empty());
}
