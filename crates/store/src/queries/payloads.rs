//! Payloads of events past their project's budget, and how much of the budget is used.

use clickhouse::Row;
use mayday_event::{ProjectId, Timestamp};
use serde::Deserialize;

use super::events::EventSummary;
use crate::{Store, StoreError};

/// What a slot keeps of an event.
#[derive(Row, Deserialize)]
pub(super) struct RecentPayload {
    pub(super) payload: String,
    pub(super) grouping: String,
}

impl Store {
    /// An event's payload: surely while no newer one has its slot, and then until the parts of both are merged.
    pub(super) async fn recent_payload(
        &self,
        project: ProjectId,
        event: &EventSummary,
    ) -> Result<Option<RecentPayload>, StoreError> {
        self.query(
            "SELECT payload, grouping FROM recent_payloads
             WHERE project_id = {project:UInt64} AND group_hash = {hash:UInt64} AND release = {release:String}
               AND event_id = {id:UUID}
             LIMIT 1",
            project,
        )
        .param("hash", event.hash.0)
        .param("release", &event.release)
        .param("id", event.event_id.0.to_string())
        .fetch_optional()
        .await
        .map_err(StoreError::of_query)
    }

    /// Bytes of payload and grouping that each project's events have, of those received since `since`.
    pub async fn payload_bytes_since(&self, since: Timestamp) -> Result<Vec<(ProjectId, u64)>, StoreError> {
        let rows: Vec<(u64, u64)> = self
            .client
            .query_raw(
                "SELECT project_id, sum(payload_bytes) FROM events
                 WHERE received >= fromUnixTimestamp64Milli({since:Int64})
                   AND toMonday(received) >= toMonday(fromUnixTimestamp64Milli({since:Int64}))
                 GROUP BY project_id ORDER BY project_id",
            )
            .param("since", since.0)
            .fetch_all()
            .await
            .map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(|(project, bytes)| (ProjectId(project), bytes)).collect())
    }
}
