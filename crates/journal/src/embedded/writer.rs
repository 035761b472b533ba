//! Writing: one thread takes all records that wait, writes them at once, syncs once, and answers them all.

use std::{io::Write, path::PathBuf, sync::Arc};

use rustix::fs::statvfs;
use tokio::sync::{mpsc, watch};

use super::{
    Append, Options, Segments, lock,
    recover::{Tail, create_segment},
    segment,
    spares::Spares,
};
use crate::{AppendError, Position};

/// Most bytes in one write: what a sync takes bounds how long an appender waits.
const MAX_BATCH_BYTES: usize = 8 << 20;
/// Most records in one write.
const MAX_BATCH_RECORDS: usize = 1024;

/// The journal's only writer.
pub(super) struct Writer {
    directory: PathBuf,
    options: Options,
    tail: Tail,
    segments: Segments,
    spares: Arc<Spares>,
    durable: watch::Sender<u64>,
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(
        directory: PathBuf,
        options: Options,
        tail: Tail,
        segments: Segments,
        spares: Arc<Spares>,
        durable: watch::Sender<u64>,
    ) -> Self {
        Self { directory, options, tail, segments, spares, durable, buffer: Vec::new() }
    }

    /// Writes until no appender is left, or until writing fails: then every append fails until the journal is
    /// opened again, since the kernel may have dropped what it could not write.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Append>) {
        let mut batch = Vec::new();
        while let Some(first) = queue.blocking_recv() {
            let mut bytes = first.record.len();
            batch.push(first);
            while batch.len() < MAX_BATCH_RECORDS && bytes < MAX_BATCH_BYTES {
                let Ok(append) = queue.try_recv() else { break };
                bytes += append.record.len();
                batch.push(append);
            }
            if let Err(error) = self.check_space(bytes) {
                refuse(&mut batch, &error);
                continue;
            }
            match self.write(&batch) {
                Ok(()) => self.confirm(&mut batch),
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be written: it takes nothing until the next start");
                    let error = AppendError::Io(Arc::new(error));
                    refuse(&mut batch, &error);
                    while let Some(append) = queue.blocking_recv() {
                        refuse(&mut vec![append], &error);
                    }
                    return;
                }
            }
        }
        if let Err(error) = self.end_segment() {
            tracing::warn!(%error, "the journal's last segment keeps what an earlier use of its file left");
        }
    }

    /// Whether `bytes` more leave the reserve untouched.
    fn check_space(&self, bytes: usize) -> Result<(), AppendError> {
        let space = statvfs(&self.directory).map_err(|error| AppendError::Io(Arc::new(error.into())))?;
        let free = space.f_bavail * space.f_frsize;
        let reserve = self.options.reserve_bytes;
        match free.saturating_sub(bytes as u64) < reserve {
            true => Err(AppendError::DiskNearlyFull { free, reserve }),
            false => Ok(()),
        }
    }

    fn write(&mut self, batch: &[Append]) -> std::io::Result<()> {
        if self.tail.length > self.options.segment_bytes {
            self.begin_segment()?;
        }
        self.buffer.clear();
        for (position, append) in (self.tail.next..).zip(batch) {
            segment::encode_record(position, &append.record, &mut self.buffer);
        }
        self.tail.file.write_all(&self.buffer)?;
        self.tail.file.sync_data()?;
        self.tail.length += self.buffer.len() as u64;
        // A batch of large records must not pin its memory for ever.
        self.buffer.shrink_to(MAX_BATCH_BYTES);
        Ok(())
    }

    /// Only the last segment may have more in its file than its records.
    fn end_segment(&self) -> std::io::Result<()> {
        if self.tail.file.metadata()?.len() > self.tail.length {
            self.tail.file.set_len(self.tail.length)?;
            self.tail.file.sync_all()?;
        }
        Ok(())
    }

    fn begin_segment(&mut self) -> std::io::Result<()> {
        self.end_segment()?;
        let first = self.tail.next;
        self.tail = create_segment(&self.directory, self.tail.journal, first, &self.spares)?;
        lock(&self.segments).insert(first, self.directory.join(segment::file_name(first)));
        Ok(())
    }

    fn confirm(&mut self, batch: &mut Vec<Append>) {
        let first = self.tail.next;
        self.tail.next += batch.len() as u64;
        self.durable.send_replace(self.tail.next - 1);
        for (position, append) in (first..).zip(batch.drain(..)) {
            // A client that went away needs no answer.
            append.answer.send(Ok(Position(position))).ok();
        }
    }
}

fn refuse(batch: &mut Vec<Append>, error: &AppendError) {
    for append in batch.drain(..) {
        append.answer.send(Err(error.clone())).ok();
    }
}
