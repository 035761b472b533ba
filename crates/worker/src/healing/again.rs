//! A stored event, symbolicated again.

use std::sync::Arc;

use bytes::Bytes;
use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::{batch::Occurrence, healing::Healed};
use mayday_event::{Event, ProjectId, Timestamp, settings::CompiledSettings};
use mayday_grouping::Rules;
use mayday_store::{
    queries::events::StoredEvent,
    rows::{EventRow, MissingSymbolRow},
};
use mayday_symbolication::{Wanted, caches::CacheKey};
use tokio::time::{Duration, Instant};

use super::{HealError, Healing};
use crate::{
    stages::{
        missing,
        process::MINIDUMP,
        row,
        symbolicate::{SymbolicatedEvent, symbolicate},
    },
    symbols::Symbols,
};

/// How long events may wait for all that they want to be fetched and converted.
const PATIENCE: Duration = Duration::from_secs(60);
/// As for new events.
const ROUNDS: usize = 16;

/// A stored event with all that it takes to symbolicate it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) event: Event,
    /// As it is stored.
    pub(super) payload: String,
    pub(super) was: StoredEvent,
    dump: Option<Bytes>,
    settings: Arc<CompiledSettings>,
    rules: Arc<Rules>,
    symbols: Arc<Symbols>,
    now: Timestamp,
}

impl Stored {
    /// Of its payload and minidump.
    pub(super) fn bytes(&self) -> usize {
        self.payload.len() + self.dump.as_ref().map_or(0, Bytes::len)
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) healed: Healed,
    pub(super) row: EventRow,
    /// Whether anything is otherwise than it was.
    pub(super) is_changed: bool,
    /// What it lacks still.
    pub(super) missing: Vec<MissingSymbolRow>,
    unknown: Vec<(CacheKey, Wanted)>,
}

impl Healing<'_> {
    /// A stored event; `None` if it is gone, or nothing is kept of it that could be symbolicated.
    pub(super) async fn stored(
        &self,
        lacking: &MissingSymbolRow,
        now: Timestamp,
    ) -> Result<Option<Stored>, HealError> {
        let (project, id) = (lacking.project_id, lacking.event_id);
        let Some(mut was) = self.worker.store.event(project, id).await? else { return Ok(None) };
        let Some(payload) = was.payload.take() else { return Ok(None) };
        let Ok(event) = serde_json::from_str::<Event>(&payload) else {
            tracing::warn!(%id, "stored event cannot be read; it is not symbolicated again");
            return Ok(None);
        };
        let dump = self.dump_of(project, &event).await?;
        let settings = self.worker.catalog.settings(project);
        let rules = self.worker.catalog.grouping_rules(project);
        let symbols = Arc::clone(&self.worker.symbols);
        Ok(Some(Stored { event, payload, was, dump, settings, rules, symbols, now }))
    }

    /// The minidump that came with an event.
    async fn dump_of(&self, project: ProjectId, event: &Event) -> Result<Option<Bytes>, HealError> {
        let files = self.worker.store.attachments(project, event.event_id).await?;
        let Some(file) = files.into_iter().find(|file| file.attachment_type == MINIDUMP) else {
            return Ok(None);
        };
        let (event, id, received) = (event.event_id, file.id, file.received);
        match self.worker.blobs.get(&BlobKey::Attachment { project, event, id, received }).await {
            Ok(dump) => Ok(Some(dump)),
            Err(BlobError::NotFound { .. } | BlobError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Symbolicates events again, with all symbols that can be had in time. Those that make no row are left out.
    pub(super) async fn again(&self, events: Vec<Stored>) -> Vec<(Stored, Again)> {
        let mut patience = PATIENCE;
        let (mut waiting, mut done) = (events, Vec::new());
        for round in 1..=ROUNDS {
            let (mut later, mut wanted) = (Vec::new(), Vec::new());
            for (stored, again) in self.cores.map(waiting, again).await {
                match again {
                    Ok(again) if again.unknown.is_empty() || patience.is_zero() || round == ROUNDS => {
                        done.push((stored, again));
                    }
                    Ok(again) => {
                        wanted.extend(again.unknown);
                        later.push(stored);
                    }
                    Err(error) => {
                        tracing::error!(id = %stored.event.event_id, %error, "healed event cannot be written");
                    }
                }
            }
            if later.is_empty() {
                break;
            }
            let begun = Instant::now();
            let has_more = self.worker.symbols.prepare(wanted, patience).await;
            patience = if has_more { patience.saturating_sub(begun.elapsed()) } else { Duration::ZERO };
            waiting = later;
        }
        done
    }
}

/// As the pipeline does it, but for the filters: what is stored, stays.
fn again(stored: Stored) -> (Stored, Result<Again, serde_json::Error>) {
    let (project, now) = (stored.was.project_id, stored.now);
    let event = stored.event.clone();
    let (view, tables) = (stored.symbols.view(project, now), stored.symbols.tables(project));
    let in_app = &stored.settings.settings.in_app.rules;
    let as_it_came = || Some(stored.event.clone());
    let SymbolicatedEvent { mut event, missing: lacking, unknown } =
        symbolicate(event, as_it_came, stored.dump.as_deref(), view, &tables, in_app);
    stored.settings.scrubber.scrub(&mut event);
    let parts = row::of(project, mayday_grouping::group(event, &stored.rules));
    let again = parts.map(|(occurrence, row)| {
        let (occurrence, row): (Occurrence, EventRow) = (occurrence, row);
        let old_hash = stored.was.summary.hash;
        Again {
            is_changed: row.payload != stored.payload || row.hash != old_hash,
            missing: missing::rows(&row, lacking, now),
            healed: Healed { occurrence, old_hash },
            row,
            unknown,
        }
    });
    (stored, again)
}
