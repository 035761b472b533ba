use super::*;
use crate::{alerts::Hook, fixture::Fixture};

async fn hook(fixture: &Fixture, events: &[TransitionKind]) -> Hook {
    fixture.catalog.create_hook(fixture.project, "http://receiver/", events, None).await.unwrap()
}

/// Makes `count` new issues and fills the outbox.
async fn new_issues(fixture: &Fixture, first: u64, count: u64) {
    let events: Vec<_> = (first..first + count).map(|n| fixture.occurrence(n, u128::from(n))).collect();
    fixture.take(first, &events).await;
    while fixture.catalog.fill_outbox().await.unwrap() > 0 {}
}

async fn due(fixture: &Fixture) -> Vec<Delivery> {
    fixture.catalog.due_deliveries(fixture.now(), 100).await.unwrap()
}

async fn history(fixture: &Fixture) -> Vec<Delivery> {
    fixture.catalog.deliveries(fixture.project, 100).await.unwrap()
}

fn retry(next_attempt: Timestamp) -> Attempt {
    Attempt::Retry { status: Some(503), error: "receiver answered 503".into(), next_attempt }
}

#[tokio::test]
async fn each_subscribed_hook_gets_one_delivery() {
    let fixture = Fixture::in_memory().await;
    let subscribed = hook(&fixture, &[TransitionKind::New]).await;
    hook(&fixture, &[TransitionKind::Regressed]).await;
    new_issues(&fixture, 1, 1).await;
    let due = due(&fixture).await;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].hook_id, due[0].secret.as_str()), (subscribed.id, subscribed.secret.as_str()));
    assert_eq!((due[0].transition.kind, due[0].attempts), (TransitionKind::New, 0));
    insta::assert_snapshot!(due[0].transition.reason, @"first event of this issue, in release 1.0.0");
}

#[tokio::test]
async fn a_hook_is_not_told_what_happened_before_it_was_made() {
    let fixture = Fixture::in_memory().await;
    fixture.take(1, &[fixture.occurrence(1, 1)]).await;
    hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 2, 1).await;
    assert_eq!(due(&fixture).await.len(), 1);
}

#[tokio::test]
async fn a_delivery_that_failed_is_due_again_with_the_same_id_and_body() {
    let fixture = Fixture::in_memory().await;
    hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 1, 1).await;
    let id = due(&fixture).await[0].id.clone();
    fixture.catalog.keep_body(&id, "first").await.unwrap();
    fixture.catalog.keep_body(&id, "second").await.unwrap();
    fixture.catalog.record_attempt(&id, &retry(fixture.now().plus_ms(1000))).await.unwrap();
    assert!(due(&fixture).await.is_empty());
    fixture.advance_ms(1000);
    let again = &due(&fixture).await[0];
    assert_eq!((again.id.as_str(), again.body.as_deref(), again.attempts), (id.as_str(), Some("first"), 1));
    assert_eq!((again.last_status, again.last_error.as_deref()), (Some(503), Some("receiver answered 503")));

    fixture.catalog.record_attempt(&id, &Attempt::Delivered { status: 204 }).await.unwrap();
    // The answer to an attempt that was made twice changes nothing.
    fixture.catalog.record_attempt(&id, &retry(fixture.now())).await.unwrap();
    let done = &history(&fixture).await[0];
    assert_eq!((done.state, done.attempts, done.last_status), (DeliveryState::Delivered, 2, Some(204)));
    assert_eq!((done.delivered, done.last_error.as_deref()), (Some(fixture.now()), None));
    assert!(done.body.is_none() && due(&fixture).await.is_empty());
}

#[tokio::test]
async fn a_delivery_given_up_keeps_its_reason() {
    let fixture = Fixture::in_memory().await;
    hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 1, 1).await;
    let id = due(&fixture).await[0].id.clone();
    let failed = Attempt::Failed { status: None, error: "x".repeat(MAX_ERROR + 1) };
    fixture.catalog.record_attempt(&id, &failed).await.unwrap();
    let given_up = &history(&fixture).await[0];
    assert_eq!(given_up.state, DeliveryState::Failed);
    assert_eq!(given_up.last_error.as_ref().unwrap().len(), MAX_ERROR);
    assert!(due(&fixture).await.is_empty());
}

#[tokio::test]
async fn a_hook_with_many_deliveries_does_not_hide_the_others() {
    let fixture = Fixture::in_memory().await;
    let busy = hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 1, 30).await;
    let quiet = hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 31, 1).await;
    let due = due(&fixture).await;
    assert_eq!(due.iter().filter(|delivery| delivery.hook_id == busy.id).count(), 16);
    let first_two: BTreeSet<i64> = due.iter().take(2).map(|delivery| delivery.hook_id).collect();
    assert_eq!(first_two, BTreeSet::from([busy.id, quiet.id]));
}

#[tokio::test]
async fn a_removed_hook_leaves_its_history_but_nothing_to_send() {
    let fixture = Fixture::in_memory().await;
    let hook = hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 1, 2).await;
    let id = due(&fixture).await[0].id.clone();
    fixture.catalog.record_attempt(&id, &Attempt::Delivered { status: 200 }).await.unwrap();
    fixture.catalog.delete_hook(fixture.project, hook.id).await.unwrap();
    assert!(due(&fixture).await.is_empty());
    let left = history(&fixture).await;
    assert_eq!((left.len(), left[0].url.as_str(), left[0].secret.as_str()), (1, "http://receiver/", ""));
}

#[tokio::test]
async fn a_crash_after_filling_neither_loses_nor_doubles() {
    let fixture = Fixture::new().await;
    hook(&fixture, &TransitionKind::ALL).await;
    new_issues(&fixture, 1, 1).await;
    let before = due(&fixture).await;
    let successor = fixture.open_again().await;
    assert_eq!(successor.fill_outbox().await.unwrap(), 0);
    assert_eq!(successor.due_deliveries(fixture.now(), 100).await.unwrap(), before);
}

#[tokio::test]
async fn history_is_pruned_and_what_is_pending_is_kept() {
    let fixture = Fixture::in_memory().await;
    hook(&fixture, &TransitionKind::ALL).await;
    for n in 1..=5 {
        new_issues(&fixture, n, 1).await;
        fixture.advance_ms(1000);
    }
    let pending = due(&fixture).await;
    for delivery in pending.iter().skip(1) {
        fixture.catalog.record_attempt(&delivery.id, &Attempt::Delivered { status: 200 }).await.unwrap();
    }
    for (later, kept, left) in [(0, 10, 5), (0, 2, 3), (KEPT_MS, 2, 1)] {
        let now = fixture.advance_ms(later);
        let mut tx = fixture.catalog.write().await.unwrap();
        prune(&mut tx, fixture.project.to_sql(), now, kept).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(history(&fixture).await.len(), left, "{later} {kept}");
    }
    assert_eq!(history(&fixture).await[0].id, pending[0].id);
}
