//! What became of everything that was received: the accounting that makes a silent drop impossible.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::ids::ProjectId;

/// What a client sent, as rate limits and outcomes count it (Sentry's data categories).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Error events: `event` items, `/store/` bodies.
    Error,
    /// Transactions.
    Transaction,
    /// `attachment` items.
    Attachment,
    /// `session` and `sessions` items.
    Session,
    /// `user_report` and `feedback` items.
    Feedback,
    /// `check_in` items.
    Monitor,
    /// `span` items.
    Span,
    /// `log` items.
    LogItem,
    /// `profile` and `profile_chunk` items.
    Profile,
    /// `replay_…` items.
    Replay,
    /// `statsd`, `metric_buckets` and `trace_metric` items.
    Metric,
    /// `client_report` items, never limited.
    Internal,
    /// Anything else, known or unknown, and bodies whose content could not be told.
    Default,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Error,
        Self::Transaction,
        Self::Attachment,
        Self::Session,
        Self::Feedback,
        Self::Monitor,
        Self::Span,
        Self::LogItem,
        Self::Profile,
        Self::Replay,
        Self::Metric,
        Self::Internal,
        Self::Default,
    ];

    /// The stable name that metrics, answers and `X-Sentry-Rate-Limits` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Transaction => "transaction",
            Self::Attachment => "attachment",
            Self::Session => "session",
            Self::Feedback => "feedback",
            Self::Monitor => "monitor",
            Self::Span => "span",
            Self::LogItem => "log_item",
            Self::Profile => "profile",
            Self::Replay => "replay",
            Self::Metric => "metric_bucket",
            Self::Internal => "internal",
            Self::Default => "default",
        }
    }

    /// The category with this name; [`Category::Default`] for a name that mayday does not know.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|category| category.name() == name).unwrap_or(Self::Default)
    }
}

/// The verdict over one thing that was received. Every variant but `Accepted` is a loss with a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Stored in ClickHouse and counted.
    Accepted,
    /// Not kept by intent: an item type that mayday does not store, a duplicate of an event id, a filter.
    Filtered,
    /// Refused by a rate limit or quota; the client was told 429.
    RateLimited,
    /// Refused or set aside because it could not be read; the client was told 4xx where it still listened.
    Invalid,
    /// Refused because the server could not take it; the client was told 503 and keeps it.
    Unavailable,
}

impl Outcome {
    /// The stable name that metrics and the API use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Filtered => "filtered",
            Self::RateLimited => "rate_limited",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
        }
    }

    /// The outcome with this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Accepted, Self::Filtered, Self::RateLimited, Self::Invalid, Self::Unavailable];
        all.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One line of the ledger: what, of which project, for which reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerKey {
    /// The project, where it could be told.
    pub project: Option<ProjectId>,
    /// What was counted.
    pub category: Category,
    /// The verdict; `None` counts what was received.
    pub outcome: Option<Outcome>,
    /// Stable reason in `snake_case`, empty for received and accepted.
    pub reason: Cow<'static, str>,
}

/// Counts what was received and what became of it since the process started.
///
/// Σ received = Σ outcomes once nothing is under way. A journal's backlog from an earlier run is counted
/// received by the worker, so that the sums hold across restarts.
#[derive(Debug, Default)]
pub struct Ledger {
    lines: Mutex<BTreeMap<LedgerKey, u64>>,
}

impl Ledger {
    /// Counts `quantity` things as received.
    pub fn received(&self, project: Option<ProjectId>, category: Category, quantity: u64) {
        self.add(LedgerKey { project, category, outcome: None, reason: Cow::Borrowed("") }, quantity);
    }

    /// Counts the verdict over `quantity` things; `reason` is a stable `snake_case` name.
    pub fn outcome(
        &self,
        project: Option<ProjectId>,
        category: Category,
        outcome: Outcome,
        reason: impl Into<Cow<'static, str>>,
        quantity: u64,
    ) {
        self.add(LedgerKey { project, category, outcome: Some(outcome), reason: reason.into() }, quantity);
    }

    /// All lines, in a stable order.
    pub fn lines(&self) -> Vec<(LedgerKey, u64)> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|(key, quantity)| (key.clone(), *quantity)).collect()
    }

    fn add(&self, key: LedgerKey, quantity: u64) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        *lines.entry(key).or_default() += quantity;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_adds_up_by_line() {
        let ledger = Ledger::default();
        ledger.received(Some(ProjectId(1)), Category::Error, 2);
        ledger.outcome(Some(ProjectId(1)), Category::Error, Outcome::Accepted, "", 1);
        ledger.outcome(Some(ProjectId(1)), Category::Error, Outcome::Invalid, "json", 1);
        let sums =
            ledger.lines().into_iter().fold((0, 0), |(received, outcomes), (key, n)| match key.outcome {
                None => (received + n, outcomes),
                Some(_) => (received, outcomes + n),
            });
        assert_eq!(sums, (2, 2));
    }
}
