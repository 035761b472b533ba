//! Takes records out of the journal, as many as make a good batch.

use std::time::Duration;

use mayday_journal::{Position, Record};

use crate::{
    batch::Processed,
    pipeline::Pipeline,
    retry::{Stopped, until_success},
    stages::process::process,
};

/// Most records of a batch: enough that an insert's fixed costs do not count, few enough to be soon done.
const BATCH_RECORDS: usize = 1000;
/// Most bytes of a batch's records, as they came, compressed.
const BATCH_RECORD_BYTES: usize = 16 << 20;
/// Bytes of payload after which a batch takes no more records, however far they were inflated.
const BATCH_PAYLOAD_BYTES: usize = 48 << 20;
/// Records processed between two looks at [`BATCH_PAYLOAD_BYTES`]; at most 1 MiB each.
const SLICE_RECORDS: usize = 64;
/// From one batch to the next while another is stored, so that a busy time makes larger inserts and not more.
/// A full batch does not wait.
const BATCH_WINDOW: Duration = Duration::from_millis(100);

impl Pipeline {
    /// The records of the next batch behind `after`, processed, in order; at least one. Waits for it.
    pub(crate) async fn next_records(&self, after: Position) -> Result<Vec<Processed>, Stopped> {
        let backlog = self.worker.journal.last().0.saturating_sub(after.0);
        if usize::try_from(backlog).is_ok_and(|backlog| backlog < BATCH_RECORDS) {
            self.unless_stopped(tokio::time::sleep(BATCH_WINDOW)).await?;
        }
        self.unless_stopped(self.worker.journal.wait(after)).await?;
        let records = self.read(after, BATCH_RECORDS, BATCH_RECORD_BYTES).await?;

        let mut processed = Vec::with_capacity(records.len());
        let mut payload_bytes = 0;
        for slice in records.chunks(SLICE_RECORDS) {
            let slice = self.cores.map(slice.to_vec(), process).await;
            payload_bytes += slice.iter().flatten().map(|event| event.row.payload.len()).sum::<usize>();
            processed.extend(slice);
            if payload_bytes > BATCH_PAYLOAD_BYTES {
                break;
            }
        }
        Ok(processed)
    }

    /// Exactly these records again, processed, in order.
    pub(crate) async fn same_records(&self, first: u64, last: u64) -> Result<Vec<Processed>, Stopped> {
        let mut processed = Vec::new();
        let mut after = Position(first.saturating_sub(1));
        while after.0 < last {
            let left = usize::try_from(last - after.0).unwrap_or(usize::MAX).min(BATCH_RECORDS);
            let records = self.read(after, left, BATCH_RECORD_BYTES).await?;
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
            processed.extend(self.cores.map(records, process).await);
        }
        Ok(processed)
    }

    async fn read(
        &self,
        after: Position,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Record>, Stopped> {
        let journal = &self.worker.journal;
        until_success("read the journal", &self.stop, || async {
            journal.read(after, max_records, max_bytes).await
        })
        .await
    }
}
