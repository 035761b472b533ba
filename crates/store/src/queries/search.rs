//! What a search asks of events.

use clickhouse::Row;
use mayday_event::{GroupHash, ProjectId};
use serde::Deserialize;

use super::{Condition, Window, condition::Values, counts::USERS, issues::Span};
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
        let query = values.bind(span.query(self, &sql, project, with_users, conditions).await);
        let rows: Vec<MatchesRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(Matches::from).collect())
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
