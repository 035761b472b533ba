//! Tag values and their shares.

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{EventFilter, Window, bind_hashes, hashes_condition};
use crate::{Store, StoreError};

/// A tag with its most frequent values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacet {
    pub key: String,
    /// Events that have the tag.
    pub total: u64,
    /// Distinct values.
    pub distinct: u64,
    pub top: Vec<TagValue>,
}

/// A value of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue {
    pub value: String,
    pub count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// An event's tags with the attributes that have none and its feature flags, named as a search names them; where an app
/// has a tag of such a name, its own counts.
pub(super) const ALL_TAGS: &str = "mapUpdate(CAST(mapConcat( \
    map('sdk.name', toString(sdk_name), 'sdk.version', toString(sdk_version)), \
    mapFromArrays(arrayMap(flag -> concat('flags[', toString(flag), ']'), mapKeys(flags)), mapValues(flags)) \
    ) AS Map(LowCardinality(String), String)), tags)";

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

impl Store {
    /// Each tag of these events, with its `top` most frequent values; tags by name.
    pub async fn tag_facets(&self, of: Tagged<'_>, top: usize) -> Result<Vec<TagFacet>, StoreError> {
        let each_tag = format!("ARRAY JOIN mapKeys({ALL_TAGS}) AS key, mapValues({ALL_TAGS}) AS value");
        let sql = facets_sql(&each_tag, of);
        facets(of.bind(self.query(&sql, of.project)), top).await
    }

    /// One tag of these events; `None` if no event has it.
    pub async fn tag_facet(
        &self,
        of: Tagged<'_>,
        key: &str,
        top: usize,
    ) -> Result<Option<TagFacet>, StoreError> {
        // A column is read many times faster than all tags: it counts over a whole project.
        let value = match key {
            "environment" => "toString(environment)".to_owned(),
            "release" => "toString(release)".to_owned(),
            _ if key.starts_with("sdk.") || key.starts_with("flags[") => {
                format!("{ALL_TAGS}[{{key:String}}]")
            }
            _ => "tags[{key:String}]".to_owned(),
        };
        let one_tag = format!("ARRAY JOIN [{value}] AS value, [{{key:String}}] AS key");
        let sql = facets_sql(&one_tag, of);
        let query = of.bind(self.query(&sql, of.project)).param("key", key);
        Ok(facets(query, top).await?.pop())
    }
}

impl Tagged<'_> {
    fn bind(self, query: Query) -> Query {
        self.window.bind(self.filter.bind(bind_hashes(query, self.hashes)))
    }
}

/// The most frequent values of each key, with the key's totals beside each.
fn facets_sql(values: &str, of: Tagged<'_>) -> String {
    format!(
        "SELECT toString(key) AS key, value, events, first_ms, last_ms, total, distinct FROM
         (
             SELECT *, sum(events) OVER (PARTITION BY key) AS total, count() OVER (PARTITION BY key) AS distinct FROM
             (
                 SELECT key, value, count() AS events, toUnixTimestamp64Milli(min(timestamp)) AS first_ms,
                     toUnixTimestamp64Milli(max(timestamp)) AS last_ms
                 FROM events {values}
                 WHERE project_id = {{project:UInt64}}{}{} AND {} AND value != ''
                 GROUP BY key, value
             )
         )
         ORDER BY key, events DESC, value LIMIT {{top:UInt64}} BY key LIMIT {{rows:UInt64}}",
        hashes_condition(of.hashes),
        of.filter.condition(),
        Window::CONDITION,
    )
}

async fn facets(query: Query, top: usize) -> Result<Vec<TagFacet>, StoreError> {
    let query = query.param("top", top).param("rows", top.saturating_mul(MAX_TAGS));
    let rows: Vec<FacetRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
    let mut facets: Vec<TagFacet> = Vec::new();
    for row in rows {
        let value = TagValue {
            value: row.value,
            count: row.events,
            first_seen: Timestamp(row.first_ms),
            last_seen: Timestamp(row.last_ms),
        };
        match facets.last_mut().filter(|facet| facet.key == row.key) {
            Some(facet) => facet.top.push(value),
            None => facets.push(TagFacet {
                key: row.key,
                total: row.total,
                distinct: row.distinct,
                top: vec![value],
            }),
        }
    }
    Ok(facets)
}

#[derive(Row, Deserialize)]
struct FacetRow {
    key: String,
    value: String,
    events: u64,
    first_ms: i64,
    last_ms: i64,
    total: u64,
    distinct: u64,
}
