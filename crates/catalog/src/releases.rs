//! Releases: which versions of a project there are, since when, and what is said of them.

mod commits;
mod deploys;
mod details;
mod issues;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use mayday_event::{ProjectId, Timestamp, release_order};
use sqlx::QueryBuilder;

use crate::{Catalog, CatalogError, batch::Occurrence, connect::Connection, issues::IN_LIST};

pub use commits::{Commit, Ref, Repository};
pub use deploys::{Deploy, NewDeploy};
pub use details::{Release, ReleaseChange, ReleaseFilter, ReleaseProject};
pub(crate) use issues::note_regressions;
pub use issues::{ReleaseIssueCounts, ReleaseIssueKind};

/// Adds releases not seen before, moves the first sight of others back where an event was received earlier, and notes
/// the last, to the hour.
pub(crate) async fn note(tx: &mut Connection, occurrences: &[Occurrence]) -> Result<(), CatalogError> {
    let mut seen: BTreeMap<(ProjectId, &str), (Timestamp, Timestamp)> = BTreeMap::new();
    for occurrence in occurrences {
        let Some(release) = &occurrence.release else { continue };
        let received = occurrence.received;
        let (first, last) = seen.entry((occurrence.project_id, release)).or_insert((received, received));
        (*first, *last) = (received.min(*first), received.max(*last));
    }
    let rows = Vec::from_iter(seen);
    for rows in rows.chunks(IN_LIST) {
        QueryBuilder::new("INSERT INTO releases (project_id, version, first_seen, last_seen) ")
            .push_values(rows, |mut row, ((project, version), (first, last))| {
                row.push_bind(project.to_sql()).push_bind((*version).to_owned());
                row.push_bind(first.0).push_bind(last.0);
            })
            // The last sight is kept to the hour, so that most batches write nothing here.
            .push(
                " ON CONFLICT (project_id, version) DO UPDATE SET
                  first_seen = CASE WHEN excluded.first_seen < releases.first_seen
                                    THEN excluded.first_seen ELSE releases.first_seen END,
                  last_seen = CASE WHEN releases.last_seen IS NULL OR excluded.last_seen > releases.last_seen
                                   THEN excluded.last_seen ELSE releases.last_seen END
                  WHERE excluded.first_seen < releases.first_seen OR releases.last_seen IS NULL
                     OR excluded.last_seen >= releases.last_seen + ",
            )
            .push_bind(Timestamp::HOUR_MS)
            .build()
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

impl Catalog {
    /// A project's releases with when each was first seen, by the server's clock; the last first seen first.
    pub async fn release_versions(
        &self,
        project: ProjectId,
        limit: usize,
    ) -> Result<Vec<(String, Timestamp)>, CatalogError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT version, first_seen FROM releases WHERE project_id = $1
             ORDER BY first_seen DESC, version DESC LIMIT $2",
        )
        .bind(project.to_sql())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(version, first_seen)| (version, Timestamp(first_seen))).collect())
    }
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

/// Releases among which the latest is looked for: the last that were first seen.
const LATEST_AMONG: i64 = 200;

/// The latest release of a project: the last one that was first seen, unless another is later by their order.
pub(crate) async fn latest(tx: &mut Connection, project: ProjectId) -> Result<Option<String>, CatalogError> {
    let versions: Vec<String> = sqlx::query_scalar(
        "SELECT version FROM releases WHERE project_id = $1 ORDER BY first_seen DESC, version DESC LIMIT $2",
    )
    .bind(project.to_sql())
    .bind(LATEST_AMONG)
    .fetch_all(tx)
    .await?;
    Ok(release_order::latest(versions.iter().map(String::as_str)).map(str::to_owned))
}
