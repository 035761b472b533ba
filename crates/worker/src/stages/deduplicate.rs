//! An SDK sends a report again when the answer did not reach it: that counts once.

use std::collections::HashSet;

use mayday_event::Timestamp;

use crate::{
    batch::{EventKey, ReadyEvent, SkippedEvent},
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

/// How long after an event was received its id still marks another report as a retry. SDKs retry for minutes;
/// mobile SDKs keep a report over a restart of the app.
const RETRY_WINDOW_MS: i64 = Timestamp::DAY_MS;
/// The outcome's reason.
pub(crate) const REASON: &str = "duplicate";

impl Pipeline {
    /// Parts events from repetitions of earlier ones: in this batch, in flight elsewhere, in ClickHouse. The events
    /// are in flight from here on.
    pub(crate) async fn deduplicate(
        &self,
        events: Vec<ReadyEvent>,
    ) -> Result<(Vec<ReadyEvent>, Vec<SkippedEvent>), Stopped> {
        let keys: Vec<EventKey> = events.iter().map(ReadyEvent::key).collect();
        let Some(oldest) = events.iter().map(|event| event.row.received).min() else {
            return Ok((events, Vec::new()));
        };
        // In flight first, then ClickHouse: the other way round, one that lands in between would be in neither.
        let taken = self.in_flight.take(keys.iter().copied());
        let store = &self.worker.store;
        let stored = until_success("look for retried events in ClickHouse", &self.stop, || async {
            store.stored_event_ids(&keys, oldest.plus_ms(-RETRY_WINDOW_MS)).await
        })
        .await?;
        Ok(parted(events, taken, &stored))
    }
}

/// Events whose key is ours and that are not stored yet; and the others.
fn parted(
    events: Vec<ReadyEvent>,
    mut taken: HashSet<EventKey>,
    stored: &HashSet<EventKey>,
) -> (Vec<ReadyEvent>, Vec<SkippedEvent>) {
    let mut fresh = Vec::with_capacity(events.len());
    let mut skipped = Vec::new();
    for event in events {
        // Of several with one key the first is it.
        if taken.remove(&event.key()) && !stored.contains(&event.key()) {
            fresh.push(event);
        } else {
            let detail =
                "an event with this id was stored before, or comes before it in the journal".to_owned();
            skipped.push(SkippedEvent { event, reason: REASON.to_owned(), detail });
        }
    }
    (fresh, skipped)
}
