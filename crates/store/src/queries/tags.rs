//! Tag values and their shares.

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{
    EventFilter, Window, bind_hashes,
    counts::from_rows,
    hashes_condition,
    issues::Span,
    sample,
    stored_tags::{self, CORRECTIONS, KEY_AND_VALUE},
};
use crate::{Store, StoreError};

/// A tag with its most frequent values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacet {
    pub key: String,
    /// Of so many runs of events one was counted. 1: all of them; else numbers and times are estimates, and rare values
    /// may lack.
    pub step: u64,
    /// Events that have the tag.
    pub total: u64,
    /// Distinct values.
    pub distinct: u64,
    pub top: Vec<TagValue>,
}

/// A value of a tag. Where an event has a column's value and an own tag of that name, its time may count for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue {
    pub value: String,
    pub count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Whose tags.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<'a> {
    pub project: ProjectId,
    /// Empty: all of the project.
    pub hashes: &'a [GroupHash],
    pub window: Window,
    pub filter: &'a EventFilter,
}

/// Most tags that are shown of an issue; clients choose the names.
const MAX_TAGS: usize = 200;

/// Of too many rows every nth run of so many neighbours is read, which is in the order of time for one fingerprint. They
/// are longer than those of [`suspects`](super::suspects): as many as one mark of the index is for.
const RUN: u64 = 1024;
/// Most rows that are read for all tags …
const MAX_ROWS: u64 = 32 * RUN;
/// … and for one.
const MAX_ROWS_OF_ONE: u64 = 1024 * RUN;

impl Store {
    /// Each tag of these events, with its `top` most frequent values; tags by name.
    pub async fn tag_facets(&self, of: Tagged<'_>, top: usize) -> Result<Vec<TagFacet>, StoreError> {
        let step = self.tags_step(of, MAX_ROWS).await?;
        let sql = facets_sql(&of.all_tags(step));
        facets(of.bind(from_rows(self.query(&sql, of.project))), step, top).await
    }

    /// One tag of these events; `None` if no event has it.
    pub async fn tag_facet(
        &self,
        of: Tagged<'_>,
        key: &str,
        top: usize,
    ) -> Result<Option<TagFacet>, StoreError> {
        let step = self.tags_step(of, MAX_ROWS_OF_ONE).await?;
        let value = stored_tags::value(key, "{key:String}");
        let one = Counted {
            select: &format!("{{key:String}} AS key, {value} AS value"),
            from: "events",
            only: "",
            count: "count()",
            group_by: "value",
        };
        let query = self.query(&facets_sql(&of.counts(step, &one)), of.project).param("key", key);
        Ok(facets(of.bind(from_rows(query)), step, top).await?.pop())
    }

    /// Of how many runs of rows one is read.
    async fn tags_step(&self, of: Tagged<'_>, max_rows: u64) -> Result<u64, StoreError> {
        let span = Span::of(of.window);
        let sql = format!(
            "SELECT count() FROM events WHERE project_id = {{project:UInt64}}{}{} AND {}",
            hashes_condition(of.hashes),
            of.filter.condition(),
            span.condition(),
        );
        let query = span.query(self, &sql, of.project, false, &[of.filter.clone().into()]).await;
        let query = of.filter.bind(bind_hashes(query, of.hashes));
        let events: u64 = query.fetch_one().await.map_err(StoreError::of_query)?;
        Ok(sample::step(events, max_rows))
    }
}

/// What is counted of the events, by key and value.
struct Counted<'a> {
    select: &'a str,
    from: &'a str,
    /// Of which events, before anything else of them is read.
    only: &'a str,
    count: &'a str,
    group_by: &'a str,
}

impl Tagged<'_> {
    fn bind(self, query: Query) -> Query {
        self.window.bind(self.filter.bind(bind_hashes(query, self.hashes)))
    }

    /// Counts of all tags by how they are stored; a value that is stored in two ways has two rows.
    fn all_tags(self, step: u64) -> String {
        let names: Vec<&str> = stored_tags::columns().map(|(_, column)| column).collect();
        let keys: Vec<String> =
            stored_tags::columns().map(|(key, column)| format!("{column} != '', '{key}'")).collect();
        let columns = Counted {
            // In each set all columns but one are empty.
            select: &format!(
                "multiIf({}, '') AS key, concat({}) AS value",
                keys.join(", "),
                names.join(", ")
            ),
            from: "events",
            only: "",
            count: "count()",
            group_by: &format!("GROUPING SETS (({}))", names.join("), (")),
        };
        let pairs = Counted {
            select: KEY_AND_VALUE,
            from: "events ARRAY JOIN tag_pairs AS pair",
            only: "",
            count: "count()",
            group_by: "pair",
        };
        let flags = Counted {
            select: "concat('flags[', flag.1, ']') AS key, flag.2 AS value",
            from: "events ARRAY JOIN flags AS flag",
            only: "",
            count: "count()",
            group_by: "flag",
        };
        let corrections = Counted {
            select: "tag.1 AS key, tag.2 AS value",
            from: &format!("events ARRAY JOIN {} AS tag", *CORRECTIONS),
            only: " AND notEmpty(tags)",
            count: "sum(tag.3)",
            group_by: "tag.1, tag.2",
        };
        [columns, pairs, flags, corrections].map(|counted| self.counts(step, &counted)).join(" UNION ALL ")
    }

    fn counts(self, step: u64, counted: &Counted<'_>) -> String {
        let Counted { select, from, only, count, group_by } = counted;
        let sampled = if step > 1 { sample::every_nth(RUN, step) + " AND " } else { String::new() };
        format!(
            "SELECT {select}, toInt64({count} * {step}) AS events,
                 toUnixTimestamp64Milli(min(timestamp)) AS first_ms, toUnixTimestamp64Milli(max(timestamp)) AS last_ms
             FROM {from}
             PREWHERE {sampled}project_id = {{project:UInt64}}{hashes}{only}
             WHERE {window}{filter}
             GROUP BY {group_by}",
            hashes = hashes_condition(self.hashes),
            window = self.window.condition(),
            filter = self.filter.condition(),
        )
    }
}

/// Each key with its totals and most frequent values.
fn facets_sql(counts: &str) -> String {
    format!(
        "SELECT key, toUInt64(sum(events)) AS total, count() AS distinct,
             groupArraySorted({{top:UInt64}})((-events, value, first_ms, last_ms)) AS values
         FROM
         (
             SELECT toString(key) AS key, toString(value) AS value, sum(events) AS events, min(first_ms) AS first_ms,
                 max(last_ms) AS last_ms
             FROM ({counts}) WHERE value != '' GROUP BY key, value HAVING events > 0
         )
         GROUP BY key ORDER BY key LIMIT {MAX_TAGS}"
    )
}

async fn facets(query: Query, step: u64, top: usize) -> Result<Vec<TagFacet>, StoreError> {
    let rows: Vec<FacetRow> = query.param("top", top).fetch_all().await.map_err(StoreError::of_query)?;
    let value = |(less, value, first_ms, last_ms): (i64, String, i64, i64)| TagValue {
        value,
        count: less.unsigned_abs(),
        first_seen: Timestamp(first_ms),
        last_seen: Timestamp(last_ms),
    };
    let facet = |row: FacetRow| TagFacet {
        key: row.key,
        step,
        total: row.total,
        distinct: row.distinct,
        top: row.values.into_iter().map(value).collect(),
    };
    Ok(rows.into_iter().map(facet).collect())
}

#[derive(Row, Deserialize)]
struct FacetRow {
    key: String,
    total: u64,
    distinct: u64,
    /// Less than none, the value, its first and last event.
    values: Vec<(i64, String, i64, i64)>,
}
