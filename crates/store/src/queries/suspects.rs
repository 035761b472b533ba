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

use super::{
    EventFilter, Window,
    issues::{DAY_COUNTS, Interval, bind_within, counted_by, from_rows},
    sample,
    stored_tags::{self, BETWEEN, KEY_AND_VALUE, PAIRS},
};
use crate::{Store, StoreError};

/// Rows that are read of the issue, and of the project's other events.
pub const MAX_ROWS: u64 = 64 * RUN;
/// Rows that lie side by side and are read together.
pub const RUN: u64 = 512;
/// Values that are compared.
pub const MAX_VALUES: usize = 1000;
/// Attributes that [`Store::attribute_overlap`] looks at together.
pub const MAX_TOGETHER: usize = 12;

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

/// How many voices there are on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides {
    /// Of the hashes' events.
    pub affected: u64,
    /// Of the project's other events.
    pub others: u64,
}

/// A value of an attribute, and how many voices name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCount {
    pub key: String,
    pub value: String,
    pub count: Sides,
}

/// What was read, and of how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// Of the hashes' rows every nth run is read; 1: all of them.
    pub affected_step: u64,
    /// The same for the project's other events.
    pub others_step: u64,
}

/// All values that enough of the affected name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub voices: Sides,
    pub sample: Sample,
    /// Rows that were read.
    pub events: Sides,
    pub values: Vec<AttributeCount>,
}

impl Store {
    /// The values that most of the affected voices name, the most frequent first.
    pub async fn attributes(&self, of: &Compared<'_>) -> Result<Attributes, StoreError> {
        let sample = self.sample(of).await?;
        // Every voice also names the value '' of the key '': their number comes first.
        let sql = format!(
            "SELECT {KEY_AND_VALUE},
                 countIf(affected) AS of_affected, countIf(NOT affected) AS of_others,
                 sumIf(events, affected) AS affected_events, sumIf(events, NOT affected) AS other_events
             FROM ({})
             ARRAY JOIN arrayPushFront(splitByChar('{BETWEEN}', said), '\\n') AS pair
             GROUP BY pair
             HAVING pair = '\\n' OR (value != '' AND of_affected > 0 AND key NOT IN {{without:Array(String)}})
             ORDER BY of_affected DESC, key, value LIMIT {{values:UInt64}}",
            voices(of, &PAIRS),
        );
        let query = of.bind(from_rows(self.query(&sql, of.project)), sample).param("without", of.without);
        let rows: Vec<AttributeRow> =
            query.param("values", MAX_VALUES + 1).fetch_all().await.map_err(StoreError::of_query)?;
        let mut found = Attributes { sample, ..Attributes::default() };
        for row in rows {
            let count = Sides { affected: row.of_affected, others: row.of_others };
            if row.key.is_empty() {
                found.voices = count;
                found.events = Sides { affected: row.affected_events, others: row.other_events };
            } else {
                found.values.push(AttributeCount { key: row.key, value: row.value, count });
            }
        }
        Ok(found)
    }

    /// How often each combination of a few values ([`MAX_TOGETHER`] at most) occurs: bit n says that the nth is there.
    pub async fn attribute_overlap(
        &self,
        of: &Compared<'_>,
        sample: Sample,
        values: &[(&str, &str)],
    ) -> Result<Vec<(u64, Sides)>, StoreError> {
        let values = values.get(..MAX_TOGETHER).unwrap_or(values);
        let bits: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(n, (name, text))| {
                let (key, value) = (format!("{{key{n}:String}}"), format!("{{value{n}:String}}"));
                format!("bitShiftLeft(toUInt64({}), {n})", stored_tags::is(name, text, [&key, &value]))
            })
            .collect();
        let said = if bits.is_empty() { "toUInt64(0)".to_owned() } else { bits.join(" + ") };
        let sql = format!(
            "SELECT said AS mask, countIf(affected) AS of_affected, countIf(NOT affected) AS of_others
             FROM ({}) GROUP BY mask ORDER BY mask",
            voices(of, &said),
        );
        let mut query = of.bind(from_rows(self.query(&sql, of.project)), sample);
        for (n, (key, value)) in values.iter().enumerate() {
            query = query.param(&format!("key{n}"), *key).param(&format!("value{n}"), *value);
        }
        let rows: Vec<OverlapRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows
            .into_iter()
            .map(|row| (row.mask, Sides { affected: row.of_affected, others: row.of_others }))
            .collect())
    }

    /// How much of both sides is read, by counts of whole days, which is near enough.
    async fn sample(&self, of: &Compared<'_>) -> Result<Sample, StoreError> {
        let sql = format!(
            "SELECT group_hash IN {{hashes:Array(UInt64)}} AS affected, count() AS events
             FROM events WHERE project_id = {{project:UInt64}} AND {} GROUP BY affected",
            Interval::Day.within()
        );
        let (from, to) = (of.window.from.day(), of.window.to.plus_ms(Timestamp::DAY_MS - 1).day());
        let query = counted_by(self.query(&sql, of.project), DAY_COUNTS).param("hashes", numbers(of.hashes));
        let rows: Vec<SideRow> =
            bind_within(query, from, to).fetch_all().await.map_err(StoreError::of_query)?;
        let step = |affected: u8| {
            let events = rows.iter().find(|row| row.affected == affected).map_or(0, |row| row.events);
            sample::step(events, MAX_ROWS)
        };
        Ok(Sample { affected_step: step(1), others_step: step(0) })
    }
}

/// One row for each voice: on which side, what it says, and for how many events.
fn voices(of: &Compared<'_>, said: &str) -> String {
    format!(
        "SELECT affected, argMin(said, event_id) AS said, count() AS events FROM
         (
             {affected} UNION ALL {others}
         )
         GROUP BY affected, if(user = '', toString(event_id), user) AS voice",
        affected = side(of, said, true),
        others = side(of, said, false),
    )
}

fn side(of: &Compared<'_>, said: &str, affected: bool) -> String {
    let (is, step) = if affected { ("IN", "affected_step") } else { ("NOT IN", "others_step") };
    format!(
        "SELECT {affected} AS affected, user, event_id, {said} AS said
         FROM events
         PREWHERE project_id = {{project:UInt64}} AND group_hash {is} {{hashes:Array(UInt64)}}
             AND {} AND {}
         WHERE 1{}",
        sample::every_nth(RUN, format_args!("{{{step}:UInt64}}")),
        of.window.condition(),
        of.filter.condition(),
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
struct AttributeRow {
    key: String,
    value: String,
    of_affected: u64,
    of_others: u64,
    affected_events: u64,
    other_events: u64,
}

#[derive(Row, Deserialize)]
struct OverlapRow {
    mask: u64,
    of_affected: u64,
    of_others: u64,
}

#[derive(Row, Deserialize)]
struct SideRow {
    affected: u8,
    events: u64,
}
