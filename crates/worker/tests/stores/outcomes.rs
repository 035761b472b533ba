//! Everything in a report comes to one end, and it adds up.

use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::batch::{BatchRange, BegunBatch, Skipped};
use mayday_event::{
    Category, EventId, Outcome, Timestamp,
    raw::{Body, RefusalLine, Refusals, RefusedEvent},
};
use mayday_store::queries::{Window, sessions::SessionFilter};
use uuid::Uuid;

use crate::harness::{Fixture, NOW};

const WINDOW: Window = Window { from: Timestamp(0), to: Timestamp(NOW.0 + Timestamp::DAY_MS) };

fn id(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

/// One of each kind.
fn envelope(number: u128) -> String {
    let id = id(number);
    format!(
        r#"{{"event_id":"{id}"}}
{{"type":"event"}}
{{"message":"boom","release":"app@1"}}
{{"type":"attachment","filename":"log.txt"}}
hello
{{"type":"session"}}
{{"sid":"7c7b6585-f901-4351-bf8d-02711b721929","status":"crashed","attrs":{{"release":"app@1"}}}}
{{"type":"user_report"}}
{{"event_id":"{id}","comments":"sad"}}
{{"type":"client_report"}}
{{"discarded_events":[{{"reason":"before_send","category":"error","quantity":3}}]}}
{{"type":"transaction"}}
{{}}
{{"type":"session"}}
nonsense
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_an_envelope_holds_is_stored_and_accounted_for() {
    let fixture = Fixture::new().await;
    fixture.append(fixture.report(1, envelope(1))).await;
    fixture.work_off().await;
    let store = &fixture.worker.store;
    assert!(store.event(fixture.project, id(1)).await.unwrap().is_some());
    let files = store.attachments(fixture.project, id(1)).await.unwrap();
    assert_eq!((files.len(), files[0].name.as_str(), files[0].bytes), (1, "log.txt", 5));
    let sessions = store.session_totals(fixture.project, WINDOW, &SessionFilter::default()).await.unwrap();
    assert_eq!((sessions.sessions, sessions.crashed), (1, 1));
    assert_eq!(
        fixture.outcomes().await,
        [
            "attachment accepted  1",
            "error accepted  1",
            "error client_discard before_send 3",
            "feedback accepted  1",
            "internal accepted  1",
            "session accepted  1",
            "session invalid invalid_item 1",
            "transaction filtered not_stored 1",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stored_has_a_fate() {
    let fixture = Fixture::new().await;
    fixture.append(fixture.report(1, envelope(1))).await;
    fixture.work_off().await;
    // Sent again, unreadable, over a limit, refused by ingest, and with a body that is gone.
    fixture.append(fixture.report(1, envelope(1))).await;
    let broken = format!("{{\"event_id\":\"{}\"}}\n{{\"type\":\"event\"}}\n{{\"a\":}}\n", id(2));
    fixture.append(fixture.report(2, &broken)).await;
    let mut limited = fixture.report(3, envelope(3));
    limited.limited = vec![(Category::Error, "project_limit_error".to_owned())];
    fixture.append(limited).await;
    let mut gone = fixture.report(4, envelope(4));
    gone.body = Body::Spooled(Uuid::from_u128(4));
    fixture.append(gone).await;
    let line = RefusalLine {
        project_id: fixture.project,
        key_id: 1,
        category: Category::Error,
        outcome: Outcome::RateLimited,
        reason: "key_rate_limit".to_owned(),
        minute: NOW,
        quantity: 5,
    };
    let refused = RefusedEvent {
        project_id: fixture.project,
        event_id: id(5),
        received: NOW,
        outcome: Outcome::RateLimited,
        reason: "key_rate_limit".to_owned(),
        detail: "rate limit is reached".to_owned(),
    };
    let refusals = Refusals { lines: vec![line], events: vec![refused] };
    fixture.worker.journal.append(0, refusals.encode()).await.unwrap();
    fixture.work_off().await;

    for (number, outcome, reason) in [
        (1, "filtered", "duplicate"),
        (2, "invalid", "invalid_json"),
        (3, "rate_limited", "project_limit_error"),
        (4, "invalid", "spool_missing"),
        (5, "rate_limited", "key_rate_limit"),
    ] {
        let fates = fixture.worker.store.fates(fixture.project, id(number)).await.unwrap();
        assert_eq!(fates.len(), 1, "{number}");
        assert_eq!((fates[0].outcome.as_str(), fates[0].reason.as_str()), (outcome, reason), "{number}");
    }
    let outcomes = fixture.outcomes().await;
    for line in [
        "error accepted  1",
        "error filtered duplicate 1",
        "error invalid invalid_json 1",
        "error invalid spool_missing 1",
        "error rate_limited key_rate_limit 5",
        "error rate_limited project_limit_error 1",
    ] {
        assert!(outcomes.contains(&line.to_owned()), "{line}: {outcomes:#?}");
    }
    // Set aside, to be looked at and tried again.
    assert_eq!(fixture.worker.catalog.quarantined(fixture.project, 10).await.unwrap().len(), 2);
    // Ingest's part of the ledger is not played here: all verdicts are the worker's.
    assert_eq!(fixture.ledger(Category::Error), -5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_batch_keeps_its_decisions_and_counts_once() {
    let fixture = Fixture::new().await;
    for number in 1..=3 {
        fixture.append(fixture.report(number, envelope(number))).await;
    }
    let journal = fixture.worker.journal.journals()[0].id();
    let range = BatchRange { journal, first: 1, last: 3 };
    let skipped = vec![Skipped { position: 2, index: 0, reason: "filter_release".to_owned() }];
    let begun = BegunBatch { range, skipped };
    fixture.worker.catalog.begin_batch(&begun, &[]).await.unwrap();
    fixture.work_off().await;
    let store = &fixture.worker.store;
    assert!(store.event(fixture.project, id(1)).await.unwrap().is_some());
    assert!(store.event(fixture.project, id(2)).await.unwrap().is_none());
    let outcomes = fixture.outcomes().await;
    assert!(outcomes.contains(&"error filtered filter_release 1".to_owned()), "{outcomes:#?}");
    assert!(outcomes.contains(&"error accepted  2".to_owned()), "{outcomes:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_report_comes_from_the_spool_and_its_files_go_to_the_blob_store() {
    let fixture = Fixture::new().await;
    let envelope = envelope(1);
    let mut report = fixture.report(1, &envelope);
    let spooled = Uuid::from_u128(9);
    let key = BlobKey::Spool(spooled);
    fixture.worker.blobs.put(&key, envelope.into()).await.unwrap();
    report.body = Body::Spooled(spooled);
    fixture.append(report).await;
    fixture.work_off().await;
    assert!(matches!(fixture.worker.blobs.get(&key).await, Err(BlobError::NotFound { .. })));
    let files = fixture.worker.store.attachments(fixture.project, id(1)).await.unwrap();
    let (project, event, file, received) = (fixture.project, id(1), files[0].id, files[0].received);
    let key = BlobKey::Attachment { project, event, id: file, received };
    assert_eq!(fixture.worker.blobs.get(&key).await.unwrap(), &b"hello"[..]);
}
