//! Healed events take the place of what they were.

use std::collections::{BTreeSet, HashMap};

use mayday_catalog::healing::Healed;
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp};
use mayday_store::rows::{EventRow, MissingSymbolRow};

use super::{
    HealError, Healing,
    again::{Again, Stored},
};

/// Bytes of payloads and minidumps after which no more events are healed in one go.
const BYTES: usize = 64 << 20;

impl Healing<'_> {
    /// Heals some events of a project that lacked one file; how many are otherwise now. Afterwards they count as tried at
    /// `tried` at least.
    pub(super) async fn heal_events(
        &self,
        project: ProjectId,
        mut lacking: Vec<MissingSymbolRow>,
        tried: Timestamp,
    ) -> Result<usize, HealError> {
        let now = self.worker.clock.now().max(tried);
        let (stored, taken) = self.take(&lacking, now).await?;
        lacking.truncate(taken);
        let done: Vec<Again> = self.again(stored).await.into_iter().map(|(_, again)| again).collect();
        let (ids, since) = (done.iter().map(|again| again.row.event_id), oldest(&lacking));
        let copies = self.worker.store.event_copies(project, &ids.collect::<Vec<_>>(), since).await?;
        let marks = marks(&lacking, &done, now);
        let copies_of = |id: EventId| copies.get(&id).map_or(&[][..], Vec::as_slice);
        // A replacement that was cut off left an event there twice.
        let is_due = |again: &Again| again.is_changed || copies_of(again.row.event_id).len() > 1;
        let done: Vec<Again> = done.into_iter().filter(is_due).collect();
        let healed: Vec<Healed> = done.iter().map(|again| again.healed.clone()).collect();
        let have_issues = self.worker.catalog.heal(&healed).await?;
        let (mut rows, mut hashes) = (Vec::new(), BTreeSet::new());
        for (again, _) in done.into_iter().zip(have_issues).filter(|(_, has_issue)| *has_issue) {
            hashes.extend(copies_of(again.row.event_id).iter().copied());
            hashes.extend([again.healed.old_hash, again.row.hash]);
            rows.push(again.row);
        }
        self.replace(project, &mut rows, hashes).await?;
        self.worker.store.insert_missing_symbols(&marks).await?;
        Ok(rows.len())
    }

    /// The first of these events, as far as they are still there, and how many were looked for.
    async fn take(
        &self,
        lacking: &[MissingSymbolRow],
        now: Timestamp,
    ) -> Result<(Vec<Stored>, usize), HealError> {
        let (mut stored, mut bytes) = (Vec::with_capacity(lacking.len()), 0);
        for (taken, row) in lacking.iter().enumerate() {
            if bytes >= BYTES {
                return Ok((stored, taken));
            }
            let one = self.stored(row, now).await?;
            bytes += one.as_ref().map_or(0, Stored::bytes);
            stored.extend(one);
        }
        Ok((stored, lacking.len()))
    }

    async fn replace(
        &self,
        project: ProjectId,
        rows: &mut [EventRow],
        hashes: BTreeSet<GroupHash>,
    ) -> Result<(), HealError> {
        // Greater than that of any earlier try.
        let revision = u64::try_from(self.worker.clock.now().0).unwrap_or_default().max(1);
        rows.iter_mut().for_each(|row| row.revision = revision);
        let hashes: Vec<GroupHash> = hashes.into_iter().collect();
        Ok(self.worker.store.replace_events(project, rows, &hashes).await?)
    }
}

fn oldest(lacking: &[MissingSymbolRow]) -> Timestamp {
    lacking.iter().map(|row| row.received).min().unwrap_or(Timestamp(0))
}

/// What the events lack now, and that they were tried: those that lack it no more, or are gone, too.
fn marks(lacking: &[MissingSymbolRow], done: &[Again], now: Timestamp) -> Vec<MissingSymbolRow> {
    let mut still: HashMap<EventId, &[MissingSymbolRow]> = HashMap::new();
    for again in done {
        still.insert(again.row.event_id, &again.missing);
    }
    let mut rows = Vec::with_capacity(lacking.len());
    for row in lacking {
        let found = still.get(&row.event_id);
        let lacks = found.map_or(&[][..], |missing| missing);
        rows.extend(lacks.iter().map(|lack| MissingSymbolRow { received: row.received, ..lack.clone() }));
        if lacks.iter().all(|lack| lack.symbol != row.symbol) {
            // Of an event that cannot be tried, what it lacks stays true.
            let is_missing = row.is_missing && found.is_none();
            rows.push(MissingSymbolRow { tried: now, is_missing, ..row.clone() });
        }
    }
    rows
}
