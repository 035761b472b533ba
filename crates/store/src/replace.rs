//! Events whose rows are written anew.
//!
//! A row's hash is part of its key, so the new row is inserted and the old one deleted, in this order: between the two the
//! event is there twice, and what reads it takes the greater revision. Cut off anywhere, the same call with a greater
//! revision brings it to its end.

use std::collections::{BTreeSet, HashMap};

use clickhouse::Row;
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Store, StoreError, queries::counts::Counts, rows::EventRow};

impl Store {
    /// Replaces events of one project, `old_hashes` being all hashes that their older rows have. Each try needs a revision
    /// greater than any before; older rows are gone when this returns.
    pub async fn replace_events(
        &self,
        project: ProjectId,
        rows: &[EventRow],
        old_hashes: &[GroupHash],
    ) -> Result<(), StoreError> {
        let (Some(revision), Some(since)) =
            (rows.iter().map(|row| row.revision).min(), rows.iter().map(|row| row.received).min())
        else {
            return Ok(());
        };
        let ids: Vec<EventId> = rows.iter().map(|row| row.event_id).collect();
        // No token: the next try is told apart by its revision, and a token that ClickHouse noted before it lost the
        // rows would keep them out while their older ones are deleted.
        self.insert(rows.iter(), &[("insert_deduplicate", "0")]).await?;
        self.delete_older(project, &ids, old_hashes, revision, since).await
    }

    /// The hash of each row that these events have, received since `since`: more than one where a replacement was cut off.
    pub async fn event_copies(
        &self,
        project: ProjectId,
        ids: &[EventId],
        since: Timestamp,
    ) -> Result<HashMap<EventId, Vec<GroupHash>>, StoreError> {
        let ids: Vec<String> = ids.iter().map(|id| id.0.to_string()).collect();
        let query = self
            .query(
                "SELECT event_id, group_hash FROM events
                 WHERE project_id = {project:UInt64} AND event_id IN {ids:Array(UUID)}
                   AND received >= fromUnixTimestamp64Milli({since:Int64})",
                project,
            )
            .param("ids", ids)
            .param("since", since.0);
        let rows: Vec<CopyRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let mut copies: HashMap<EventId, Vec<GroupHash>> = HashMap::new();
        for row in rows {
            copies.entry(EventId(row.event_id)).or_default().push(GroupHash(row.group_hash));
        }
        Ok(copies)
    }

    /// When the first and the last event of some hashes happened; `None` if there is none.
    pub async fn span_of(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let hashes: Vec<u64> = hashes.iter().map(|hash| hash.0).collect();
        let sql =
            "SELECT count(), toUnixTimestamp64Milli(min(timestamp)), toUnixTimestamp64Milli(max(timestamp))
             FROM events WHERE project_id = {project:UInt64} AND group_hash IN {hashes:Array(UInt64)}";
        let query = self.counted(Counts::DayEvents, sql, project).await.param("hashes", hashes);
        let (events, first, last): (u64, i64, i64) = query.fetch_one().await.map_err(StoreError::of_query)?;
        Ok((events > 0).then_some((Timestamp(first), Timestamp(last))))
    }

    /// Deletes the rows of events that are older than a revision.
    async fn delete_older(
        &self,
        project: ProjectId,
        ids: &[EventId],
        hashes: &[GroupHash],
        revision: u64,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let hashes: BTreeSet<u64> = hashes.iter().map(|hash| hash.0).collect();
        self.client
            .query_raw(
                "DELETE FROM events
                 WHERE project_id = {project:UInt64} AND group_hash IN {hashes:Array(UInt64)}
                   AND event_id IN {ids:Array(UUID)} AND revision < {revision:UInt64}
                   AND received >= fromUnixTimestamp64Milli({since:Int64})",
            )
            .param("project", project.0)
            .param("hashes", hashes.into_iter().collect::<Vec<u64>>())
            .param("ids", ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>())
            .param("revision", revision)
            .param("since", since.0)
            .with_setting("lightweight_deletes_sync", "1")
            .execute()
            .await
            .map_err(StoreError::of_query)
    }
}

#[derive(Row, Deserialize)]
struct CopyRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    group_hash: u64,
}
