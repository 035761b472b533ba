//! Sessions: how many, how they ended, and of whom.

use clickhouse::Row;
use mayday_event::ProjectId;
use serde::Deserialize;

use super::{EventFilter, Window};
use crate::{Store, StoreError};

/// Of the sessions that started in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionCounts {
    pub sessions: u64,
    /// Without any error.
    pub healthy: u64,
    /// With errors that did not end them.
    pub errored: u64,
    /// Ended by the system, such as by an ANR.
    pub abnormal: u64,
    pub crashed: u64,
    /// Distinct users (HLL estimate, as the next).
    pub users: u64,
    pub crashed_users: u64,
}

/// A session that a bucket counts as healthy, and a report tells more of, is no longer one of the healthy ones. Its
/// bucket may be on its way still: there are never fewer than none.
const COUNTS: &str =
    "sum(toUInt64(errored)) AS errored_sessions, sum(toUInt64(abnormal)) AS abnormal_sessions,
    sum(toUInt64(crashed)) AS crashed_sessions,
    toUInt64(greatest(0, sum(toInt64(exited)) - sumIf(toInt64(errored) + abnormal + crashed, is_counted)))
        AS healthy_sessions,
    healthy_sessions + errored_sessions + abnormal_sessions + crashed_sessions AS sessions,
    uniqCombined64If(user_hash, user_hash != 0) AS users,
    uniqCombined64If(user_hash, user_hash != 0 AND crashed > 0) AS crashed_users";

/// `FINAL`: of a session's updates, the greatest sequence alone.
const FROM_SESSIONS: &str = "FROM sessions FINAL WHERE project_id = {project:UInt64}
    AND started >= fromUnixTimestamp64Milli({from:Int64}) AND started < fromUnixTimestamp64Milli({to:Int64})
    AND toDate(started) >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
    AND toDate(started) <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
    AND toMonday(received) >= toMonday(fromUnixTimestamp64Milli({received_from:Int64}))";

impl Store {
    /// All sessions of a window.
    pub async fn session_totals(
        &self,
        project: ProjectId,
        window: Window,
        filter: &EventFilter,
    ) -> Result<SessionCounts, StoreError> {
        let sql = format!("SELECT '' AS of_release, {COUNTS} {FROM_SESSIONS}{}", filter.condition());
        let query = filter.bind(window.bind(self.query(&sql, project)));
        let row: CountsRow = query.fetch_one().await.map_err(StoreError::of_query)?;
        Ok(row.into())
    }

    /// Sessions of a window by release, those with most sessions first.
    pub async fn sessions_by_release(
        &self,
        project: ProjectId,
        window: Window,
        filter: &EventFilter,
        limit: usize,
    ) -> Result<Vec<(String, SessionCounts)>, StoreError> {
        let sql = format!(
            "SELECT toString(release) AS of_release, {COUNTS} {FROM_SESSIONS}{}
             GROUP BY of_release ORDER BY sessions DESC, of_release LIMIT {{limit:UInt64}}",
            filter.condition()
        );
        let query = filter.bind(window.bind(self.query(&sql, project))).param("limit", limit);
        let rows: Vec<CountsRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(|row| (row.of_release.clone(), row.into())).collect())
    }
}

#[derive(Row, Deserialize)]
struct CountsRow {
    of_release: String,
    errored_sessions: u64,
    abnormal_sessions: u64,
    crashed_sessions: u64,
    healthy_sessions: u64,
    sessions: u64,
    users: u64,
    crashed_users: u64,
}

impl From<CountsRow> for SessionCounts {
    fn from(row: CountsRow) -> Self {
        Self {
            sessions: row.sessions,
            healthy: row.healthy_sessions,
            errored: row.errored_sessions,
            abnormal: row.abnormal_sessions,
            crashed: row.crashed_sessions,
            users: row.users,
            crashed_users: row.crashed_users,
        }
    }
}
