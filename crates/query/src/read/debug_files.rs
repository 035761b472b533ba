//! Debug files of a project.

use mayday_catalog::{
    debug_files::{DebugFile, DebugFileFilter},
    projects::Project,
};

use super::page::{self, Place};
use crate::{
    Query, QueryError,
    cursor::{Cursor, Pagination},
};

/// A page of debug files, the newest first.
#[derive(Debug, Clone)]
pub(crate) struct DebugFilesPage {
    pub(crate) files: Vec<DebugFile>,
    pub(crate) pagination: Pagination,
}

/// A page of a project's.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    filter: DebugFileFilter,
    cursor: Option<Cursor<i64>>,
    limit: usize,
) -> Result<DebugFilesPage, QueryError> {
    let limit = limit.clamp(1, super::MAX_LIMIT);
    let filter = DebugFileFilter { before: cursor.map(|cursor| cursor.id), ..filter };
    // One more than the page holds tells whether there is a page behind.
    let mut files = query.catalog.debug_files(project.id, &filter, limit + 1).await?;
    let more = files.len() > limit;
    files.truncate(limit);
    let place = |file: &DebugFile| Place { value: file.uploaded.0, id: file.id };
    let (first, last) = (files.first().map(place), files.last().map(place));
    let pagination = page::around(first.as_ref(), last.as_ref(), cursor, false, more);
    Ok(DebugFilesPage { files, pagination })
}
