//! What an issue's users have in common: one event of each of them, beside one of each of the project's others.
//!
//! One user has one voice, so that a noisy device is not heard more often than another: of all events of a user
//! the one whose id is first in ClickHouse's order speaks, which is a fair draw as ids are random, and the same each time. An event of
//! nobody known speaks for itself.
//!
//! Where there are too many rows, every nth run of neighbouring rows is read (they lie by hash and time), as many
//! as the bound allows: the same runs as long as the same parts are stored.

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    EventFilter, Window,
    counts::{Counts, from_rows},
    issues::{Interval, bind_within},
    sample,
    stored_tags::PAIRS,
    voices::Voices,
};
use crate::{Store, StoreError};

/// Rows that are read of the issue, and of the project's other events.
pub const MAX_ROWS: u64 = 64 * RUN;
/// Rows that lie side by side and are read together.
pub const RUN: u64 = 256;

/// Which events are compared with which: those of the hashes with all others of the project.
#[derive(Debug, Clone)]
pub struct Compared<'a> {
    pub project: ProjectId,
    pub hashes: &'a [GroupHash],
    pub window: Window,
    pub filter: &'a EventFilter,
    /// Tags that are not looked at.
    pub without: &'a [&'a str],
}

/// What was read, and of how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// Of the hashes' rows every nth run is read; 1: all of them.
    pub affected_step: u64,
    /// The same for the project's other events.
    pub others_step: u64,
}

impl Store {
    /// What each voice of both sides says.
    pub async fn voices(&self, of: &Compared<'_>) -> Result<Voices, StoreError> {
        self.voices_of(of, self.sample(of).await?).await
    }

    /// As [`Self::voices`], of a given sample.
    pub async fn voices_of(&self, of: &Compared<'_>, sample: Sample) -> Result<Voices, StoreError> {
        // A user is known by the hash, which is read in a tenth of the time of the name.
        let sql = format!(
            "SELECT affected, argMin(said, event_id) AS said, count() AS events
             FROM ({} UNION ALL {})
             GROUP BY affected, user_hash, if(user_hash = 0, event_id, toUUID('{}')) AS unknown
             ORDER BY affected DESC",
            side(of, true),
            side(of, false),
            Uuid::nil(),
        );
        let query = of.bind(from_rows(self.query(&sql, of.project)), sample);
        let mut rows = query.fetch::<VoiceRow<'_>>().map_err(StoreError::of_query)?;
        let mut voices = Voices::new(sample);
        while let Some(row) = rows.next().await.map_err(StoreError::of_query)? {
            voices.hear(row.affected, row.events, row.said, of.without);
        }
        Ok(voices)
    }

    /// How much of both sides is read, by counts of whole days, which is near enough.
    async fn sample(&self, of: &Compared<'_>) -> Result<Sample, StoreError> {
        let sql = format!(
            "SELECT group_hash IN {{hashes:Array(UInt64)}} AS affected, count() AS events
             FROM events WHERE project_id = {{project:UInt64}} AND {} GROUP BY affected",
            Interval::Day.within()
        );
        let (from, to) = (of.window.from.day(), of.window.to.plus_ms(Timestamp::DAY_MS - 1).day());
        let query = self.counted(Counts::DayEvents, &sql, of.project).await;
        let query = query.param("hashes", numbers(of.hashes));
        let rows: Vec<SideRow> =
            bind_within(query, from, to).fetch_all().await.map_err(StoreError::of_query)?;
        let step = |affected: u8| {
            let events = rows.iter().find(|row| row.affected == affected).map_or(0, |row| row.events);
            sample::step(events, MAX_ROWS)
        };
        Ok(Sample { affected_step: step(1), others_step: step(0) })
    }
}

fn side(of: &Compared<'_>, affected: bool) -> String {
    let (is, step) = if affected { ("IN", "affected_step") } else { ("NOT IN", "others_step") };
    format!(
        "SELECT {affected} AS affected, user_hash, event_id, {said} AS said
         FROM events
         PREWHERE project_id = {{project:UInt64}} AND group_hash {is} {{hashes:Array(UInt64)}}
             AND {run} AND {window}
         WHERE 1{filter}",
        said = *PAIRS,
        run = sample::every_nth(RUN, format_args!("{{{step}:UInt64}}")),
        window = of.window.condition(),
        filter = of.filter.condition(),
    )
}

impl Compared<'_> {
    fn bind(&self, query: Query, sample: Sample) -> Query {
        let query = query
            .param("hashes", numbers(self.hashes))
            .param("affected_step", sample.affected_step.max(1))
            .param("others_step", sample.others_step.max(1));
        self.filter.bind(self.window.bind(query))
    }
}

fn numbers(hashes: &[GroupHash]) -> Vec<u64> {
    hashes.iter().map(|hash| hash.0).collect()
}

#[derive(Row, Deserialize)]
struct VoiceRow<'a> {
    affected: bool,
    said: &'a str,
    events: u64,
}

#[derive(Row, Deserialize)]
struct SideRow {
    affected: u8,
    events: u64,
}
