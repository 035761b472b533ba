//! Deleting one user's data.

use std::collections::BTreeSet;

use mayday_blobs::BlobKey;
use mayday_catalog::{healing::Remaining, projects::Project};
use mayday_store::{Deleted, HashSpan, queries::attachments::AttachmentPlace};

use crate::{Query, QueryError};

/// What a user is told apart by.
const KINDS: [&str; 4] = ["id", "email", "username", "ip"];

/// Deletes all that is stored of a user: first the files, then the rows that know of them, so that a call that was cut
/// off can be made again. Reports that were set aside are not looked into.
pub(crate) async fn delete(query: &Query, project: &Project, user: &str) -> Result<Deleted, QueryError> {
    let is_key = user.split_once(':').is_some_and(|(kind, name)| KINDS.contains(&kind) && !name.is_empty());
    if !is_key {
        let kinds = "id:, email:, username: or ip: and who it is, as the tag user of an event says";
        return Err(QueryError::Invalid(format!("user: {user:?} is not {kinds}")));
    }
    for AttachmentPlace { event_id, id, received } in
        query.store.attachments_of_user(project.id, user).await?
    {
        let key = BlobKey::Attachment { project: project.id, event: event_id, id, received };
        query.blobs.delete(&key).await?;
    }
    let gone = query.store.spans_of_user(project.id, user).await?;
    let deleted = query.store.delete_user(project.id, user).await?;
    forget_seen(query, project, &gone).await?;
    tracing::info!(project = project.id.0, events = deleted.events, "a user's data was deleted");
    Ok(deleted)
}

/// Issues are no longer first or last seen by events that are gone.
async fn forget_seen(query: &Query, project: &Project, gone: &[HashSpan]) -> Result<(), QueryError> {
    let hashes: Vec<_> = gone.iter().map(|span| span.hash).collect();
    let issues: BTreeSet<_> =
        query.catalog.issues_of_hashes(project.id, &hashes).await?.into_values().collect();
    let issues: Vec<_> = issues.into_iter().collect();
    for issue in query.catalog.issues(project.organization_id, &issues).await? {
        let spans = || gone.iter().filter(|span| issue.hashes.contains(&span.hash));
        let edges = spans().map(|span| span.first).min().zip(spans().map(|span| span.last).max());
        let left = query.store.span_of(project.id, &issue.hashes).await?;
        let [gone, left] = [edges, left]
            .map(|edges| edges.map(|(first_seen, last_seen)| Remaining { first_seen, last_seen }));
        // One that has no events any more keeps its history.
        if let Some((gone, left)) = gone.zip(left) {
            query.catalog.forget_seen(issue.id, gone, left).await?;
        }
    }
    Ok(())
}
