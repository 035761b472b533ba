use super::*;
use crate::{
    batch::Occurrence,
    fixture::{Fixture, batch},
    issue_changes::{IssueChange, NewStatus},
};

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
async fn no_release_remembers_that_a_deleted_issue_came_back_in_it() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    let resolved = IssueChange { status: Some(NewStatus::Resolved), assignee: None };
    fixture.catalog.change_issue(fixture.organization, fixture.user, id, &resolved).await.unwrap();
    fixture.advance_ms(1);
    assert!(fixture.take(2, &[fixture.occurrence(1, 2)]).await[0].regressed);
    fixture.catalog.delete_issue(fixture.organization, id).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM release_regressions")
        .fetch_one(&fixture.catalog.reader)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_discard_holds_until_it_is_taken_back() {
    let fixture = Fixture::in_memory().await;
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    fixture.catalog.discard_issue(fixture.organization, fixture.user, id).await.unwrap();
    let asked = [fixture.occurrence(1, 2), fixture.occurrence(2, 3)];
    let asked: Vec<_> = asked.iter().collect();
    assert_eq!(fixture.catalog.are_discarded(&asked).await.unwrap(), [true, false]);

    let listed = fixture.catalog.discards(fixture.project, 10).await.unwrap();
    assert_eq!(listed[0].title, "IllegalStateException: no view");
    assert_eq!(listed[0].discarded_by.as_deref(), Some(fixture.bootstrap.admin_email.as_str()));
    let elsewhere = fixture.catalog.undo_discard(ProjectId(999), listed[0].id).await;
    assert!(matches!(elsewhere, Err(CatalogError::NotFound(_))));
    fixture.catalog.undo_discard(fixture.project, listed[0].id).await.unwrap();
    assert_eq!(fixture.catalog.are_discarded(&asked).await.unwrap(), [false, false]);
}

#[tokio::test]
async fn a_discard_outlives_the_algorithm_that_made_its_hashes() {
    let fixture = Fixture::in_memory().await;
    let made = fixture.take(1, &[fixture.occurrence(1, 1), fixture.occurrence(3, 2)]).await;
    fixture.catalog.discard_issue(fixture.organization, fixture.user, made[0].issue_id).await.unwrap();
    let of = |hash, previous: &[u64]| Occurrence {
        previous: previous.iter().copied().map(GroupHash).collect(),
        ..fixture.occurrence(hash, 9)
    };
    let events = [of(7, &[1]), of(7, &[8, 1]), of(3, &[1]), of(7, &[3, 1]), of(7, &[1, 3]), of(7, &[8])];
    let asked: Vec<_> = events.iter().collect();
    let discarded = fixture.catalog.are_discarded(&asked).await.unwrap();
    assert_eq!(discarded, [true, true, false, false, true, false], "the newest that leads anywhere decides");
}
