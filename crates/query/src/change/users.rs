//! Deleting one user's data.

use mayday_blobs::BlobKey;
use mayday_catalog::projects::Project;
use mayday_store::{Deleted, queries::attachments::AttachmentPlace};

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
    let deleted = query.store.delete_user(project.id, user).await?;
    tracing::info!(project = project.id.0, events = deleted.events, "a user's data was deleted");
    Ok(deleted)
}
