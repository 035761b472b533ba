//! Reports that made a step fail or panic: set aside with the reason, visible and replayable.
//!
//! A project keeps 10,000 of them and 256 MiB, the newest; what is pushed out is lost, but was counted.

use mayday_event::{EventId, ProjectId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    Catalog, CatalogError,
    batch::position_to_sql,
    connect::{Connection, Sequence},
    transitions::event_id_from_sql,
};

/// What a project keeps.
#[derive(Debug, Clone, Copy)]
struct Room {
    rows: i64,
    bytes: i64,
}

const ROOM: Room = Room { rows: 10_000, bytes: 256 << 20 };
/// Room is made at every so many reports, for counting what is there costs milliseconds when it is full.
const MAKE_ROOM_EVERY: i64 = 64;
/// Most reports that are told of one event.
const MAX_OF_EVENT: i64 = 100;
/// Characters of a reason that are kept.
const MAX_REASON: usize = 2000;

/// A report that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    pub id: i64,
    pub project_id: ProjectId,
    pub event_id: EventId,
    /// The step that failed: `parse`, `group` …
    pub step: String,
    /// What it said.
    pub reason: String,
    pub created: Timestamp,
}

impl Catalog {
    /// Sets a journal record aside, whole; the same record twice is one row.
    #[expect(clippy::too_many_arguments, reason = "one row")]
    pub async fn quarantine(
        &self,
        journal: Uuid,
        position: u64,
        project: ProjectId,
        event_id: EventId,
        step: &str,
        reason: &str,
        record: &[u8],
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let id = Sequence::Quarantined.next(&mut tx).await?;
        sqlx::query(
            "INSERT INTO quarantined (id, journal, position, project_id, event_id, step, reason, record,
             record_bytes, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (journal, position) DO NOTHING",
        )
        .bind(id)
        .bind(journal.to_string())
        .bind(position_to_sql(position))
        .bind(project.to_sql())
        .bind(event_id.to_string())
        .bind(step)
        .bind(reason.chars().take(MAX_REASON).collect::<String>())
        .bind(record)
        .bind(i64::try_from(record.len()).unwrap_or(i64::MAX))
        .bind(self.clock.now().0)
        .execute(&mut *tx)
        .await?;
        if id % MAKE_ROOM_EVERY == 0 {
            make_room(&mut tx, project, ROOM).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A project's, newest first.
    pub async fn quarantined(
        &self,
        project: ProjectId,
        limit: usize,
    ) -> Result<Vec<Quarantined>, CatalogError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, project_id, event_id, step, reason, created FROM quarantined
             WHERE project_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(project.to_sql())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Quarantined::try_from).collect()
    }

    /// A project's reports of one event, newest first.
    pub async fn quarantined_event(
        &self,
        project: ProjectId,
        event_id: EventId,
    ) -> Result<Vec<Quarantined>, CatalogError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, project_id, event_id, step, reason, created FROM quarantined
             WHERE project_id = $1 AND event_id = $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(project.to_sql())
        .bind(event_id.to_string())
        .bind(MAX_OF_EVENT)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Quarantined::try_from).collect()
    }

    /// The journal record of one, to be appended again.
    pub async fn quarantined_record(&self, project: ProjectId, id: i64) -> Result<Vec<u8>, CatalogError> {
        let record: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT record FROM quarantined WHERE project_id = $1 AND id = $2")
                .bind(project.to_sql())
                .bind(id)
                .fetch_optional(&self.reader)
                .await?;
        record.ok_or(CatalogError::NotFound("quarantined report"))
    }

    /// Forgets one.
    pub async fn release_quarantined(&self, project: ProjectId, id: i64) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let released = sqlx::query("DELETE FROM quarantined WHERE project_id = $1 AND id = $2")
            .bind(project.to_sql())
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if released.rows_affected() == 0 { Err(CatalogError::NotFound("quarantined report")) } else { Ok(()) }
    }
}

/// Removes the oldest until the rest fits.
async fn make_room(tx: &mut Connection, project: ProjectId, room: Room) -> Result<(), CatalogError> {
    sqlx::query(
        "DELETE FROM quarantined WHERE project_id = $1 AND id IN (
             SELECT id FROM (
                 SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) AS total_rows,
                        SUM(record_bytes) OVER (ORDER BY id DESC) AS total_bytes
                 FROM quarantined WHERE project_id = $1) q
             WHERE total_rows > $2 OR total_bytes > $3)",
    )
    .bind(project.to_sql())
    .bind(room.rows)
    .bind(room.bytes)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: i64,
    project_id: i64,
    event_id: String,
    step: String,
    reason: String,
    created: i64,
}

impl TryFrom<Row> for Quarantined {
    type Error = CatalogError;

    fn try_from(row: Row) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id,
            project_id: ProjectId::from_sql(row.project_id),
            event_id: event_id_from_sql(&row.event_id)?,
            step: row.step,
            reason: row.reason,
            created: Timestamp(row.created),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, JOURNAL};

    async fn set_aside(fixture: &Fixture, position: u64) {
        let event = EventId(Uuid::from_u128(u128::from(position)));
        let record = position.to_be_bytes();
        fixture
            .catalog
            .quarantine(JOURNAL, position, fixture.project, event, "parse", "not JSON", &record)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_record_is_set_aside_once_and_can_be_taken_back() {
        let fixture = Fixture::in_memory().await;
        for position in [1, 2, 1] {
            set_aside(&fixture, position).await;
        }
        let rows = fixture.catalog.quarantined(fixture.project, 10).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].event_id.0.as_u128(), rows[0].step.as_str()), (2, "parse"));
        assert_eq!((rows[1].reason.as_str(), rows[1].created), ("not JSON", fixture.now()));
        let of_event = |project, n| fixture.catalog.quarantined_event(project, EventId(Uuid::from_u128(n)));
        assert_eq!(of_event(fixture.project, 2).await.unwrap(), rows[..1]);
        assert_eq!(of_event(fixture.project, 3).await.unwrap(), []);
        assert_eq!(of_event(ProjectId(99), 2).await.unwrap(), []);
        let id = rows[0].id;
        let record = fixture.catalog.quarantined_record(fixture.project, id).await.unwrap();
        assert_eq!(record, 2_u64.to_be_bytes());
        let elsewhere = ProjectId(99);
        assert!(fixture.catalog.quarantined_record(elsewhere, id).await.is_err());
        assert!(fixture.catalog.release_quarantined(elsewhere, id).await.is_err());
        fixture.catalog.release_quarantined(fixture.project, id).await.unwrap();
        let gone = fixture.catalog.release_quarantined(fixture.project, id).await;
        assert!(matches!(gone, Err(CatalogError::NotFound("quarantined report"))));
        assert_eq!(fixture.catalog.quarantined(fixture.project, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_oldest_go_when_there_is_no_room() {
        let fixture = Fixture::in_memory().await;
        for position in 1..=10 {
            set_aside(&fixture, position).await;
        }
        for (room, left) in [
            (Room { rows: 20, bytes: 1000 }, 10),
            (Room { rows: 7, bytes: 1000 }, 7),
            (Room { rows: 7, bytes: 5 * 8 }, 5),
        ] {
            let mut tx = fixture.catalog.write().await.unwrap();
            make_room(&mut tx, fixture.project, room).await.unwrap();
            tx.commit().await.unwrap();
            let rows = fixture.catalog.quarantined(fixture.project, 100).await.unwrap();
            assert_eq!(rows.len(), left, "{room:?}");
            assert_eq!(rows[0].event_id.0.as_u128(), 10);
        }
    }
}
