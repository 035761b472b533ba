//! Refusals on their way to outcomes: summed up, and appended to the journal each second.
//!
//! What was refused was answered so, and is not durable before it is appended: a kill costs a second of these numbers.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mayday_event::{
    Category, Outcome, ProjectId, Timestamp,
    raw::{RefusalLine, Refusals, RefusedEvent},
};
use tokio_util::sync::CancellationToken;

use crate::Ingest;

/// From one record of refusals to the next.
const EVERY: Duration = Duration::from_secs(1);
/// Most refused events of a second whose fate is kept one by one.
const EVENTS: usize = 2000;
/// The sender of what is no project's.
const NOBODY: u64 = 0;
const MINUTE_MS: i64 = 60_000;

/// What was refused since the last record of it.
#[derive(Debug, Default)]
pub(crate) struct RefusalBook {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    lines: BTreeMap<LineKey, u64>,
    events: Vec<RefusedEvent>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct LineKey {
    project: ProjectId,
    key_id: i64,
    category: Category,
    outcome: Outcome,
    reason: &'static str,
    minute: Timestamp,
}

/// Whose, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender {
    /// 0 where it could not be told.
    pub(crate) project: ProjectId,
    /// 0 where it could not be told.
    pub(crate) key_id: i64,
    pub(crate) at: Timestamp,
}

impl RefusalBook {
    /// So many things were refused.
    pub(crate) fn add(
        &self,
        sender: Sender,
        category: Category,
        quantity: u64,
        outcome: Outcome,
        reason: &'static str,
    ) {
        let minute = Timestamp(sender.at.0.div_euclid(MINUTE_MS) * MINUTE_MS);
        let Sender { project, key_id, .. } = sender;
        let key = LineKey { project, key_id, category, outcome, reason, minute };
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        *pages.lines.entry(key).or_default() += quantity;
    }

    /// An event was refused.
    pub(crate) fn add_event(&self, event: RefusedEvent) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.events.len() < EVENTS {
            pages.events.push(event);
        }
    }

    fn take(&self) -> Pages {
        std::mem::take(&mut self.pages.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes back what could not be appended.
    fn put_back(&self, earlier: Pages) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, quantity) in earlier.lines {
            *pages.lines.entry(key).or_default() += quantity;
        }
        let room = EVENTS.saturating_sub(pages.events.len());
        pages.events.extend(earlier.events.into_iter().take(room));
    }
}

impl Pages {
    fn refusals(&self) -> Refusals {
        let line = |(key, quantity): (&LineKey, &u64)| RefusalLine {
            project_id: key.project,
            key_id: key.key_id,
            category: key.category,
            outcome: key.outcome,
            reason: key.reason.to_owned(),
            minute: key.minute,
            quantity: *quantity,
        };
        Refusals { lines: self.lines.iter().map(line).collect(), events: self.events.clone() }
    }
}

impl Ingest {
    /// Appends refusals each second, and a last time when told to stop.
    pub async fn report_refusals(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            self.append_refusals().await;
        }
        self.append_refusals().await;
    }

    /// Appends what was refused so far.
    pub async fn append_refusals(&self) {
        let pages = self.refusals.take();
        let refusals = pages.refusals();
        if refusals.is_empty() {
            return;
        }
        if let Err(error) = self.journal.append(NOBODY, refusals.encode()).await {
            tracing::debug!(%error, "refusals wait for the journal");
            self.refusals.put_back(pages);
        }
    }
}
