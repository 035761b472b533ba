//! Releases: which versions of a project there are, and since when.

use std::collections::BTreeMap;

use mayday_event::{ProjectId, Timestamp};
use sqlx::QueryBuilder;

use crate::{CatalogError, batch::Occurrence, connect::Connection, issues::IN_LIST};

/// Adds releases not seen before, and moves the first sight of others back where an event was received earlier.
pub(crate) async fn note(tx: &mut Connection, occurrences: &[Occurrence]) -> Result<(), CatalogError> {
    let mut first_seen: BTreeMap<(ProjectId, &str), Timestamp> = BTreeMap::new();
    for occurrence in occurrences {
        let Some(release) = &occurrence.release else { continue };
        let first = first_seen.entry((occurrence.project_id, release)).or_insert(occurrence.received);
        *first = occurrence.received.min(*first);
    }
    let rows = Vec::from_iter(first_seen);
    for rows in rows.chunks(IN_LIST) {
        QueryBuilder::new("INSERT INTO releases (project_id, version, first_seen) ")
            .push_values(rows, |mut row, ((project, version), first_seen)| {
                row.push_bind(project.to_sql()).push_bind((*version).to_owned()).push_bind(first_seen.0);
            })
            .push(
                " ON CONFLICT (project_id, version) DO UPDATE SET first_seen = excluded.first_seen
                  WHERE excluded.first_seen < releases.first_seen",
            )
            .build()
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// When a release was first seen, by the server's clock.
pub(crate) async fn first_seen(
    tx: &mut Connection,
    project: ProjectId,
    version: &str,
) -> Result<Option<Timestamp>, CatalogError> {
    let first: Option<i64> =
        sqlx::query_scalar("SELECT first_seen FROM releases WHERE project_id = $1 AND version = $2")
            .bind(project.to_sql())
            .bind(version)
            .fetch_optional(tx)
            .await?;
    Ok(first.map(Timestamp))
}
