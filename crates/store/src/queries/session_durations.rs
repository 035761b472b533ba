//! How long sessions last.

use std::{collections::BTreeMap, ops::AddAssign};

use clickhouse::Row;
use mayday_event::{ProjectId, Timestamp};
use serde::Deserialize;

use super::{
    Window,
    sessions::{FROM_SESSIONS, LARGEST_GROUPS, SessionFilter, SessionGrouping},
};
use crate::{Store, StoreError};

/// How long sessions lasted that ended well and said so, in a form that adds up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Durations {
    sessions: u64,
    total_ms: f64,
    longest_ms: u64,
    /// Sessions by the step of a scale, each of which is [`STEP`] times as long as the one before.
    by_step: BTreeMap<u16, u64>,
}

/// What two steps of the scale differ by: a quantile is within 1 %.
const STEP: f64 = 1.02;

/// Of those that are alike in what they are told apart by, as [`SessionGroup`](super::sessions::SessionGroup) is.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationGroup {
    pub release: String,
    pub environment: String,
    pub bucket: Timestamp,
    pub durations: Durations,
}

impl Durations {
    /// Milliseconds; `None` without sessions, as of the others.
    pub fn mean_ms(&self) -> Option<f64> {
        (self.sessions > 0).then(|| self.total_ms / self.sessions as f64)
    }

    /// Milliseconds.
    pub fn longest_ms(&self) -> Option<f64> {
        (self.sessions > 0).then_some(self.longest_ms as f64)
    }

    /// What a share of the sessions, from 0 to 1, did not last longer than; milliseconds, within 1 %.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let last = self.by_step.keys().next_back()?;
        let wanted = (share * self.sessions as f64).ceil().max(1.0) as u64;
        let mut passed = 0;
        let reached = self.by_step.iter().find_map(|(step, sessions)| {
            passed += sessions;
            (passed >= wanted).then_some(step)
        });
        let middle = STEP.powf(f64::from(*reached.unwrap_or(last)) + 0.5) - 1.0;
        Some(middle.round().min(self.longest_ms as f64))
    }
}

impl AddAssign<&Self> for Durations {
    fn add_assign(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.total_ms += other.total_ms;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
        for (step, sessions) in &other.by_step {
            *self.by_step.entry(*step).or_default() += sessions;
        }
    }
}

impl Store {
    /// How long sessions of a window lasted, in groups, those with most sessions first, at most `limit`.
    pub async fn session_durations(
        &self,
        project: ProjectId,
        window: Window,
        filter: &SessionFilter,
        grouping: SessionGrouping,
        limit: usize,
    ) -> Result<Vec<DurationGroup>, StoreError> {
        let sql = format!(
            "SELECT {}, count() AS sessions, sum(toFloat64(duration)) AS total_ms, max(duration) AS longest_ms,
                 sumMap([toUInt16(log(toFloat64(duration) + 1) / log({STEP}))], [toUInt64(1)]) AS steps
             FROM (SELECT *, assumeNotNull(duration_ms) AS duration {FROM_SESSIONS}{}
                   AND status = 'exited' AND isNotNull(duration_ms))
             {LARGEST_GROUPS}",
            grouping.columns(),
            filter.condition()
        );
        let query = filter.bind(window.bind(self.query(&sql, project))).param("limit", limit);
        let rows: Vec<DurationRow> = grouping.bind(query).fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(DurationGroup::from).collect())
    }
}

#[derive(Row, Deserialize)]
struct DurationRow {
    of_release: String,
    of_environment: String,
    bucket_ms: i64,
    sessions: u64,
    total_ms: f64,
    longest_ms: u64,
    steps: (Vec<u16>, Vec<u64>),
}

impl From<DurationRow> for DurationGroup {
    fn from(row: DurationRow) -> Self {
        let (steps, sessions) = row.steps;
        Self {
            release: row.of_release,
            environment: row.of_environment,
            bucket: Timestamp(row.bucket_ms),
            durations: Durations {
                sessions: row.sessions,
                total_ms: row.total_ms,
                longest_ms: row.longest_ms,
                by_step: steps.into_iter().zip(sessions).collect(),
            },
        }
    }
}
