//! Tag values and their shares.

use clickhouse::{Row, query::Query};
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{Window, bind_hashes, hashes_condition};
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

/// Most tags that are shown of an issue; clients choose the names.
const MAX_TAGS: usize = 200;

impl Store {
    /// Each tag of some hashes' events, with its `top` most frequent values; tags by name.
    pub async fn tag_facets(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        window: Window,
        top: usize,
    ) -> Result<Vec<TagFacet>, StoreError> {
        let each_tag = "ARRAY JOIN mapKeys(tags) AS key, mapValues(tags) AS value";
        let sql = facets_sql(each_tag, hashes);
        let query = bind_hashes(self.query(&sql, project), hashes);
        facets(window.bind(query), top).await
    }

    /// One tag of some hashes' events; `None` if no event has it.
    pub async fn tag_facet(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        key: &str,
        window: Window,
        top: usize,
    ) -> Result<Option<TagFacet>, StoreError> {
        let one_tag = "ARRAY JOIN if(mapContains(tags, {key:String}), [tags[{key:String}]], []) AS value,
                       if(mapContains(tags, {key:String}), [{key:String}], []) AS key";
        let sql = facets_sql(one_tag, hashes);
        let query = bind_hashes(self.query(&sql, project), hashes).param("key", key);
        Ok(facets(window.bind(query), top).await?.pop())
    }
}

/// The most frequent values of each key, with the key's totals beside each.
fn facets_sql(values: &str, hashes: &[GroupHash]) -> String {
    format!(
        "SELECT toString(key) AS key, value, events, first_ms, last_ms, total, distinct FROM
         (
             SELECT *, sum(events) OVER (PARTITION BY key) AS total, count() OVER (PARTITION BY key) AS distinct FROM
             (
                 SELECT key, value, count() AS events, toUnixTimestamp64Milli(min(timestamp)) AS first_ms,
                     toUnixTimestamp64Milli(max(timestamp)) AS last_ms
                 FROM events {values}
                 WHERE project_id = {{project:UInt64}}{} AND {}
                 GROUP BY key, value
             )
         )
         ORDER BY key, events DESC, value LIMIT {{top:UInt64}} BY key LIMIT {{rows:UInt64}}",
        hashes_condition(hashes),
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
