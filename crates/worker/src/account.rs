//! The account of a batch: what was received, and what became of it.

use std::collections::BTreeMap;

use mayday_event::{
    Category, Ledger, Outcome, ProjectId, Timestamp,
    entry::ClientDiscard,
    raw::{RawReport, RefusalLine},
};
use mayday_store::rows::OutcomeRow;

use crate::batch::{Batch, SetAside, Source};

const MINUTE_MS: i64 = 60_000;

/// Sums by line.
#[derive(Debug, Default)]
pub(crate) struct Account {
    lines: BTreeMap<Line, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    project: ProjectId,
    key_id: i64,
    minute: Timestamp,
    category: Category,
    verdict: Verdict,
    /// Empty for received and accepted.
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Received,
    /// What ingest refused: its own ledger has it already.
    Refused(Outcome),
    /// What became of something in the journal.
    Became(Outcome),
    /// Dropped by the client before it was sent.
    ClientDiscard,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Refused(outcome) | Self::Became(outcome) => outcome.name(),
            Self::ClientDiscard => "client_discard",
        }
    }
}

impl Account {
    /// What ingest counted with a report.
    pub(crate) fn received(&mut self, report: &RawReport) {
        let (project, minute) = (report.project_id, minute(report.received));
        for (category, quantity) in &report.counted {
            let (key_id, reason) = (report.key_id, String::new());
            let line =
                Line { project, key_id, minute, category: *category, verdict: Verdict::Received, reason };
            self.add(line, *quantity);
        }
    }

    /// Things of a record came to an end.
    pub(crate) fn became(
        &mut self,
        source: &Source,
        category: Category,
        outcome: Outcome,
        reason: &str,
        quantity: u64,
    ) {
        self.add(line(source, category, Verdict::Became(outcome), reason), quantity);
    }

    /// Things that were accepted turn out to be dropped by a filter.
    pub(crate) fn moved(&mut self, source: &Source, category: Category, reason: &str, quantity: u64) {
        if quantity == 0 {
            return;
        }
        let accepted = line(source, category, Verdict::Became(Outcome::Accepted), "");
        if let Some(sum) = self.lines.get_mut(&accepted) {
            *sum = sum.saturating_sub(quantity);
        }
        self.lines.retain(|_, sum| *sum > 0);
        self.became(source, category, Outcome::Filtered, reason, quantity);
    }

    /// A client says what it dropped.
    pub(crate) fn discarded(&mut self, source: &Source, discard: &ClientDiscard) {
        let line = line(source, discard.category, Verdict::ClientDiscard, &discard.reason);
        self.add(line, discard.quantity);
    }

    /// What ingest refused: received and refused at once.
    pub(crate) fn refused(&mut self, refusal: &RefusalLine) {
        let RefusalLine { project_id: project, key_id, category, outcome, reason, minute, quantity } =
            refusal;
        let (project, key_id, minute, category) = (*project, *key_id, *minute, *category);
        let verdict = Verdict::Received;
        self.add(Line { project, key_id, minute, category, verdict, reason: String::new() }, *quantity);
        let verdict = Verdict::Refused(*outcome);
        self.add(Line { project, key_id, minute, category, verdict, reason: reason.clone() }, *quantity);
    }

    pub(crate) fn extend(&mut self, next: Self) {
        for (line, quantity) in next.lines {
            self.add(line, quantity);
        }
    }

    fn add(&mut self, line: Line, quantity: u64) {
        *self.lines.entry(line).or_default() += quantity;
    }

    /// As ClickHouse keeps it; `source` tells a replay.
    pub(crate) fn rows(&self, source: &str) -> Vec<OutcomeRow> {
        let row = |(line, quantity): (&Line, &u64)| OutcomeRow {
            project_id: line.project,
            key_id: line.key_id,
            category: line.category.name(),
            outcome: line.verdict.name().to_owned(),
            reason: line.reason.clone(),
            minute: line.minute,
            quantity: *quantity,
            source: source.to_owned(),
        };
        self.lines.iter().map(row).collect()
    }

    /// Into this process' ledger. What ingest received is there already, but for what an earlier process received.
    pub(crate) fn enter(&self, ledger: &Ledger, is_backlog: bool) {
        for (line, quantity) in &self.lines {
            let project = (line.project.0 != 0).then_some(line.project);
            match line.verdict {
                Verdict::Received if is_backlog => ledger.received(project, line.category, *quantity),
                Verdict::Refused(outcome) if is_backlog => {
                    ledger.outcome(project, line.category, outcome, line.reason.clone(), *quantity);
                }
                Verdict::Became(outcome) => {
                    ledger.outcome(project, line.category, outcome, line.reason.clone(), *quantity);
                }
                _ => {}
            }
        }
    }
}

/// Closes a batch's account: its events were stored, skipped or set aside.
pub(crate) fn close(batch: &mut Batch, refused: &[SetAside]) {
    let account = &mut batch.rest.account;
    for source in &batch.sources {
        account.became(source, Category::Error, Outcome::Accepted, "", 1);
    }
    for skipped in &batch.skipped {
        account.became(&skipped.event.source, Category::Error, Outcome::Filtered, &skipped.reason, 1);
    }
    for SetAside { source, reason, .. } in refused {
        account.became(source, Category::Error, Outcome::Invalid, reason, 1);
    }
}

fn line(source: &Source, category: Category, verdict: Verdict, reason: &str) -> Line {
    Line {
        project: source.key.map_or(ProjectId(0), |(project, _)| project),
        key_id: source.key_id,
        minute: minute(source.received),
        category,
        verdict,
        reason: reason.to_owned(),
    }
}

fn minute(at: Timestamp) -> Timestamp {
    Timestamp(at.0.div_euclid(MINUTE_MS) * MINUTE_MS)
}
