//! Payloads by value: past a project's budget of the day, an event keeps its row, and only the first and the newest of
//! each issue, release and hour keep their payload.
//!
//! The newest ones go into numbered slots of a table of their own, where the next of the same number replaces them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_event::{GroupHash, ProjectId, Timestamp, quota::PayloadSettings};
use mayday_store::rows::{EventRow, RecentPayloadRow};

use crate::{
    batch::Batch,
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

/// Most buckets that are remembered.
const BUCKETS: usize = 200_000;

/// What one project has used of its budget.
#[derive(Debug, Default)]
struct Used {
    day: i64,
    bytes: u64,
}

/// An issue's events of one release and hour.
type Bucket = (ProjectId, GroupHash, String, Timestamp);

/// What was kept so far.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether ClickHouse was asked what is used of today's budgets.
    is_loaded: bool,
    used: HashMap<ProjectId, Used>,
    /// Events seen by bucket.
    seen: HashMap<Bucket, u32>,
    /// The newest hour of `seen`; older buckets are forgotten now and then.
    hour: i64,
}

impl Pipeline {
    /// Takes the payloads that are not to be kept out of the rows, and stores the newest of them in their slots.
    pub(crate) async fn keep_by_value(&self, batch: &mut Batch) -> Result<(), Stopped> {
        self.load_budgets().await?;
        let settings = |project| self.worker.catalog.settings(project).settings.payloads.clone();
        let recent = self.budgets.apply(&mut batch.rows, settings);
        if recent.is_empty() {
            return Ok(());
        }
        let store = &self.worker.store;
        until_success("store payloads in ClickHouse", &self.stop, || async {
            store.insert_recent_payloads(&recent).await
        })
        .await
    }

    /// What today's budgets have used before this process started.
    async fn load_budgets(&self) -> Result<(), Stopped> {
        if self.budgets.lock().is_loaded {
            return Ok(());
        }
        let today = self.worker.clock.now().day();
        let store = &self.worker.store;
        let used = until_success("read the payload budgets' state", &self.stop, || async {
            store.payload_bytes_since(today).await
        })
        .await?;
        let mut state = self.budgets.lock();
        if !state.is_loaded {
            state.is_loaded = true;
            let used = used.into_iter().map(|(project, bytes)| (project, Used { day: today.0, bytes }));
            state.used.extend(used);
        }
        Ok(())
    }
}

impl Budgets {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides over each row; what the rows lose and is to be kept in slots, the newest of each slot only.
    fn apply(
        &self,
        rows: &mut [EventRow],
        settings: impl Fn(ProjectId) -> PayloadSettings,
    ) -> Vec<RecentPayloadRow> {
        let mut state = self.lock();
        let mut of_project: HashMap<ProjectId, PayloadSettings> = HashMap::new();
        let mut slots: HashMap<(Bucket, u32), RecentPayloadRow> = HashMap::new();
        for row in rows {
            let settings = of_project.entry(row.project_id).or_insert_with(|| settings(row.project_id));
            let Some(budget) = settings.daily_budget_bytes else { continue };
            let bytes = (row.payload.len() + row.grouping.len()) as u64;
            let bucket = (row.project_id, row.hash, row.release.clone(), row.received.hour());
            let number = state.number(bucket.clone());
            if state.take(row.project_id, row.received.day(), bytes, budget) || number < settings.keep_first {
                continue;
            }
            let slot = number % settings.keep_newest;
            let recent = RecentPayloadRow {
                project_id: row.project_id,
                group_hash: row.hash,
                release: row.release.clone(),
                hour: bucket.3,
                slot,
                event_id: row.event_id,
                received: row.received,
                payload: std::mem::take(&mut row.payload),
                grouping: std::mem::take(&mut row.grouping),
            };
            slots.insert((bucket, slot), recent);
        }
        slots.into_values().collect()
    }
}

impl State {
    /// Counts one more event of a bucket: its number, from 0.
    fn number(&mut self, bucket: Bucket) -> u32 {
        const HOURS_KEPT: i64 = 2;
        if bucket.3.0 > self.hour {
            self.hour = bucket.3.0;
            let oldest = bucket.3.plus_ms(-HOURS_KEPT * Timestamp::HOUR_MS);
            self.seen.retain(|(_, _, _, hour), _| *hour >= oldest);
        }
        // Forgetting costs some payloads more; remembering everything that clients make up would cost memory.
        if self.seen.len() >= BUCKETS {
            self.seen.clear();
        }
        let seen = self.seen.entry(bucket).or_default();
        let number = *seen;
        *seen = seen.saturating_add(1);
        number
    }

    /// Takes so many bytes of a project's budget of the day, if they are left.
    fn take(&mut self, project: ProjectId, day: Timestamp, bytes: u64, budget: u64) -> bool {
        let used = self.used.entry(project).or_default();
        if used.day != day.0 {
            *used = Used { day: day.0, bytes: 0 };
        }
        if used.bytes.saturating_add(bytes) > budget {
            return false;
        }
        used.bytes += bytes;
        true
    }
}

#[cfg(test)]
mod tests;
