//! Symbol files that events lack.

use clickhouse::Row;
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::Window;
use crate::{Store, StoreError, rows::MissingSymbolRow};

/// A file that events lack, and how much that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSymbol {
    /// As [`MissingSymbolRow::symbol`].
    pub symbol: String,
    /// As [`MissingSymbolRow::kind`].
    pub kind: String,
    pub file: String,
    pub code_id: String,
    pub arch: String,
    pub status: String,
    /// Of the newest event.
    pub reason: String,
    pub release: String,
    pub dist: String,
    pub events: u64,
    /// Distinct, estimated.
    pub users: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

impl Store {
    /// The files that events of a window lack, those that most events want first.
    pub async fn missing_symbols(
        &self,
        project: ProjectId,
        window: Window,
        limit: usize,
    ) -> Result<Vec<MissingSymbol>, StoreError> {
        let query = self
            .query(
                "SELECT symbol, argMax(kind, at) AS of_kind, argMax(file, at) AS of_file, argMax(code_id, at) AS of_code_id,
                     argMax(arch, at) AS of_arch, argMax(status, at) AS of_status, argMax(reason, at) AS of_reason,
                     argMax(release, at) AS of_release, argMax(dist, at) AS of_dist,
                     count() AS events, uniqCombined64If(12)(user_hash, user_hash != 0) AS users,
                     toUnixTimestamp64Milli(min(received)) AS first_ms,
                     toUnixTimestamp64Milli(max(received)) AS last_ms
                 FROM (SELECT *, (received, event_id) AS at FROM missing_symbols FINAL
                       WHERE project_id = {project:UInt64}
                         AND received >= fromUnixTimestamp64Milli({from:Int64})
                         AND received < fromUnixTimestamp64Milli({to:Int64}))
                 WHERE is_missing
                 GROUP BY symbol ORDER BY events DESC, users DESC, symbol LIMIT {limit:UInt64}",
                project,
            )
            .param("from", window.from.0)
            .param("to", window.to.0)
            .param("limit", limit);
        let rows: Vec<MissingSymbolSums> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(MissingSymbol::from).collect())
    }

    /// Events that wanted this file and were last tried before `tried_before`, received since `since`; newest first.
    pub async fn events_without_symbol(
        &self,
        project: ProjectId,
        symbol: &str,
        since: Timestamp,
        tried_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<MissingSymbolRow>, StoreError> {
        let query = self
            .query(
                "SELECT event_id, toUnixTimestamp64Milli(received) AS received_ms, tried, kind, is_missing, status,
                     reason, file, code_id, arch, release, dist, user_hash
                 FROM missing_symbols FINAL
                 WHERE project_id = {project:UInt64} AND symbol = {symbol:String}
                   AND received >= fromUnixTimestamp64Milli({since:Int64}) AND tried < {tried_before:UInt64}
                 ORDER BY received DESC, event_id LIMIT {limit:UInt64}",
                project,
            )
            .param("symbol", symbol)
            .param("since", since.0)
            .param("tried_before", u64::try_from(tried_before.0).unwrap_or_default())
            .param("limit", limit);
        let rows: Vec<WaitingRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(|row| row.into_row(project, symbol)).collect())
    }

    /// The files that events received since `since` wanted, with when the event that was tried longest ago was tried.
    pub async fn wanted_symbols(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(ProjectId, String, Timestamp)>, StoreError> {
        let rows: Vec<(u64, String, u64)> = self
            .limited(
                "SELECT project_id, symbol, min(tried) FROM missing_symbols FINAL
                 WHERE received >= fromUnixTimestamp64Milli({since:Int64})
                 GROUP BY project_id, symbol ORDER BY project_id, symbol",
            )
            .param("since", since.0)
            .fetch_all()
            .await
            .map_err(StoreError::of_query)?;
        let timestamp = |tried| Timestamp(i64::try_from(tried).unwrap_or(i64::MAX));
        Ok(rows
            .into_iter()
            .map(|(project, symbol, tried)| (ProjectId(project), symbol, timestamp(tried)))
            .collect())
    }

    /// The files of a kind that a project's events received since `since` wanted.
    pub async fn wanted_symbols_of_kind(
        &self,
        project: ProjectId,
        kind: &str,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.query(
            "SELECT DISTINCT symbol FROM missing_symbols
             WHERE project_id = {project:UInt64} AND kind = {kind:String}
               AND received >= fromUnixTimestamp64Milli({since:Int64})
             ORDER BY symbol LIMIT {limit:UInt64}",
            project,
        )
        .param("kind", kind)
        .param("since", since.0)
        .param("limit", limit)
        .fetch_all()
        .await
        .map_err(StoreError::of_query)
    }
}

#[derive(Row, Deserialize)]
struct MissingSymbolSums {
    symbol: String,
    of_kind: String,
    of_file: String,
    of_code_id: String,
    of_arch: String,
    of_status: String,
    of_reason: String,
    of_release: String,
    of_dist: String,
    events: u64,
    users: u64,
    first_ms: i64,
    last_ms: i64,
}

impl From<MissingSymbolSums> for MissingSymbol {
    fn from(row: MissingSymbolSums) -> Self {
        Self {
            symbol: row.symbol,
            kind: row.of_kind,
            file: row.of_file,
            code_id: row.of_code_id,
            arch: row.of_arch,
            status: row.of_status,
            reason: row.of_reason,
            release: row.of_release,
            dist: row.of_dist,
            events: row.events,
            users: row.users,
            first_seen: Timestamp(row.first_ms),
            last_seen: Timestamp(row.last_ms),
        }
    }
}

#[derive(Row, Deserialize)]
struct WaitingRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    received_ms: i64,
    tried: u64,
    kind: String,
    is_missing: bool,
    status: String,
    reason: String,
    file: String,
    code_id: String,
    arch: String,
    release: String,
    dist: String,
    user_hash: u64,
}

impl WaitingRow {
    fn into_row(self, project: ProjectId, symbol: &str) -> MissingSymbolRow {
        MissingSymbolRow {
            project_id: project,
            symbol: symbol.to_owned(),
            event_id: EventId(self.event_id),
            received: Timestamp(self.received_ms),
            tried: Timestamp(i64::try_from(self.tried).unwrap_or(i64::MAX)),
            kind: self.kind,
            is_missing: self.is_missing,
            status: self.status,
            reason: self.reason,
            file: self.file,
            code_id: self.code_id,
            arch: self.arch,
            release: self.release,
            dist: self.dist,
            user_hash: self.user_hash,
        }
    }
}
