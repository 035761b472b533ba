//! What a search asks of events, and what can be searched for.

use clickhouse::Row;
use mayday_event::{GroupHash, ProjectId, Timestamp};
use serde::Deserialize;

use super::{
    Condition, Field, Window,
    condition::Values,
    issues::{Span, USERS},
    tags::TagValue,
};
use crate::{Store, StoreError};

/// Most conditions in one question, a bit each.
pub const MAX_ALTERNATIVES: usize = 16;

/// The events of one hash that meet the same of several conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matches {
    pub hash: GroupHash,
    /// Which they meet: bit 0 is the first.
    pub alternatives: u32,
    pub events: u64,
    /// Distinct users of these (HLL estimate).
    pub users: u64,
}

/// A tag, or what is searched like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCount {
    pub key: String,
    /// Events that have it.
    pub events: u64,
}

impl Store {
    /// The events of a project in the window that meet one of the conditions or more, at most
    /// [`MAX_ALTERNATIVES`]; with `users` 0 unless `with_users`.
    pub async fn matches(
        &self,
        project: ProjectId,
        window: Window,
        conditions: &[Condition],
        with_users: bool,
    ) -> Result<Vec<Matches>, StoreError> {
        if conditions.len() > MAX_ALTERNATIVES {
            return Err(StoreError::LimitExceeded("alternative"));
        }
        let span = Span::of(window);
        let users = if with_users { USERS } else { "toUInt64(0)" };
        let mut values = Values::default();
        let each: Vec<String> = conditions.iter().map(|condition| condition.sql(&mut values)).collect();
        let met = match each.len() {
            1 => "toUInt32(1)".to_owned(),
            _ => {
                let bits =
                    each.iter().enumerate().map(|(bit, sql)| format!("bitShiftLeft(toUInt32({sql}), {bit})"));
                format!("toUInt32({})", bits.collect::<Vec<_>>().join(" + "))
            }
        };
        let sql = format!(
            "SELECT group_hash, {met} AS met, count() AS events, {users} AS users
             FROM events WHERE project_id = {{project:UInt64}} AND {} AND ({})
             GROUP BY group_hash, met",
            span.condition(),
            each.join(" OR "),
        );
        let query = values.bind(span.bind(self.query(&sql, project)));
        let rows: Vec<MatchesRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(Matches::from).collect())
    }

    /// The most frequent values of a field in the window that have `text` in them, whatever the case of letters.
    pub async fn field_values(
        &self,
        project: ProjectId,
        field: &Field,
        text: &str,
        window: Window,
        limit: usize,
    ) -> Result<Vec<TagValue>, StoreError> {
        let mut values = Values::default();
        let rows = field.rows(&mut values);
        let sql = format!(
            "SELECT toString({rows}) AS value, count() AS events,
                 toUnixTimestamp64Milli(min(timestamp)) AS first_ms,
                 toUnixTimestamp64Milli(max(timestamp)) AS last_ms
             FROM events WHERE project_id = {{project:UInt64}} AND {}
             GROUP BY value HAVING value != '' AND positionCaseInsensitiveUTF8(value, {{text:String}}) > 0
             ORDER BY events DESC, value LIMIT {{limit:UInt64}}",
            Window::CONDITION,
        );
        let query =
            values.bind(window.bind(self.query(&sql, project))).param("text", text).param("limit", limit);
        let rows: Vec<ValueRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(TagValue::from).collect())
    }

    /// The tags that events in the window have, the most frequent first.
    pub async fn tag_keys(
        &self,
        project: ProjectId,
        window: Window,
        limit: usize,
    ) -> Result<Vec<KeyCount>, StoreError> {
        self.keys_of("tags", project, window, limit).await
    }

    /// The feature flags that events in the window have, the most frequent first.
    pub async fn flag_names(
        &self,
        project: ProjectId,
        window: Window,
        limit: usize,
    ) -> Result<Vec<KeyCount>, StoreError> {
        self.keys_of("flags", project, window, limit).await
    }

    async fn keys_of(
        &self,
        map: &'static str,
        project: ProjectId,
        window: Window,
        limit: usize,
    ) -> Result<Vec<KeyCount>, StoreError> {
        let sql = format!(
            "SELECT toString(arrayJoin(mapKeys({map}))) AS key, count() AS events
             FROM events WHERE project_id = {{project:UInt64}} AND {}
             GROUP BY key ORDER BY events DESC, key LIMIT {{limit:UInt64}}",
            Window::CONDITION,
        );
        let query = window.bind(self.query(&sql, project)).param("limit", limit);
        let rows: Vec<KeyRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(|row| KeyCount { key: row.key, events: row.events }).collect())
    }
}

#[derive(Row, Deserialize)]
struct MatchesRow {
    group_hash: u64,
    met: u32,
    events: u64,
    users: u64,
}

impl From<MatchesRow> for Matches {
    fn from(row: MatchesRow) -> Self {
        Self { hash: GroupHash(row.group_hash), alternatives: row.met, events: row.events, users: row.users }
    }
}

#[derive(Row, Deserialize)]
struct ValueRow {
    value: String,
    events: u64,
    first_ms: i64,
    last_ms: i64,
}

impl From<ValueRow> for TagValue {
    fn from(row: ValueRow) -> Self {
        Self {
            value: row.value,
            count: row.events,
            first_seen: Timestamp(row.first_ms),
            last_seen: Timestamp(row.last_ms),
        }
    }
}

#[derive(Row, Deserialize)]
struct KeyRow {
    key: String,
    events: u64,
}
