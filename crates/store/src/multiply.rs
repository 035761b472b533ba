//! Events by the million, for measuring: ClickHouse copies what is stored many times faster than a program sends rows, and
//! merges at once what would be merged with time.

use mayday_event::ProjectId;

use crate::{Store, StoreError};

/// Rows that become one part; rows that are read at once, each of which becomes several; and the bytes that it may take.
const PART_ROWS: &str = "200000";
const READ_ROWS: &str = "8192";
const MEMORY: &str = "4000000000";

impl Store {
    /// The weeks that events were received in, as the partitions' names, oldest first.
    pub async fn event_weeks(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT partition FROM system.parts
                   WHERE active AND database = currentDatabase() AND table = 'events' ORDER BY partition";
        self.client.query_raw(sql).fetch_all().await.map_err(StoreError::of_query)
    }

    /// Makes one part of a week's events, as ClickHouse does of a week that nothing has come to for a day.
    pub async fn settle_events(&self, week: &str) -> Result<(), StoreError> {
        let query = self.client.query_raw("OPTIMIZE TABLE events PARTITION {week:String} FINAL");
        query.param("week", week).execute().await.map_err(StoreError::of_query)
    }

    /// Stores `copies` more of each event that a project has of a week: with other ids, of others of the `people` who are
    /// called `id:u0`, `id:u1` …, up to twelve hours earlier. The same events get the same copies.
    pub async fn copy_events(
        &self,
        project: ProjectId,
        week: &str,
        copies: u64,
        people: u64,
    ) -> Result<(), StoreError> {
        let sql = "
            INSERT INTO events SELECT * REPLACE (greatest(toUInt32(cityHash64(user)), 1) AS user_hash) FROM (
                SELECT * EXCEPT copy REPLACE (
                    reinterpretAsUUID(sipHash128(event_id, copy)) AS event_id,
                    timestamp - toIntervalMillisecond(cityHash64(copy, event_id) % 43200000) AS timestamp,
                    concat('id:u', toString((toUInt64OrZero(substring(user, 5)) + copy * 20011) % {people:UInt64})) AS user
                )
                FROM events ARRAY JOIN range(1, {copies:UInt64} + 1) AS copy
                WHERE project_id = {project:UInt64} AND toMonday(received) = toDate({week:String})
            )";
        let query = self.client.query_raw(sql).param("project", project.0).param("week", week);
        let query = query.param("copies", copies).param("people", people);
        let query = query
            .with_setting("min_insert_block_size_rows", PART_ROWS)
            .with_setting("max_block_size", READ_ROWS)
            .with_setting("min_insert_block_size_bytes", "0")
            .with_setting("max_memory_usage", MEMORY)
            .with_setting("max_insert_threads", "1");
        query.execute().await.map_err(StoreError::of_query)
    }
}
