//! A batch on its way through the pipeline.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use mayday_blobs::BlobKey;
use mayday_catalog::batch::{BatchRange, BegunBatch, Occurrence, Skipped};
use mayday_event::{Category, EventId, ProjectId, Timestamp};
use mayday_journal::Position;
use mayday_store::rows::{AttachmentRow, EventRow, FateRow, FeedbackRow, MissingSymbolRow, SessionRow};
use mayday_symbolication::{Wanted, caches::CacheKey};

use crate::account::Account;

/// What identifies an event: an SDK's retry has the same.
pub(crate) type EventKey = (ProjectId, EventId);

/// The journal record that something came of.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) position: Position,
    pub(crate) record: Bytes,
    /// `None` where not even that could be read.
    pub(crate) key: Option<EventKey>,
    /// The DSN key's id; 0 if unknown.
    pub(crate) key_id: i64,
    pub(crate) received: Timestamp,
}

/// An event that is ready to be stored.
#[derive(Debug)]
pub(crate) struct ReadyEvent {
    pub(crate) source: Source,
    /// Its place in the record.
    pub(crate) index: u32,
    pub(crate) occurrence: Occurrence,
    pub(crate) row: EventRow,
}

impl ReadyEvent {
    pub(crate) fn key(&self) -> EventKey {
        (self.row.project_id, self.row.event_id)
    }

    /// Where it is in the journal.
    pub(crate) fn place(&self) -> (u64, u32) {
        (self.source.position.0, self.index)
    }
}

/// An event that is not stored, with the reason.
#[derive(Debug)]
pub(crate) struct SkippedEvent {
    pub(crate) event: ReadyEvent,
    /// The outcome's stable reason: `duplicate`, or the filter's.
    pub(crate) reason: String,
    /// For people: which rule.
    pub(crate) detail: String,
}

/// A file on its way to the blob store.
#[derive(Debug)]
pub(crate) struct ReadyFile {
    pub(crate) row: AttachmentRow,
    pub(crate) content: Bytes,
    pub(crate) key: BlobKey,
}

/// A record that could not be read, or an event of it that could not be stored, with the reason.
#[derive(Debug)]
pub(crate) struct SetAside {
    pub(crate) source: Source,
    /// The step that failed.
    pub(crate) step: &'static str,
    /// What the ledger counts it under.
    pub(crate) reason: String,
    /// For people.
    pub(crate) detail: String,
}

/// What came of some records: each thing in them is in one of the lists or in the account.
#[derive(Debug, Default)]
pub(crate) struct Yield {
    /// Events that no filter drops, in the journal's order.
    pub(crate) events: Vec<ReadyEvent>,
    /// Events that a filter drops.
    pub(crate) filtered: Vec<SkippedEvent>,
    pub(crate) set_aside: Vec<SetAside>,
    pub(crate) files: Vec<ReadyFile>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) feedback: Vec<FeedbackRow>,
    pub(crate) fates: Vec<FateRow>,
    /// Symbol files that the events lack.
    pub(crate) missing: Vec<MissingSymbolRow>,
    /// Symbols that were not looked for yet: after that, the same records may yield more.
    pub(crate) unknown: Vec<(CacheKey, Wanted)>,
    /// Blobs that bodies were spooled to: needless once the batch is committed.
    pub(crate) spooled: Vec<BlobKey>,
    /// Records by sender, as the journal's lanes count them.
    pub(crate) senders: BTreeMap<u64, u64>,
    /// What was received, and the outcome of all that is not among the events.
    pub(crate) account: Account,
    /// Bytes of payload and files.
    pub(crate) bytes: usize,
}

impl Yield {
    /// Adds what came of the records behind.
    pub(crate) fn extend(&mut self, next: Self) {
        self.events.extend(next.events);
        self.filtered.extend(next.filtered);
        self.set_aside.extend(next.set_aside);
        self.files.extend(next.files);
        self.sessions.extend(next.sessions);
        self.feedback.extend(next.feedback);
        self.fates.extend(next.fates);
        self.missing.extend(next.missing);
        self.unknown.extend(next.unknown);
        self.spooled.extend(next.spooled);
        for (sender, records) in next.senders {
            *self.senders.entry(sender).or_default() += records;
        }
        self.account.extend(next.account);
        self.bytes += next.bytes;
    }

    /// A file that came with an event that is not stored goes with it.
    pub(crate) fn drop_files_of<'a>(&mut self, events: impl IntoIterator<Item = &'a SkippedEvent>) {
        let came = |skipped: &'a SkippedEvent| {
            let SkippedEvent { event, .. } = skipped;
            ((event.key(), event.row.received), &event.source)
        };
        let sources: HashMap<(EventKey, Timestamp), &Source> = events.into_iter().map(came).collect();
        for file in std::mem::take(&mut self.files) {
            let AttachmentRow { project_id, event_id, received, .. } = file.row;
            match sources.get(&((project_id, event_id), received)) {
                Some(source) => self.account.moved(source, Category::Attachment, "event_filtered", 1),
                None => self.files.push(file),
            }
        }
    }
}

/// A range of journal records, read and processed.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The range, and which of its events are not stored.
    pub(crate) begun: BegunBatch,
    /// Of the events to store, in the journal's order; as `rows` and `sources`.
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) rows: Vec<EventRow>,
    pub(crate) sources: Vec<Source>,
    pub(crate) skipped: Vec<SkippedEvent>,
    /// All else that came of the records; its events are taken out.
    pub(crate) rest: Yield,
}

impl Batch {
    pub(crate) fn new(
        range: BatchRange,
        events: Vec<ReadyEvent>,
        skipped: Vec<SkippedEvent>,
        rest: Yield,
    ) -> Self {
        let skip = |skipped: &SkippedEvent| {
            let (position, index) = skipped.event.place();
            Skipped { position, index, reason: skipped.reason.clone() }
        };
        let mut batch = Self {
            begun: BegunBatch { range, skipped: skipped.iter().map(skip).collect() },
            occurrences: Vec::with_capacity(events.len()),
            rows: Vec::with_capacity(events.len()),
            sources: Vec::with_capacity(events.len()),
            skipped,
            rest,
        };
        for event in events {
            batch.occurrences.push(event.occurrence);
            batch.rows.push(event.row);
            batch.sources.push(event.source);
        }
        batch
    }

    /// The last record's position.
    pub(crate) fn last(&self) -> Position {
        Position(self.begun.range.last)
    }

    /// What ClickHouse tells a replay of this batch by.
    pub(crate) fn token(&self) -> String {
        let BatchRange { journal, first, last } = &self.begun.range;
        format!("{journal}:{first}-{last}")
    }

    /// The keys of all events that this batch stores.
    pub(crate) fn keys(&self) -> HashSet<EventKey> {
        self.rows.iter().map(|row| (row.project_id, row.event_id)).collect()
    }
}
