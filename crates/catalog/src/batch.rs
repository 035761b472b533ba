//! What the worker does in the catalog for a batch of events: once, however often it is replayed.

use std::collections::HashMap;

use mayday_event::{EventId, GroupHash, IssueId, ProjectId, Timestamp, model::Level};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Catalog, CatalogError,
    alerts::TransitionKind,
    connect::Connection,
    releases,
    transitions::{held_transitions, insert_transitions, release_transitions},
    working_set::WorkingSet,
};

/// A batch: journal records `first..=last` of one journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRange {
    pub journal: Uuid,
    pub first: u64,
    pub last: u64,
}

/// A batch that was begun and may not have been finished; what was decided then holds in the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunBatch {
    pub range: BatchRange,
    /// Events of the range that are not stored.
    pub skipped: Vec<Skipped>,
}

/// An event that is not stored: a duplicate of an earlier one, or dropped by a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Of its record in the journal.
    pub position: u64,
    /// Its place in the record.
    pub index: u32,
    /// The outcome's stable reason.
    pub reason: String,
}

/// One event as the catalog needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    pub project_id: ProjectId,
    pub hash: GroupHash,
    /// Its hashes by earlier versions of the grouping algorithm, newest first: where `hash` is not known yet, it comes to
    /// lead to the issue of the first of these that is.
    pub previous: Vec<GroupHash>,
    pub event_id: EventId,
    pub timestamp: Timestamp,
    pub received: Timestamp,
    pub level: Level,
    pub platform: String,
    pub release: Option<String>,
    pub title: String,
    pub culprit: String,
    pub error_type: String,
    pub error_value: String,
    pub filename: String,
    pub function: String,
}

/// What an occurrence did to its issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    pub issue_id: IssueId,
    /// This event made the issue.
    pub new: bool,
    /// This event reopened the issue.
    pub regressed: bool,
}

/// How a skipped event is written down; a bare position is a duplicate, from versions that knew no others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Skipped(Skipped),
    Duplicate(u64),
}

impl From<Listed> for Skipped {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::Skipped(skipped) => skipped,
            Listed::Duplicate(position) => Self { position, index: 0, reason: "duplicate".to_owned() },
        }
    }
}

impl Catalog {
    /// The batch of this journal that was begun and not finished, if any.
    pub async fn begun_batch(&self, journal: Uuid) -> Result<Option<BegunBatch>, CatalogError> {
        let mut connection = self.reader.acquire().await?;
        select_batch(&mut connection, journal).await
    }

    /// In one transaction: remembers the batch as begun, finds or makes each occurrence's issue (also by the hashes of
    /// earlier versions, so that an upgrade of the algorithm splits none), reopens
    /// resolved ones, updates first and last seen and releases, and records transitions (held back until the
    /// batch is finished). Idempotent: replaying the same batch changes nothing more.
    ///
    /// An event reopens a resolved issue if it was received after the issue was resolved and its release has the
    /// fix; an ignored one, if it is the last of as many as were to be ignored. A resolution of each occurrence,
    /// in order.
    ///
    /// [`CatalogError::Conflict`] if another batch of this journal is begun: that one is to be replayed and
    /// finished first.
    pub async fn begin_batch(
        &self,
        batch: &BegunBatch,
        occurrences: &[Occurrence],
    ) -> Result<Vec<Resolution>, CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let journal = batch.range.journal;
        let replayed = remember(&mut tx, batch, now).await?;
        let mut known = held_transitions(&mut tx, journal).await?;
        releases::note(&mut tx, occurrences).await?;
        let mut set = WorkingSet::load(&mut tx, occurrences).await?;
        let transitions = set.apply(&mut tx, replayed).await?;
        releases::note_regressions(&mut tx, occurrences, &transitions, now).await?;
        set.store(&mut tx).await?;
        insert_transitions(&mut tx, Some(journal), &transitions, now).await?;
        tx.commit().await?;
        known.extend(transitions.iter().map(|made| ((made.issue_id, made.event_id), made.kind)));
        Ok(resolutions(&set, &known))
    }

    /// ClickHouse has the batch: forgets it and releases its transitions to alerts.
    pub async fn finish_batch(&self, range: &BatchRange) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let forgotten = sqlx::query(
            "DELETE FROM batches WHERE journal = $1 AND first_position = $2 AND last_position = $3",
        )
        .bind(range.journal.to_string())
        .bind(position_to_sql(range.first))
        .bind(position_to_sql(range.last))
        .execute(&mut *tx)
        .await?;
        if forgotten.rows_affected() > 0 {
            release_transitions(&mut tx, range.journal).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Whether it was begun before.
async fn remember(tx: &mut Connection, batch: &BegunBatch, now: Timestamp) -> Result<bool, CatalogError> {
    match select_batch(tx, batch.range.journal).await? {
        Some(begun) if begun.range == batch.range => return Ok(true),
        Some(_) => return Err(CatalogError::Conflict("an unfinished batch of this journal")),
        None => {}
    }
    sqlx::query(
        "INSERT INTO batches (journal, first_position, last_position, skipped, begun)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(batch.range.journal.to_string())
    .bind(position_to_sql(batch.range.first))
    .bind(position_to_sql(batch.range.last))
    .bind(serde_json::json!(batch.skipped).to_string())
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(false)
}

async fn select_batch(
    connection: &mut Connection,
    journal: Uuid,
) -> Result<Option<BegunBatch>, CatalogError> {
    let row: Option<(i64, i64, String)> =
        sqlx::query_as("SELECT first_position, last_position, skipped FROM batches WHERE journal = $1")
            .bind(journal.to_string())
            .fetch_optional(connection)
            .await?;
    let Some((first, last, skipped)) = row else { return Ok(None) };
    let range = BatchRange { journal, first: position_from_sql(first), last: position_from_sql(last) };
    let listed: Vec<Listed> = serde_json::from_str(&skipped)
        .map_err(|_| CatalogError::corrupt("list of skipped events", skipped))?;
    Ok(Some(BegunBatch { range, skipped: listed.into_iter().map(Skipped::from).collect() }))
}

fn resolutions(
    set: &WorkingSet<'_>,
    transitions: &HashMap<(IssueId, EventId), TransitionKind>,
) -> Vec<Resolution> {
    let resolution = |(issue_id, occurrence): (IssueId, &Occurrence)| {
        let kind = transitions.get(&(issue_id, occurrence.event_id)).copied();
        Resolution {
            issue_id,
            new: kind == Some(TransitionKind::New),
            regressed: kind == Some(TransitionKind::Regressed),
        }
    };
    set.occurrences().map(resolution).collect()
}

/// The form that SQL columns hold (signed, 64 bits).
pub(crate) fn position_to_sql(position: u64) -> i64 {
    i64::from_ne_bytes(position.to_ne_bytes())
}

fn position_from_sql(position: i64) -> u64 {
    u64::from_ne_bytes(position.to_ne_bytes())
}

#[cfg(test)]
mod tests;
