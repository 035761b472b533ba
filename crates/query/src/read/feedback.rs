//! What users said.

use std::collections::BTreeSet;

use mayday_catalog::{issues::Issue, projects::Project};
use mayday_event::{EventId, IssueId, Timestamp};
use mayday_store::queries::feedback::{FeedbackCursor, FeedbackOf, StoredFeedback};

use super::page::{self, Place};
use crate::{
    Query, QueryError,
    cursor::{Cursor, Pagination},
};

/// A page of what users said, newest first.
#[derive(Debug, Clone)]
pub(crate) struct FeedbackPage {
    pub(crate) rows: Vec<FeedbackRow>,
    pub(crate) pagination: Pagination,
}

/// What one user said.
#[derive(Debug, Clone)]
pub(crate) struct FeedbackRow {
    pub(crate) said: StoredFeedback,
    /// Of the event that it is about.
    pub(crate) issue: Option<Issue>,
}

/// A page of a project's.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    cursor: Option<Cursor<EventId>>,
    limit: usize,
) -> Result<FeedbackPage, QueryError> {
    let limit = limit.clamp(1, super::MAX_LIMIT);
    let after = cursor.map(|cursor| FeedbackCursor { received: Timestamp(cursor.value), id: cursor.id });
    // One more than the page holds tells whether there is a page behind.
    let mut found = query.store.feedback(project.id, FeedbackOf::Project, after, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let place = |said: &StoredFeedback| Place { value: said.received.0, id: said.feedback.id };
    let (first, last) = (found.first().map(place), found.last().map(place));
    let pagination = page::around(first.as_ref(), last.as_ref(), cursor, false, more);
    let issues = issues(query, project, &found).await?;
    let row = |said: StoredFeedback| {
        let issue = said.hash.and_then(|hash| issues.iter().find(|issue| issue.hashes.contains(&hash)));
        FeedbackRow { issue: issue.cloned(), said }
    };
    Ok(FeedbackPage { rows: found.into_iter().map(row).collect(), pagination })
}

/// The newest about an issue's events.
pub(crate) async fn of_issue(
    query: &Query,
    issue: &Issue,
    limit: usize,
) -> Result<Vec<StoredFeedback>, QueryError> {
    Ok(query.store.feedback(issue.project_id, FeedbackOf::Hashes(&issue.hashes), None, limit).await?)
}

/// The issues that these are about.
async fn issues(
    query: &Query,
    project: &Project,
    found: &[StoredFeedback],
) -> Result<Vec<Issue>, QueryError> {
    let mut ids = BTreeSet::new();
    for hash in BTreeSet::from_iter(found.iter().filter_map(|said| said.hash)) {
        ids.extend(query.catalog.issue_of_hash(project.id, hash).await?);
    }
    let ids: Vec<IssueId> = ids.into_iter().collect();
    Ok(query.catalog.issues(project.organization_id, &ids).await?)
}
