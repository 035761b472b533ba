//! Sessions: how many, how they ended, and of whom.

use std::ops::AddAssign;

use clickhouse::{Row, query::Query};
use mayday_event::{ProjectId, Timestamp};
use serde::Deserialize;

use super::{EventFilter, Window};
use crate::{Store, StoreError};

/// Of the sessions that started in a window. Numbers of users are of distinct ones (HLL estimate).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionCounts {
    pub sessions: u64,
    /// Without any error.
    pub healthy: u64,
    /// With errors that did not end them.
    pub errored: u64,
    /// Ended by the system, such as by an ANR.
    pub abnormal: u64,
    /// Of the abnormal ones, those by an ANR; a bucket does not tell them.
    pub anr: u64,
    pub crashed: u64,
    pub users: u64,
    pub errored_users: u64,
    pub abnormal_users: u64,
    pub anr_users: u64,
    pub crashed_users: u64,
    /// With any session that was not healthy.
    pub unhealthy_users: u64,
}

impl AddAssign for SessionCounts {
    /// Users are added up as if nobody were in both.
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.healthy += other.healthy;
        self.errored += other.errored;
        self.abnormal += other.abnormal;
        self.anr += other.anr;
        self.crashed += other.crashed;
        self.users += other.users;
        self.errored_users += other.errored_users;
        self.abnormal_users += other.abnormal_users;
        self.anr_users += other.anr_users;
        self.crashed_users += other.crashed_users;
        self.unhealthy_users += other.unhealthy_users;
    }
}

/// What narrows sessions besides project and time; an empty list is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    pub releases: Vec<String>,
    pub environments: Vec<String>,
}

/// What sessions are told apart by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionGrouping {
    pub release: bool,
    pub environment: bool,
    /// Width of the buckets that they start in, whole seconds from 1970 on; 0: no buckets.
    pub width_ms: i64,
    /// All numbers of users are 0: counting them takes longer than everything else.
    pub without_users: bool,
}

/// Sessions that are alike in what they are told apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionGroup {
    /// Empty if it is not said, or not told apart; so is the environment.
    pub release: String,
    pub environment: String,
    /// Of the bucket; 1970 without buckets.
    pub bucket: Timestamp,
    pub counts: SessionCounts,
    /// When the first and the last of them started.
    pub first: Timestamp,
    pub last: Timestamp,
}

/// A session that a bucket counts as healthy, and a report tells more of, is no longer one of the healthy ones. Its
/// bucket may be on its way still: there are never fewer than none.
const COUNTS: &str =
    "sum(toUInt64(errored)) AS errored_sessions, sum(toUInt64(abnormal)) AS abnormal_sessions,
    sumIf(toUInt64(abnormal), startsWith(abnormal_mechanism, 'anr')) AS anr_sessions,
    sum(toUInt64(crashed)) AS crashed_sessions,
    toUInt64(greatest(0, sum(toInt64(exited)) - sumIf(toInt64(errored) + abnormal + crashed, is_counted)))
        AS healthy_sessions,
    healthy_sessions + errored_sessions + abnormal_sessions + crashed_sessions AS sessions,
    toUnixTimestamp64Milli(min(started)) AS first_ms, toUnixTimestamp64Milli(max(started)) AS last_ms";

/// Numbers of users, by which of their sessions.
const USERS: [(&str, &str); 6] = [
    ("users", ""),
    ("errored_users", " AND errored > 0"),
    ("abnormal_users", " AND abnormal > 0"),
    ("anr_users", " AND abnormal > 0 AND startsWith(abnormal_mechanism, 'anr')"),
    ("crashed_users", " AND crashed > 0"),
    ("unhealthy_users", " AND (errored > 0 OR abnormal > 0 OR crashed > 0)"),
];

/// `FINAL`: of a session's updates, the greatest sequence alone, in whatever week each came.
pub(super) const FROM_SESSIONS: &str = "FROM sessions FINAL WHERE project_id = {project:UInt64}
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
        filter: &SessionFilter,
    ) -> Result<SessionCounts, StoreError> {
        let all = self.session_groups(project, window, filter, SessionGrouping::default(), 1).await?;
        Ok(all.first().map(|group| group.counts).unwrap_or_default())
    }

    /// Sessions of a window in groups, those with most sessions first, at most `limit`; none that is empty.
    pub async fn session_groups(
        &self,
        project: ProjectId,
        window: Window,
        filter: &SessionFilter,
        grouping: SessionGrouping,
        limit: usize,
    ) -> Result<Vec<SessionGroup>, StoreError> {
        let sql = format!(
            "SELECT {}, {COUNTS}, {} {FROM_SESSIONS}{} {LARGEST_GROUPS}",
            grouping.columns(),
            grouping.users(),
            filter.condition()
        );
        let query = filter.bind(window.bind(self.query(&sql, project))).param("limit", limit);
        let rows: Vec<GroupRow> = grouping.bind(query).fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(SessionGroup::from).filter(|group| group.counts.sessions > 0).collect())
    }
}

/// By the columns of [`SessionGrouping::columns`], those with most `sessions` first, parameter `limit` at most.
pub(super) const LARGEST_GROUPS: &str = "GROUP BY of_release, of_environment, bucket_ms
    ORDER BY sessions DESC, of_release, of_environment, bucket_ms LIMIT {limit:UInt64}";

const BUCKET: &str = "intDiv(toUnixTimestamp64Milli(started), {width:Int64}) * {width:Int64}";

impl SessionGrouping {
    /// The columns `of_release`, `of_environment` and `bucket_ms`, with the parameter that [`SessionGrouping::bind`] binds.
    pub(super) fn columns(self) -> String {
        format!(
            "{} AS of_release, {} AS of_environment, {} AS bucket_ms",
            if self.release { "toString(release)" } else { "''" },
            if self.environment { "toString(environment)" } else { "''" },
            if self.width_ms > 0 { BUCKET } else { "toInt64(0)" },
        )
    }

    fn users(self) -> String {
        let count = |(name, of): (&str, &str)| match self.without_users {
            true => format!("toUInt64(0) AS {name}"),
            false => format!("uniqCombined64If(user_hash, user_hash != 0{of}) AS {name}"),
        };
        USERS.map(count).join(", ")
    }

    pub(super) fn bind(self, query: Query) -> Query {
        if self.width_ms > 0 { query.param("width", self.width_ms) } else { query }
    }
}

impl SessionFilter {
    /// ` AND …` with the parameters that [`SessionFilter::bind`] binds; empty if nothing is filtered.
    pub(super) fn condition(&self) -> String {
        let releases = (!self.releases.is_empty()).then_some(" AND release IN {releases:Array(String)}");
        let environments =
            (!self.environments.is_empty()).then_some(" AND environment IN {environments:Array(String)}");
        [releases, environments].into_iter().flatten().collect()
    }

    pub(super) fn bind(&self, mut query: Query) -> Query {
        if !self.releases.is_empty() {
            query = query.param("releases", &self.releases);
        }
        if !self.environments.is_empty() {
            query = query.param("environments", &self.environments);
        }
        query
    }
}

impl From<EventFilter> for SessionFilter {
    fn from(filter: EventFilter) -> Self {
        Self {
            releases: filter.release.into_iter().collect(),
            environments: filter.environment.into_iter().collect(),
        }
    }
}

#[derive(Row, Deserialize)]
struct GroupRow {
    of_release: String,
    of_environment: String,
    bucket_ms: i64,
    errored_sessions: u64,
    abnormal_sessions: u64,
    anr_sessions: u64,
    crashed_sessions: u64,
    healthy_sessions: u64,
    sessions: u64,
    first_ms: i64,
    last_ms: i64,
    users: u64,
    errored_users: u64,
    abnormal_users: u64,
    anr_users: u64,
    crashed_users: u64,
    unhealthy_users: u64,
}

impl From<GroupRow> for SessionGroup {
    fn from(row: GroupRow) -> Self {
        let counts = SessionCounts {
            sessions: row.sessions,
            healthy: row.healthy_sessions,
            errored: row.errored_sessions,
            abnormal: row.abnormal_sessions,
            anr: row.anr_sessions,
            crashed: row.crashed_sessions,
            users: row.users,
            errored_users: row.errored_users,
            abnormal_users: row.abnormal_users,
            anr_users: row.anr_users,
            crashed_users: row.crashed_users,
            unhealthy_users: row.unhealthy_users,
        };
        Self {
            release: row.of_release,
            environment: row.of_environment,
            bucket: Timestamp(row.bucket_ms),
            counts,
            first: Timestamp(row.first_ms),
            last: Timestamp(row.last_ms),
        }
    }
}
