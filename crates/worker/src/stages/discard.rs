//! Events of issues that were discarded for ever.

use crate::{
    batch::{ReadyEvent, SkippedEvent},
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

/// The outcome's reason.
const REASON: &str = "discarded-hash";

impl Pipeline {
    /// Parts events to keep from those whose fingerprint was discarded.
    pub(crate) async fn discard(
        &self,
        events: Vec<ReadyEvent>,
    ) -> Result<(Vec<ReadyEvent>, Vec<SkippedEvent>), Stopped> {
        let discarded = until_success("look for discarded issues in the catalog", &self.stop, || async {
            let events: Vec<_> = events.iter().map(|event| &event.occurrence).collect();
            self.worker.catalog.are_discarded(&events).await
        })
        .await?;
        let mut kept = Vec::with_capacity(events.len());
        let mut skipped = Vec::new();
        for (event, is_discarded) in events.into_iter().zip(discarded) {
            if is_discarded {
                let detail = "its issue was discarded: further events of it are not stored".to_owned();
                skipped.push(SkippedEvent { event, reason: REASON.to_owned(), detail });
            } else {
                kept.push(event);
            }
        }
        Ok((kept, skipped))
    }
}
