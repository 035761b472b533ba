//! What stands in a field of a project's events, for whoever searches to choose from.

use clickhouse::Row;
use mayday_event::ProjectId;
use serde::Deserialize;

use super::{Field, Pattern, Window, condition::Values, counts::from_rows, issues::Span};
use crate::{Store, StoreError};

/// Longest that values are gathered, seconds: those found until then are better than none.
const PATIENCE: &str = "2";
/// Most values among which the frequent ones are looked for: those that are met first.
const MAX_VALUES: &str = "100000";

impl Store {
    /// The most frequent values of a field that begin with `beginning`, whatever the case of letters; of a stack, the names of
    /// its frames. After two seconds, of the events read until then.
    pub async fn field_values(
        &self,
        project: ProjectId,
        window: Window,
        field: &Field,
        beginning: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut values = Values::default();
        let expression = field.sql(&mut values);
        let each = match field.is_list() {
            true => format!("arrayJoin({expression})"),
            false => expression,
        };
        let pattern = values.text(&Pattern(vec![beginning.to_owned(), String::new()]).like(false));
        let sql = format!(
            "SELECT value FROM
             (
                 SELECT toString({each}) AS value FROM events WHERE project_id = {{project:UInt64}} AND {}
             )
             WHERE value != '' AND value ILIKE {pattern}
             GROUP BY value ORDER BY count() DESC, value LIMIT {{limit:UInt64}}",
            window.condition(),
        );
        let query = values.bind(window.bind(from_rows(self.query(&sql, project)))).param("limit", limit);
        let query = query
            .with_setting("max_execution_time", PATIENCE)
            .with_setting("timeout_overflow_mode", "break")
            .with_setting("max_rows_to_group_by", MAX_VALUES)
            .with_setting("group_by_overflow_mode", "any");
        let rows: Vec<ValueRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(|row| row.value).collect())
    }
}

impl Store {
    /// The environments with the most events in a window widened to whole days, by the counts of days.
    pub async fn frequent_environments(
        &self,
        project: ProjectId,
        window: Window,
        limit: usize,
    ) -> Result<Vec<Frequent>, StoreError> {
        let span = Span::of(window.in_whole_days());
        let sql = format!(
            "SELECT toString(environment) AS value, count() AS events FROM events
             WHERE project_id = {{project:UInt64}} AND environment != '' AND {}
             GROUP BY environment ORDER BY events DESC, value LIMIT {{limit:UInt64}}",
            span.condition(),
        );
        let query = span.query(self, &sql, project, false, &[]).await.param("limit", limit);
        query.fetch_all().await.map_err(StoreError::of_query)
    }
}

/// A value with how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Frequent {
    pub value: String,
    pub events: u64,
}

#[derive(Row, Deserialize)]
struct ValueRow {
    value: String,
}
