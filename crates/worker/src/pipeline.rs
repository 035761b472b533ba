//! The way of a batch: read, process, deduplicate; then begin, store, commit, finish.
//!
//! While one batch is stored the next is made ready: the first half is CPU work here, the second is mostly
//! ClickHouse's and the disk's.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use mayday_catalog::batch::{BatchRange, BegunBatch, Occurrence, Skipped};
use mayday_journal::{Journal, Position};
use tokio_util::sync::CancellationToken;

use crate::{
    Worker, account,
    batch::{Batch, ReadyEvent, SkippedEvent, Yield},
    cores::Cores,
    in_flight::InFlight,
    retry::{Stopped, until_success},
    stages::{deduplicate, payload::Budgets, store::Try},
};

/// The worker at work on one lane of the journal.
pub(crate) struct Pipeline {
    pub(crate) worker: Worker,
    /// Which lane.
    pub(crate) lane: usize,
    pub(crate) journal: Journal,
    pub(crate) cores: Arc<Cores>,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) stop: CancellationToken,
    /// Records up to here were appended before this process started.
    pub(crate) backlog_until: Position,
}

impl Pipeline {
    /// Works until stopped.
    pub(crate) async fn run(&self) {
        let Err(Stopped) = self.work().await;
        tracing::info!(lane = self.lane, committed = self.journal.committed().0, "worker stopped");
    }

    async fn work(&self) -> Result<Infallible, Stopped> {
        self.replay().await?;
        let mut ready = self.prepare(self.journal.committed()).await?;
        loop {
            // One batch in flight, one being made ready.
            let last = ready.last();
            let (completed, next) = tokio::join!(self.complete(ready, Try::First), self.prepare(last));
            completed?;
            ready = next?;
        }
    }

    /// Takes a batch that an earlier run began to its end.
    async fn replay(&self) -> Result<(), Stopped> {
        let catalog = &self.worker.catalog;
        let begun = until_success("look for a begun batch in the catalog", &self.stop, || async {
            catalog.begun_batch(self.journal.id()).await
        })
        .await?;
        let Some(BegunBatch { range, skipped }) = begun else { return Ok(()) };
        if Position(range.last) <= self.journal.committed() {
            return self.finish(&range).await;
        }
        tracing::info!(lane = self.lane, first = range.first, last = range.last, "replaying a batch");
        let mut found = self.same_records(range.first, range.last).await?;
        let (events, skipped) = as_decided(&mut found, skipped);
        // A repetition has files of its own.
        found.drop_files_of(skipped.iter().filter(|skipped| skipped.reason != deduplicate::REASON));
        let batch = Batch::new(range, events, skipped, found);
        self.in_flight.take(batch.keys().into_iter());
        self.complete(batch, Try::Again).await
    }

    /// The next batch behind `after`, ready to be stored. Nothing is written.
    async fn prepare(&self, after: Position) -> Result<Batch, Stopped> {
        let (mut found, records) = self.next_records(after).await?;
        let range = BatchRange { journal: self.journal.id(), first: after.0 + 1, last: after.0 + records };
        let (events, discarded) = self.discard(std::mem::take(&mut found.events)).await?;
        found.drop_files_of(&discarded);
        let (events, mut skipped) = self.deduplicate(events).await?;
        skipped.extend(discarded);
        skipped.append(&mut found.filtered);
        Ok(Batch::new(range, events, skipped, found))
    }

    /// Writes a batch down everywhere, in the order of the crate's crash story.
    async fn complete(&self, mut batch: Batch, attempt: Try) -> Result<(), Stopped> {
        let keys = batch.keys();
        self.quarantine(&batch.rest.set_aside).await?;
        self.store_files(&batch.rest.files).await?;
        self.begin(&batch.begun, &batch.occurrences).await?;
        self.keep_by_value(&mut batch).await?;
        let refused = self.store(&mut batch, attempt).await?;
        self.quarantine(&refused).await?;
        account::close(&mut batch, &refused);
        self.store_rest(&batch, &refused).await?;
        self.commit(batch.last()).await?;
        self.finish(&batch.begun.range).await?;
        self.in_flight.give_back(keys.iter());
        self.delete_spooled(&batch.rest.spooled).await;
        self.tell(&batch);
        Ok(())
    }

    /// Tells this process' ledger and the journal's lanes what is done with.
    fn tell(&self, batch: &Batch) {
        let is_backlog = batch.last() <= self.backlog_until;
        batch.rest.account.enter(&self.worker.ledger, is_backlog);
        if !is_backlog {
            for (sender, records) in &batch.rest.senders {
                self.worker.journal.done(self.lane, *sender, *records);
            }
        }
    }

    async fn begin(&self, begun: &BegunBatch, occurrences: &[Occurrence]) -> Result<(), Stopped> {
        until_success("begin a batch in the catalog", &self.stop, || async {
            self.worker.catalog.begin_batch(begun, occurrences).await
        })
        .await
        .map(drop)
    }

    async fn commit(&self, through: Position) -> Result<(), Stopped> {
        until_success("commit the journal", &self.stop, || async { self.journal.commit(through).await }).await
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

/// Parts a replayed batch's events as they were parted when it was begun, whatever the filters say today.
fn as_decided(found: &mut Yield, skipped: Vec<Skipped>) -> (Vec<ReadyEvent>, Vec<SkippedEvent>) {
    let decided: HashMap<(u64, u32), String> =
        skipped.into_iter().map(|skip| ((skip.position, skip.index), skip.reason)).collect();
    let details: HashMap<(u64, u32), String> =
        found.filtered.iter().map(|skip| (skip.event.place(), skip.detail.clone())).collect();
    let filtered = std::mem::take(&mut found.filtered).into_iter().map(|skip| skip.event);
    let mut all: Vec<ReadyEvent> = std::mem::take(&mut found.events).into_iter().chain(filtered).collect();
    all.sort_by_key(ReadyEvent::place);
    let mut events = Vec::with_capacity(all.len());
    let mut skipped = Vec::new();
    for event in all {
        match decided.get(&event.place()) {
            None => events.push(event),
            Some(reason) => {
                let detail = details.get(&event.place()).cloned().unwrap_or_default();
                skipped.push(SkippedEvent { event, reason: reason.clone(), detail });
            }
        }
    }
    (events, skipped)
}
