//! Takes records out of the journal, as many as make a good batch.

use std::{collections::BTreeMap, sync::Arc, time::Duration, vec::IntoIter};

use bytes::Bytes;
use mayday_blobs::{BlobError, BlobKey};
use mayday_event::{
    JournalRecord,
    raw::{Body, RawReport},
};
use mayday_journal::{Position, Record};
use tokio::time::Instant;

use crate::{
    batch::Yield,
    pipeline::Pipeline,
    retry::{Failure, Stopped, until_done, until_success},
    stages::process::{Fetched, try_process},
};

/// Most records of a batch: enough that an insert's fixed costs do not count, few enough to be soon done.
const BATCH_RECORDS: u64 = 1000;
/// Most bytes of a batch's records, as they came, compressed.
const BATCH_RECORD_BYTES: usize = 16 << 20;
/// Bytes of payload and files after which a batch takes no more records, however far they were inflated.
const BATCH_YIELD_BYTES: usize = 48 << 20;
/// Records processed between two looks at [`BATCH_YIELD_BYTES`].
const SLICE_RECORDS: usize = 64;
/// Bytes of bodies after which a slice takes no more records: what is too large for the journal is read into memory here.
const SLICE_BODY_BYTES: usize = 32 << 20;
/// From one batch to the next, so that a busy time makes larger inserts and not more: each costs ClickHouse processor time,
/// its merges included, that queries then lack. A full batch does not wait, nor does what comes after a quiet time.
const BATCH_WINDOW: Duration = Duration::from_millis(500);
/// How long a batch's events may wait in all for symbols that are not on this machine; what comes later heals them.
const SYMBOL_PATIENCE: Duration = Duration::from_secs(5);
/// Most times that records are processed: what is found may show what else is needed, such as how to unwind further.
const SYMBOL_ROUNDS: usize = 16;
/// Journals are numbered in the topmost bits of what tells records of all journals apart.
const LANE_SHIFT: u32 = 60;

impl Pipeline {
    /// What comes of the next records behind `after`, and how many they are; at least one. Waits for it.
    pub(crate) async fn next_records(&self, after: Position) -> Result<(Yield, u64), Stopped> {
        let backlog = self.journal.last().0.saturating_sub(after.0);
        if backlog < BATCH_RECORDS {
            self.unless_stopped(tokio::time::sleep(BATCH_WINDOW)).await?;
        }
        self.unless_stopped(self.journal.wait(after)).await?;
        // What an earlier process left makes batches of its own: this process has not counted it yet.
        let left = match self.backlog_until.0.saturating_sub(after.0) {
            0 => BATCH_RECORDS,
            of_backlog => of_backlog.min(BATCH_RECORDS),
        };
        let records = self.read(after, left, BATCH_RECORD_BYTES).await?;

        let (mut found, mut count) = (Yield::default(), 0);
        let mut patience = SYMBOL_PATIENCE;
        let mut records = records.into_iter();
        while !records.as_slice().is_empty() && found.bytes <= BATCH_YIELD_BYTES {
            let (came, processed) = self.processed(&mut records, &mut patience).await?;
            found.extend(came);
            count += processed;
        }
        Ok((found, count))
    }

    /// What comes of exactly these records, once more.
    pub(crate) async fn same_records(&self, first: u64, last: u64) -> Result<Yield, Stopped> {
        let mut found = Yield::default();
        let mut patience = SYMBOL_PATIENCE;
        let mut after = Position(first.saturating_sub(1));
        while after.0 < last {
            let records = self.read(after, (last - after.0).min(BATCH_RECORDS), BATCH_RECORD_BYTES).await?;
            let Some(read) = records.last() else {
                tracing::error!(
                    first,
                    last,
                    after = after.0,
                    "journal no longer holds a batch that was begun"
                );
                break;
            };
            after = read.position;
            let mut records = records.into_iter();
            while !records.as_slice().is_empty() {
                found.extend(self.processed(&mut records, &mut patience).await?.0);
            }
        }
        Ok(found)
    }

    /// What tells a record from those of all journals.
    pub(crate) fn place(&self, position: Position) -> u64 {
        (self.lane as u64) << LANE_SHIFT | position.0
    }

    /// What comes of the next records, a slice of them, and how many they are.
    async fn processed(
        &self,
        records: &mut IntoIter<Record>,
        patience: &mut Duration,
    ) -> Result<(Yield, u64), Stopped> {
        let now = self.worker.clock.now();
        let mut fetched = Vec::with_capacity(SLICE_RECORDS);
        let mut senders: BTreeMap<u64, u64> = BTreeMap::new();
        let (mut spooled, mut bytes) = (Vec::new(), 0);
        for record in records.by_ref() {
            let decoded = JournalRecord::decode(record.bytes.clone());
            let (mut body, mut settings, mut rules) = (Ok(Bytes::new()), Arc::default(), Arc::default());
            let sender = match &decoded {
                Ok(JournalRecord::Report(report)) => {
                    body = self.body_of(report, &mut spooled).await?;
                    settings = self.worker.catalog.settings(report.project_id);
                    rules = self.worker.catalog.grouping_rules(report.project_id);
                    report.project_id.0
                }
                _ => 0,
            };
            *senders.entry(sender).or_default() += 1;
            bytes += body.as_ref().map_or(0, Bytes::len);
            let place = self.place(record.position);
            let symbols = Arc::clone(&self.worker.symbols);
            fetched.push(Fetched { record, place, decoded, body, settings, rules, symbols, now });
            if fetched.len() == SLICE_RECORDS || bytes > SLICE_BODY_BYTES {
                break;
            }
        }
        let count = fetched.len() as u64;
        let mut found = self.symbolicated(fetched, patience).await?;
        (found.senders, found.spooled) = (senders, spooled);
        Ok((found, count))
    }

    /// What comes of records once the symbols that they need are here, or do not come in time.
    async fn symbolicated(&self, fetched: Vec<Fetched>, patience: &mut Duration) -> Result<Yield, Stopped> {
        let records = fetched.len();
        let mut found: Vec<Yield> = Vec::new();
        found.resize_with(records, Yield::default);
        let mut places: Vec<usize> = (0..records).collect();
        let mut waiting = fetched;
        for round in 1..=SYMBOL_ROUNDS {
            let (mut again, mut wanted) = (Vec::new(), Vec::new());
            let done = self.cores.map(waiting, try_process).await;
            for (place, (fetched, done)) in std::mem::take(&mut places).into_iter().zip(done) {
                let is_last = done.unknown.is_empty() || patience.is_zero() || round == SYMBOL_ROUNDS;
                if !is_last {
                    wanted.extend(done.unknown.iter().cloned());
                    places.push(place);
                    again.push(fetched);
                }
                if let Some(found) = found.get_mut(place) {
                    *found = done;
                }
            }
            if again.is_empty() {
                break;
            }
            let (begun, symbols) = (Instant::now(), &self.worker.symbols);
            let has_more = self.unless_stopped(symbols.prepare(wanted, *patience)).await?;
            let left = patience.saturating_sub(begun.elapsed());
            *patience = if has_more { left } else { Duration::ZERO };
            waiting = again;
        }
        let mut all = Yield::default();
        found.into_iter().for_each(|found| all.extend(found));
        Ok(all)
    }

    /// A report's body; one that is gone is an error for people.
    async fn body_of(
        &self,
        report: &RawReport,
        spooled: &mut Vec<BlobKey>,
    ) -> Result<Result<Bytes, String>, Stopped> {
        let id = match &report.body {
            Body::Inline(body) => return Ok(Ok(body.clone())),
            Body::Spooled(id) => *id,
        };
        let (key, blobs) = (BlobKey::Spool(id), &self.worker.blobs);
        let body = until_done("read a spooled report", &self.stop, || async {
            blobs.get(&key).await.map_err(|error| match error {
                BlobError::NotFound { .. } | BlobError::Damaged { .. } => Failure::Lasting(error),
                _ => Failure::Passing(error),
            })
        })
        .await?;
        spooled.push(key);
        Ok(body.map_err(|error| error.to_string()))
    }

    async fn read(
        &self,
        after: Position,
        max_records: u64,
        max_bytes: usize,
    ) -> Result<Vec<Record>, Stopped> {
        let most = usize::try_from(max_records).unwrap_or(usize::MAX);
        until_success("read the journal", &self.stop, || async {
            self.journal.read(after, most, max_bytes).await
        })
        .await
    }
}
