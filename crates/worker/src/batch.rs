//! A batch on its way through the pipeline.

use std::collections::HashSet;

use bytes::Bytes;
use mayday_catalog::batch::{BatchRange, BegunBatch, Occurrence};
use mayday_event::{EventId, ProjectId};
use mayday_journal::Position;
use mayday_store::rows::EventRow;

/// What identifies an event: an SDK's retry has the same.
pub(crate) type EventKey = (ProjectId, EventId);

/// The journal record that something came of.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) position: Position,
    pub(crate) record: Bytes,
    /// `None` where not even that could be read.
    pub(crate) key: Option<EventKey>,
}

/// An event that is ready to be stored.
#[derive(Debug)]
pub(crate) struct ReadyEvent {
    pub(crate) source: Source,
    pub(crate) occurrence: Occurrence,
    pub(crate) row: EventRow,
}

impl ReadyEvent {
    pub(crate) fn key(&self) -> EventKey {
        (self.row.project_id, self.row.event_id)
    }
}

/// A record that no stored event comes of, with the reason.
#[derive(Debug)]
pub(crate) struct SetAside {
    pub(crate) source: Source,
    /// The step that failed.
    pub(crate) step: &'static str,
    /// What the ledger counts it under.
    pub(crate) reason: &'static str,
    /// For people.
    pub(crate) detail: String,
}

/// What became of one record.
pub(crate) type Processed = Result<ReadyEvent, Box<SetAside>>;

/// A range of journal records, read and processed; each is in one of the lists.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The range, and the positions of `duplicates`.
    pub(crate) begun: BegunBatch,
    /// Of the events to store, in the journal's order; as `rows` and `sources`.
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) rows: Vec<EventRow>,
    pub(crate) sources: Vec<Source>,
    pub(crate) duplicates: Vec<Source>,
    pub(crate) set_aside: Vec<SetAside>,
}

impl Batch {
    pub(crate) fn new(
        range: BatchRange,
        events: Vec<ReadyEvent>,
        duplicates: Vec<ReadyEvent>,
        set_aside: Vec<SetAside>,
    ) -> Self {
        let begun = BegunBatch {
            range,
            duplicates: duplicates.iter().map(|event| event.source.position.0).collect(),
        };
        let mut batch = Self {
            begun,
            occurrences: Vec::with_capacity(events.len()),
            rows: Vec::with_capacity(events.len()),
            sources: Vec::with_capacity(events.len()),
            duplicates: duplicates.into_iter().map(|event| event.source).collect(),
            set_aside,
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
