//! What belongs to events: attachments, what users said, payloads past the budget.

use mayday_event::{EventId, GroupHash, ProjectId, entry::Feedback};
use mayday_store::{
    queries::{
        events::Edge,
        feedback::{FeedbackCursor, FeedbackOf},
    },
    rows::{AttachmentRow, EventRow, FeedbackRow, RecentPayloadRow},
};
use uuid::Uuid;

use crate::harness::{Fixture, NOW, PROJECT, row};

pub(crate) fn attachment(event: &EventRow, id: u64) -> AttachmentRow {
    AttachmentRow {
        project_id: event.project_id,
        event_id: event.event_id,
        id,
        received: event.received,
        name: format!("{id}.txt"),
        content_type: "text/plain".into(),
        attachment_type: "event.attachment".into(),
        bytes: 3,
        sha256: "0".repeat(64),
        blob: format!("attachments/{id}"),
    }
}

pub(crate) fn feedback(number: u128, event_id: Option<EventId>, email: &str) -> FeedbackRow {
    FeedbackRow {
        project_id: PROJECT,
        position: 1,
        index: 0,
        received: NOW.plus_ms(i64::try_from(number).unwrap()),
        feedback: Feedback {
            id: EventId(Uuid::from_u128(number)),
            event_id,
            name: "Ada".into(),
            email: email.into(),
            message: format!("It broke: {number}"),
            url: String::new(),
            release: "1.0".into(),
            environment: "production".into(),
            timestamp: NOW,
        },
    }
}

pub(crate) fn recent_payload(event: &EventRow, slot: u32, payload: &str) -> RecentPayloadRow {
    RecentPayloadRow {
        project_id: event.project_id,
        group_hash: event.hash,
        release: event.release.clone(),
        hour: event.received.hour(),
        slot,
        event_id: event.event_id,
        received: event.received,
        payload: payload.into(),
        grouping: "{}".into(),
    }
}

#[tokio::test]
async fn an_events_attachments_are_listed_once_each() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let event = row(1, 1, 0);
    let rows = [attachment(&event, 1), attachment(&event, 2), attachment(&row(2, 1, 0), 1)];
    store.insert_attachments(&rows).await.unwrap();
    let again = AttachmentRow { received: NOW.plus_ms(60_000), ..rows[1].clone() };
    store.insert_attachments(&[rows[2].clone(), again]).await.unwrap();
    let listed = store.attachments(PROJECT, event.event_id).await.unwrap();
    assert_eq!(listed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["1.txt", "2.txt"]);
    assert_eq!((listed[0].bytes, listed[0].blob.as_str()), (3, "attachments/1"));
    assert_eq!(store.attachments(ProjectId(8), event.event_id).await.unwrap(), []);
}

#[tokio::test]
async fn what_users_said_is_found_by_event_issue_and_project() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (event, other) = (row(1, 1, 0), row(2, 2, 0));
    store.insert_events("t", &[event.clone(), other.clone()]).await.unwrap();
    let rows = [
        feedback(1, Some(event.event_id), "ada@example.com"),
        feedback(2, Some(other.event_id), "bob@example.com"),
        feedback(3, None, "eve@example.com"),
    ];
    store.insert_feedback(&rows).await.unwrap();
    store.insert_feedback(&rows).await.unwrap();
    let found = async |of: FeedbackOf<'_>, after| {
        let found = store.feedback(PROJECT, of, after, 2).await.unwrap();
        found.iter().map(|it| (it.feedback.id.0.as_u128(), it.hash.map(|hash| hash.0))).collect::<Vec<_>>()
    };
    assert_eq!(found(FeedbackOf::Project, None).await, [(3, None), (2, Some(2))]);
    let after = FeedbackCursor { received: rows[1].received, id: rows[1].feedback.id };
    assert_eq!(found(FeedbackOf::Project, Some(after)).await, [(1, Some(1))]);
    assert_eq!(found(FeedbackOf::Event(event.event_id), None).await, [(1, Some(1))]);
    assert_eq!(found(FeedbackOf::Hashes(&[GroupHash(2)]), None).await, [(2, Some(2))]);
    assert_eq!(found(FeedbackOf::Hashes(&[GroupHash(1), GroupHash(2)]), None).await.len(), 2);
    assert_eq!(found(FeedbackOf::Hashes(&[]), None).await, []);
    let whole = store.feedback(PROJECT, FeedbackOf::Event(event.event_id), None, 1).await.unwrap();
    assert_eq!(whole[0].feedback, rows[0].feedback);
}

#[tokio::test]
async fn an_event_past_the_budget_has_its_payload_while_it_is_in_a_slot() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let bare = |number, minutes| EventRow { payload: String::new(), ..row(number, 1, minutes) };
    let (old, new, kept) = (bare(1, 2), bare(2, 1), row(3, 1, 0));
    store.insert_events("t", &[old.clone(), new.clone(), kept.clone()]).await.unwrap();
    let payload =
        async |event: &EventRow| store.event(PROJECT, event.event_id).await.unwrap().unwrap().payload;
    assert_eq!(payload(&old).await, None);
    store
        .insert_recent_payloads(&[recent_payload(&old, 0, "old"), recent_payload(&new, 1, "new")])
        .await
        .unwrap();
    assert_eq!(payload(&old).await.as_deref(), Some("old"));
    assert_eq!(payload(&new).await.as_deref(), Some("new"));
    assert_eq!(payload(&kept).await, Some(kept.payload.clone()));
    let (newest, _) = store.edge_event(PROJECT, &[GroupHash(1)], Edge::Oldest).await.unwrap().unwrap();
    assert_eq!(newest.payload.as_deref(), Some("old"));
    assert_eq!(newest.columns.error_type, "Boom");

    let used = store.payload_bytes_since(NOW.plus_ms(-3_600_000)).await.unwrap();
    assert_eq!(used, [(PROJECT, (kept.payload.len() + 3 * kept.grouping.len()) as u64)]);
    assert_eq!(store.payload_bytes_since(NOW.plus_ms(1)).await.unwrap(), []);
}
