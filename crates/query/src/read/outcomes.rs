//! What was received and what became of it, and whether that adds up.

use std::collections::BTreeMap;

use mayday_catalog::projects::Project;
use mayday_event::Timestamp;
use mayday_store::queries::{Window, outcomes::OutcomeCount};

pub(crate) use mayday_store::queries::outcomes::{Dimension, Imbalance};

use crate::{Query, QueryError};

/// Most points of a series.
pub(crate) const MAX_POINTS: i64 = 1000;
/// What counts what was received; all else are outcomes.
const RECEIVED: &str = "received";
/// What the client dropped itself: nothing that was received.
pub(crate) const CLIENT_DISCARD: &str = "client_discard";
/// What was received so long ago is accounted for, whatever happens.
const SETTLED_MS: i64 = 10 * 60_000;
/// How far back what was received is compared with its outcomes.
const CHECKED_MS: i64 = 7 * Timestamp::DAY_MS;

const QUARTER_DAY_MS: i64 = Timestamp::DAY_MS / 4;
const FOUR_DAYS_MS: i64 = 4 * Timestamp::DAY_MS;

/// A span of time, in buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Buckets {
    pub(crate) window: Window,
    pub(crate) width_ms: i64,
}

/// What is told apart by: those that were not asked for are empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub(crate) category: String,
    pub(crate) outcome: String,
    pub(crate) reason: String,
    /// The catalog's id of the DSN key; 0 where it could not be told.
    pub(crate) key_id: i64,
}

/// How many of each bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) total: u64,
    pub(crate) series: Vec<u64>,
}

/// A project's accounting over a span of time.
#[derive(Debug, Clone)]
pub(crate) struct Outcomes {
    /// The start of each bucket.
    pub(crate) starts: Vec<Timestamp>,
    /// By the same key, with an empty outcome.
    pub(crate) received: BTreeMap<GroupKey, Counted>,
    pub(crate) outcomes: BTreeMap<GroupKey, Counted>,
    /// Where what was received is not the sum of its outcomes; of the span's settled part.
    pub(crate) unbalanced: Vec<Imbalance>,
}

impl Buckets {
    /// A window, widened to whole buckets of a sensible width.
    pub(crate) fn of(window: Window) -> Self {
        let length = window.to.since_ms(window.from);
        let width_ms = if length <= QUARTER_DAY_MS {
            5 * 60_000
        } else if length <= FOUR_DAYS_MS {
            Timestamp::HOUR_MS
        } else {
            Timestamp::DAY_MS
        };
        Self::with_width(window, width_ms)
    }

    /// A window, widened to whole buckets of this width.
    pub(crate) fn with_width(window: Window, width_ms: i64) -> Self {
        let floor = |at: Timestamp| Timestamp(at.0.div_euclid(width_ms) * width_ms);
        let window = Window { from: floor(window.from), to: floor(window.to.plus_ms(width_ms - 1)) };
        Self { window, width_ms }
    }

    pub(crate) fn count(self) -> i64 {
        self.window.to.since_ms(self.window.from) / self.width_ms
    }

    /// Whether there are few enough, [`MAX_POINTS`], to be shown.
    pub(super) fn check(self) -> Result<(), QueryError> {
        match self.count() {
            count if count > MAX_POINTS => Err(QueryError::Invalid(format!(
                "interval: makes {count} points, more than {MAX_POINTS}; take a longer one or less time"
            ))),
            _ => Ok(()),
        }
    }

    pub(crate) fn starts(self) -> Vec<Timestamp> {
        (0..self.count()).map(|at| self.window.from.plus_ms(at * self.width_ms)).collect()
    }

    pub(crate) fn place(self, start: Timestamp) -> Option<usize> {
        usize::try_from(start.since_ms(self.window.from).div_euclid(self.width_ms)).ok()
    }
}

/// What a project received and what became of it, at most [`MAX_POINTS`] buckets.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    buckets: Buckets,
    by: &[Dimension],
) -> Result<Outcomes, QueryError> {
    buckets.check()?;
    let (counts, unbalanced) = tokio::try_join!(
        async { Ok(query.store.outcomes(project.id, buckets.window, buckets.width_ms, by).await?) },
        unbalanced(query, project, buckets.window),
    )?;
    Ok(Outcomes::new(buckets, counts, unbalanced))
}

/// Where what a project received is not the sum of its outcomes.
async fn unbalanced(query: &Query, project: &Project, window: Window) -> Result<Vec<Imbalance>, QueryError> {
    let now = query.clock.now();
    let settled = Window {
        from: window.from.max(now.plus_ms(-CHECKED_MS)),
        to: window.to.min(now.plus_ms(-SETTLED_MS)),
    };
    if settled.from >= settled.to {
        return Ok(Vec::new());
    }
    let found = query.store.unbalanced(settled).await?;
    Ok(found.into_iter().filter(|it| it.project_id == project.id).collect())
}

impl Outcomes {
    pub(crate) fn new(buckets: Buckets, counts: Vec<OutcomeCount>, unbalanced: Vec<Imbalance>) -> Self {
        let starts = buckets.starts();
        let mut all = Self { received: BTreeMap::new(), outcomes: BTreeMap::new(), unbalanced, starts };
        for OutcomeCount { start, category, outcome, reason, key_id, quantity } in counts {
            let is_received = outcome == RECEIVED;
            let outcome = if is_received { String::new() } else { outcome };
            let of = if is_received { &mut all.received } else { &mut all.outcomes };
            let group = of.entry(GroupKey { category, outcome, reason, key_id });
            let counted = group.or_insert_with(|| Counted { total: 0, series: vec![0; all.starts.len()] });
            counted.total += quantity;
            if let Some(point) = buckets.place(start).and_then(|place| counted.series.get_mut(place)) {
                *point += quantity;
            }
        }
        all
    }
}

impl Counted {
    /// The sums of several, over so many buckets.
    pub(crate) fn sum<'a>(all: impl IntoIterator<Item = &'a Self>, buckets: usize) -> Self {
        let mut sum = Self { total: 0, series: vec![0; buckets] };
        for one in all {
            sum.total += one.total;
            for (point, quantity) in sum.series.iter_mut().zip(&one.series) {
                *point += quantity;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::now;

    fn count(minutes: i64, outcome: &str, quantity: u64) -> OutcomeCount {
        OutcomeCount {
            start: Buckets::of(Window { from: now().plus_ms(-minutes * 60_000), to: now() }).window.from,
            category: "error".into(),
            outcome: outcome.into(),
            reason: String::new(),
            key_id: 0,
            quantity,
        }
    }

    #[test]
    fn buckets_are_whole_and_of_a_sensible_width() {
        let of =
            |hours: i64| Buckets::of(Window { from: now().plus_ms(-hours * Timestamp::HOUR_MS), to: now() });
        assert_eq!((of(1).count(), of(1).width_ms), (13, 300_000));
        assert_eq!(
            (of(24).count(), of(24).window.from.to_string().as_str()),
            (25, "2026-11-23T04:00:00.000Z")
        );
        assert_eq!((of(24 * 14).count(), of(24 * 14).width_ms), (15, Timestamp::DAY_MS));
    }

    #[test]
    fn what_was_received_is_no_outcome_and_every_bucket_is_there() {
        let buckets = Buckets::of(Window { from: now().plus_ms(-Timestamp::HOUR_MS), to: now() });
        let counts = vec![count(60, "received", 5), count(10, "accepted", 3), count(60, "accepted", 2)];
        let outcomes = Outcomes::new(buckets, counts, Vec::new());
        assert_eq!(outcomes.starts.len(), 13);
        assert_eq!(outcomes.received.values().map(|it| it.total).sum::<u64>(), 5);
        let (key, accepted) = outcomes.outcomes.first_key_value().unwrap();
        assert_eq!((key.outcome.as_str(), accepted.total), ("accepted", 5));
        assert_eq!((accepted.series[0], accepted.series[10]), (2, 3));
    }
}
