//! Giving reports that were set aside another try.

use mayday_catalog::projects::Project;

use crate::{Query, QueryError};

/// Appends a report to the journal again and, once it is durable there, forgets that it was set aside. Cut off
/// in between, the report is in both: replayed again, its event still counts once.
pub(crate) async fn replay(query: &Query, project: &Project, id: i64) -> Result<(), QueryError> {
    let record = query.catalog.quarantined_record(project.id, id).await?;
    query.journal.append(project.id.0, record.into()).await?;
    Ok(query.catalog.release_quarantined(project.id, id).await?)
}
