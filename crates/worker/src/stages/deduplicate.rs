//! An SDK sends a report again when the answer did not reach it: that counts once.

use std::collections::HashSet;

use mayday_event::Timestamp;

use crate::{
    batch::{EventKey, ReadyEvent},
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

/// How long after an event was received its id still marks another report as a retry. SDKs retry for minutes;
/// mobile SDKs keep a report over a restart of the app.
const RETRY_WINDOW_MS: i64 = Timestamp::DAY_MS;

impl Pipeline {
    /// Parts events from repetitions of earlier ones: in this batch, in the one `in_flight`, in ClickHouse.
    pub(crate) async fn deduplicate(
        &self,
        events: Vec<ReadyEvent>,
        in_flight: &HashSet<EventKey>,
    ) -> Result<(Vec<ReadyEvent>, Vec<ReadyEvent>), Stopped> {
        let keys: Vec<EventKey> = events.iter().map(ReadyEvent::key).collect();
        let Some(oldest) = events.iter().map(|event| event.row.received).min() else {
            return Ok((events, Vec::new()));
        };
        let store = &self.worker.store;
        let mut seen = until_success("look for retried events in ClickHouse", &self.stop, || async {
            store.stored_event_ids(&keys, oldest.plus_ms(-RETRY_WINDOW_MS)).await
        })
        .await?;
        Ok(events
            .into_iter()
            .partition(|event| !in_flight.contains(&event.key()) && seen.insert(event.key())))
    }
}
