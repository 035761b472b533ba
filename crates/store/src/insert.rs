//! Batch inserts, exactly once.
//!
//! A batch is one block and so one part (two around Monday 00:00 UTC), with its projections: ClickHouse has all of it or
//! nothing. The part's files and folder are synced before the insert is answered. A token makes ClickHouse refuse the
//! same part again, but ClickHouse notes the token *before* the part takes its place, and does not sync the note. So
//! after a crash the note alone proves nothing, and [`Store::complete_events`] looks at what is stored.
//!
//! The other tables need no token: a row that is there already, by its table's sort key, takes its own place. So
//! inserting the same rows again is always right, and what reads them asks for the last of each.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use clickhouse::{Row, query::Query};
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    queries::counts::EventsById,
    rows::{
        AttachmentRow, EventRow, FateRow, FeedbackRow, MissingSymbolRow, OutcomeRow, RecentPayloadRow,
        SessionRow, Stored,
    },
};

/// What keeps an insert one block, whatever its size. An embedded engine and a server have different defaults.
const INSERT_SETTINGS: [(&str, &str); 6] = [
    ("async_insert", "0"),
    ("max_insert_threads", "1"),
    ("max_insert_block_size", "1048576"),
    ("max_insert_block_size_bytes", "0"),
    ("min_insert_block_size_rows", "1048576"),
    ("min_insert_block_size_bytes", "4294967296"),
];

/// How long ClickHouse may take over a batch before the connection is given up.
const INSERT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an insert under way may need from noting its token to showing its rows.
const VISIBLE_AFTER: Duration = Duration::from_millis(250);

/// Ids looked up by one query.
const IDS_PER_QUERY: usize = 5000;

/// From so many ids on a query for one project alone saves more than another query costs.
const MANY_IDS: usize = 100;

impl Store {
    /// Inserts a batch and waits until ClickHouse has it on disk. The same `token` again inserts nothing more:
    /// neither events nor aggregates.
    ///
    /// When it fails or is cut off, the batch may be there nevertheless, or come to be there a little later:
    /// bring it to its end with [`Store::complete_events`].
    pub async fn insert_events(&self, token: &str, rows: &[EventRow]) -> Result<(), StoreError> {
        self.insert_once(token, rows.iter()).await
    }

    /// Brings to its end a batch whose insert under `token` may have been cut off anywhere: afterwards each row
    /// is there, once, whether all, some or none were there before.
    pub async fn complete_events(&self, token: &str, rows: &[EventRow]) -> Result<(), StoreError> {
        let mut missing = self.missing(rows).await?;
        if missing.len() == rows.len() {
            // An insert that is still under way is waited for or refused by its token.
            self.insert_once(token, rows.iter()).await?;
            missing = self.missing(rows).await?;
        }
        if missing.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(VISIBLE_AFTER).await;
        // What is missing still, ClickHouse has noted the token of and then lost: only another token gets it in.
        let missing = self.missing(rows).await?;
        self.insert_once(&format!("{token}/{}", missing.len()), missing.iter().copied()).await
    }

    /// Which of these events were received since `since` and are stored already; for a while also those that were deleted.
    pub async fn stored_event_ids(
        &self,
        ids: &[(ProjectId, EventId)],
        since: Timestamp,
    ) -> Result<HashSet<(ProjectId, EventId)>, StoreError> {
        let stored = self.stored(ids.iter().copied(), since).await?;
        Ok(stored.into_iter().map(|(project, id, _)| (project, id)).collect())
    }

    /// Inserts session updates; the same again change nothing.
    pub async fn insert_sessions(&self, rows: &[SessionRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    /// Inserts what users said; the same again change nothing.
    pub async fn insert_feedback(&self, rows: &[FeedbackRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    /// Inserts attachments; the same again change nothing.
    pub async fn insert_attachments(&self, rows: &[AttachmentRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    /// Inserts outcomes; the same sources' again count nothing more.
    pub async fn insert_outcomes(&self, rows: &[OutcomeRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    /// Inserts why events were not stored; the same again change nothing.
    pub async fn insert_fates(&self, rows: &[FateRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    /// Inserts payloads into their slots; the same again change nothing.
    pub async fn insert_recent_payloads(&self, rows: &[RecentPayloadRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    /// Inserts which symbol files events lack; the same again change nothing.
    pub async fn insert_missing_symbols(&self, rows: &[MissingSymbolRow]) -> Result<(), StoreError> {
        self.insert(rows.iter(), &[]).await
    }

    async fn insert_once<'a>(
        &self,
        token: &str,
        rows: impl ExactSizeIterator<Item = &'a EventRow>,
    ) -> Result<(), StoreError> {
        self.insert(rows, &[("insert_deduplicate", "1"), ("insert_deduplication_token", token)]).await
    }

    pub(crate) async fn insert<'a, R: Stored + 'a>(
        &self,
        rows: impl ExactSizeIterator<Item = &'a R>,
        settings: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        if rows.len() == 0 {
            return Ok(());
        }
        let insert = self.client.insert::<R::Wire>(R::TABLE).await.map_err(StoreError::of_insert)?;
        let mut insert = INSERT_SETTINGS
            .iter()
            .chain(settings)
            .fold(insert, |insert, (name, value)| insert.with_setting(*name, *value))
            .with_timeouts(Some(INSERT_TIMEOUT), Some(INSERT_TIMEOUT));
        for row in rows {
            insert.write(&row.wire()).await.map_err(StoreError::of_insert)?;
        }
        insert.end().await.map_err(StoreError::of_insert)
    }

    /// The rows that are not stored. A row is known by when it was received, too: another report of the same
    /// event does not stand for it.
    async fn missing<'a>(&self, rows: &'a [EventRow]) -> Result<Vec<&'a EventRow>, StoreError> {
        let Some(since) = rows.iter().map(|row| row.received).min() else { return Ok(Vec::new()) };
        let stored = self.stored(rows.iter().map(|row| (row.project_id, row.event_id)), since).await?;
        Ok(rows
            .iter()
            .filter(|row| !stored.contains(&(row.project_id, row.event_id, row.received)))
            .collect())
    }

    async fn stored(
        &self,
        ids: impl Iterator<Item = (ProjectId, EventId)>,
        since: Timestamp,
    ) -> Result<HashSet<(ProjectId, EventId, Timestamp)>, StoreError> {
        let mut stored = HashSet::new();
        for asked in asked_together(ids) {
            for ids in asked.chunks(IDS_PER_QUERY) {
                let query = self.query_ids(&self.events_by_id().await, ids, since);
                let rows: Vec<StoredId> = query.fetch_all().await.map_err(StoreError::of_insert)?;
                stored.extend(rows.into_iter().map(|row| {
                    (ProjectId(row.project_id), EventId(row.event_id), Timestamp(row.received_ms))
                }));
            }
        }
        Ok(stored)
    }

    /// Asks which of these are stored. With one project the index finds each id at a third less than with pairs, and without
    /// the partition's name ClickHouse looks for each in all that is kept.
    fn query_ids(&self, by_id: &EventsById, ids: &[(ProjectId, EventId)], since: Timestamp) -> Query {
        let one_project = ids.first().filter(|(first, _)| ids.iter().all(|(project, _)| project == first));
        let condition = match one_project {
            Some(_) => "project_id = {project:UInt64} AND event_id IN {ids:Array(UUID)}",
            None => "(project_id, event_id) IN {ids:Array(Tuple(UInt64, UUID))}",
        };
        let since_when = "fromUnixTimestamp64Milli({since:Int64})";
        let sql = format!(
            "SELECT project_id, event_id, toUnixTimestamp64Milli(received) AS received_ms FROM {}
             WHERE {condition} AND received >= {since_when} AND {}",
            by_id.table(),
            by_id.received_since(since_when)
        );
        let texts = ids.iter().map(|(project, id)| (project.0, id.0.to_string()));
        let query = self.client.query_raw(&sql).param("since", since.0);
        // New ids each time: nothing that is kept of earlier conditions helps.
        let query =
            query.with_setting("use_query_condition_cache", "0").with_setting("use_skip_indexes", "0");
        match one_project {
            Some((project, _)) => {
                query.param("project", project.0).param("ids", texts.map(|(_, id)| id).collect::<Vec<_>>())
            }
            None => query.param("ids", texts.collect::<Vec<_>>()),
        }
    }
}

/// Ids that are looked up together: those of a project with many by themselves, the others at once.
fn asked_together(ids: impl Iterator<Item = (ProjectId, EventId)>) -> Vec<Vec<(ProjectId, EventId)>> {
    let mut by_project: BTreeMap<ProjectId, Vec<(ProjectId, EventId)>> = BTreeMap::new();
    for (project, id) in ids {
        by_project.entry(project).or_default().push((project, id));
    }
    let (mut asked, few): (Vec<_>, Vec<_>) = by_project.into_values().partition(|ids| ids.len() >= MANY_IDS);
    let few = few.concat();
    if !few.is_empty() {
        asked.push(few);
    }
    asked
}

#[derive(Row, Deserialize)]
struct StoredId {
    project_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    received_ms: i64,
}
