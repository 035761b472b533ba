use super::*;
use crate::{
    fixture::Fixture,
    issue_changes::{IssueChange, NewStatus},
    issues::{IssueCondition, Status},
};

impl Fixture {
    /// An event of an unreadable issue that became readable.
    fn healed(&self, event: u128, old_hash: u64, new_hash: u64) -> Healed {
        let mut occurrence = self.occurrence(new_hash, event);
        occurrence.title = "SIGSEGV: pay(Cart&)".into();
        Healed { occurrence, old_hash: GroupHash(old_hash) }
    }

    async fn issue(&self, id: IssueId) -> crate::issues::Issue {
        self.catalog.issue(self.organization, &id.to_string()).await.unwrap()
    }

    async fn listed(&self) -> Vec<IssueId> {
        let keys = self.catalog.issue_keys(self.project, &IssueCondition::default(), 100).await.unwrap();
        keys.into_iter().map(|key| key.id).collect()
    }

    async fn transitions(&self) -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM transitions").fetch_one(&self.catalog.reader).await.unwrap()
    }
}

#[tokio::test]
async fn an_issue_without_a_twin_takes_the_new_name_and_nothing_is_split() {
    let fixture = Fixture::in_memory().await;
    let made = fixture.take(1, &[fixture.occurrence(1, 1), fixture.occurrence(1, 2)]).await;
    let before = fixture.transitions().await;
    for _ in 0..2 {
        // Two different crashes that looked the same.
        let healed = [fixture.healed(1, 1, 11), fixture.healed(2, 1, 12)];
        fixture.catalog.heal(&healed).await.unwrap();
    }
    let issue = fixture.issue(made[0].issue_id).await;
    assert_eq!(issue.title, "SIGSEGV: pay(Cart&)");
    assert_eq!(issue.hashes, [1, 11, 12].map(GroupHash));
    let word = IssueCondition::Text(vec!["cart".into()]);
    assert_eq!(fixture.catalog.issue_keys(fixture.project, &word, 9).await.unwrap().len(), 1);
    assert_eq!(fixture.transitions().await, before);
    assert_eq!(fixture.catalog.left_issues(9).await.unwrap(), []);
}

#[tokio::test]
async fn an_emptied_issue_leads_to_its_twin_which_is_not_reopened() {
    let fixture = Fixture::in_memory().await;
    let twin = fixture.take(1, &[fixture.occurrence(5, 1)]).await[0].issue_id;
    let resolved = IssueChange { status: Some(NewStatus::Resolved), assignee: None };
    fixture.catalog.change_issue(fixture.organization, fixture.user, twin, &resolved).await.unwrap();
    let late = fixture.advance_ms(60_000);
    let old = fixture.take(2, &[fixture.occurrence(1, 2), fixture.occurrence(1, 3)]).await[0].issue_id;
    let old_short = fixture.issue(old).await.short_id;
    let before = fixture.transitions().await;

    fixture.catalog.heal(&[fixture.healed(2, 1, 5)]).await.unwrap();
    let left = fixture.catalog.left_issues(9).await.unwrap();
    let expected = LeftIssue { project_id: fixture.project, issue_id: old, hashes: vec![GroupHash(1)] };
    assert_eq!(left, [expected]);
    // One event is left.
    let remaining = Remaining { first_seen: late, last_seen: late };
    fixture.catalog.settle_left_issue(old, Some(remaining)).await.unwrap();
    assert_eq!(fixture.catalog.left_issues(9).await.unwrap(), []);
    assert_eq!(fixture.issue(old).await.id, old);

    fixture.catalog.heal(&[fixture.healed(3, 1, 5)]).await.unwrap();
    fixture.catalog.settle_left_issue(old, None).await.unwrap();
    assert_eq!(fixture.listed().await, [twin]);
    for name in [old.to_string(), old_short] {
        let found = fixture.catalog.issue(fixture.organization, &name).await.unwrap();
        assert_eq!((found.id, found.status, found.last_seen), (twin, Status::Resolved, late));
        assert_eq!(found.hashes, [1, 5].map(GroupHash));
    }
    assert_eq!(fixture.catalog.issue_by_id(old).await.unwrap().id, twin);
    assert_eq!(fixture.transitions().await, before);
}

#[tokio::test]
async fn issues_that_lead_to_one_that_leads_on_lead_to_its_end() {
    let fixture = Fixture::in_memory().await;
    let [first, second, third] = [1, 2, 3].map(|n| fixture.occurrence(n, u128::from(n)));
    let ids = fixture.take(1, &[first, second, third]).await;
    let ids: Vec<IssueId> = ids.iter().map(|made| made.issue_id).collect();
    fixture.catalog.heal(&[fixture.healed(1, 1, 2)]).await.unwrap();
    fixture.catalog.heal(&[fixture.healed(1, 2, 3), fixture.healed(2, 2, 3)]).await.unwrap();
    fixture.catalog.settle_left_issue(ids[1], None).await.unwrap();
    fixture.catalog.settle_left_issue(ids[0], None).await.unwrap();
    assert_eq!(fixture.listed().await, [ids[2]]);
    for id in &ids {
        assert_eq!(fixture.issue(*id).await.id, ids[2]);
    }
    assert_eq!(fixture.issue(ids[2]).await.hashes, [1, 2, 3].map(GroupHash));
    assert_eq!(fixture.catalog.left_issues(9).await.unwrap(), []);
    // One whose issue is gone is told apart.
    let healed = [fixture.healed(9, 98, 99), fixture.healed(9, 3, 3)];
    assert_eq!(fixture.catalog.heal(&healed).await.unwrap(), [false, true]);
}
