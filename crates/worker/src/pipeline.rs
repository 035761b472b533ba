//! The way of a batch: read, process, deduplicate; then begin, store, commit, finish.
//!
//! While one batch is stored the next is made ready: the first half is CPU work here, the second is mostly
//! ClickHouse's and the disk's.

use std::{collections::HashSet, convert::Infallible};

use mayday_catalog::batch::{BatchRange, BegunBatch, Occurrence};
use mayday_journal::Position;
use tokio_util::sync::CancellationToken;

use crate::{
    Worker,
    account::account,
    batch::{Batch, EventKey, Processed, ReadyEvent, SetAside},
    cores::Cores,
    retry::{Stopped, until_success},
    stages::store::Try,
};

/// The worker at work.
pub(crate) struct Pipeline {
    pub(crate) worker: Worker,
    pub(crate) cores: Cores,
    pub(crate) stop: CancellationToken,
    /// Records up to here were appended before this process started.
    pub(crate) backlog_until: Position,
}

impl Pipeline {
    /// Works until stopped.
    pub(crate) async fn run(&self) {
        let Err(Stopped) = self.work().await;
        tracing::info!(committed = self.worker.journal.committed().0, "worker stopped");
    }

    async fn work(&self) -> Result<Infallible, Stopped> {
        self.replay().await?;
        let mut ready = self.prepare(self.worker.journal.committed(), &HashSet::new()).await?;
        loop {
            // One batch in flight, one being made ready.
            let (last, keys) = (ready.last(), ready.keys());
            let (completed, next) = tokio::join!(self.complete(ready, Try::First), self.prepare(last, &keys));
            completed?;
            ready = next?;
        }
    }

    /// Takes a batch that an earlier run began to its end.
    async fn replay(&self) -> Result<(), Stopped> {
        let (catalog, journal) = (&self.worker.catalog, &self.worker.journal);
        let begun = until_success("look for a begun batch in the catalog", &self.stop, || async {
            catalog.begun_batch(journal.id()).await
        })
        .await?;
        let Some(BegunBatch { range, duplicates }) = begun else { return Ok(()) };
        if Position(range.last) <= journal.committed() {
            return self.finish(&range).await;
        }
        tracing::info!(first = range.first, last = range.last, "replaying a batch");
        let (events, set_aside) = parted(self.same_records(range.first, range.last).await?);
        let (duplicates, events) =
            events.into_iter().partition(|event| duplicates.contains(&event.source.position.0));
        self.complete(Batch::new(range, events, duplicates, set_aside), Try::Again).await
    }

    /// The next batch behind `after`, ready to be stored. Nothing is written.
    async fn prepare(&self, after: Position, in_flight: &HashSet<EventKey>) -> Result<Batch, Stopped> {
        let processed = self.next_records(after).await?;
        let range = BatchRange {
            journal: self.worker.journal.id(),
            first: after.0 + 1,
            last: after.0 + processed.len() as u64,
        };
        let (events, set_aside) = parted(processed);
        let (events, duplicates) = self.deduplicate(events, in_flight).await?;
        Ok(Batch::new(range, events, duplicates, set_aside))
    }

    /// Writes a batch down everywhere, in the order of the crate's crash story.
    async fn complete(&self, mut batch: Batch, attempt: Try) -> Result<(), Stopped> {
        self.quarantine(&batch.set_aside).await?;
        self.begin(&batch.begun, &batch.occurrences).await?;
        let refused = self.store(&mut batch, attempt).await?;
        self.quarantine(&refused).await?;
        batch.set_aside.extend(refused);
        self.commit(batch.last()).await?;
        self.finish(&batch.begun.range).await?;
        account(&self.worker.ledger, &batch, self.backlog_until);
        Ok(())
    }

    async fn begin(&self, begun: &BegunBatch, occurrences: &[Occurrence]) -> Result<(), Stopped> {
        until_success("begin a batch in the catalog", &self.stop, || async {
            self.worker.catalog.begin_batch(begun, occurrences).await
        })
        .await
        .map(drop)
    }

    async fn commit(&self, through: Position) -> Result<(), Stopped> {
        until_success("commit the journal", &self.stop, || async {
            self.worker.journal.commit(through).await
        })
        .await
    }

    async fn finish(&self, range: &BatchRange) -> Result<(), Stopped> {
        until_success("finish a batch in the catalog", &self.stop, || async {
            self.worker.catalog.finish_batch(range).await
        })
        .await?;
        self.worker.transitions.notify_one();
        Ok(())
    }

    /// Waits, unless told to stop meanwhile.
    pub(crate) async fn unless_stopped<T>(&self, waited_for: impl Future<Output = T>) -> Result<T, Stopped> {
        self.stop.run_until_cancelled(waited_for).await.ok_or(Stopped)
    }
}

fn parted(processed: Vec<Processed>) -> (Vec<ReadyEvent>, Vec<SetAside>) {
    let mut events = Vec::with_capacity(processed.len());
    let mut set_aside = Vec::new();
    for outcome in processed {
        match outcome {
            Ok(event) => events.push(event),
            Err(record) => set_aside.push(*record),
        }
    }
    (events, set_aside)
}
