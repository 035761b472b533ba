//! Deleting one user's data.

use mayday_event::ProjectId;

use crate::{
    Store, StoreError,
    queries::attachments::{AttachmentPlace, PlaceRow},
};

/// What was deleted of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deleted {
    pub events: u64,
    pub feedback: u64,
    pub attachments: u64,
}

/// The user's events; `{user:String}` as `events.user` has it.
const EVENTS_OF_USER: &str =
    "SELECT event_id FROM events WHERE project_id = {project:UInt64} AND user = {user:String}";

impl Store {
    /// The attachments of a user, each time they were received: their blobs are to be deleted before
    /// [`Store::delete_user`], which forgets them.
    pub async fn attachments_of_user(
        &self,
        project: ProjectId,
        user: &str,
    ) -> Result<Vec<AttachmentPlace>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT event_id, id, toUnixTimestamp64Milli(received) AS received_ms FROM attachments
             WHERE project_id = {{project:UInt64}} AND event_id IN ({EVENTS_OF_USER})"
        );
        let query = self.query(&sql, project).param("user", user);
        let rows: Vec<PlaceRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(AttachmentPlace::from).collect())
    }

    /// Deletes all rows of a user of a project: events with their counts, payloads, attachments, and what the user
    /// said about those events or, where `user` is `email:…`, under that address. `user` is as
    /// [`EventRow::user`](crate::rows::EventRow::user) has it. Sessions know no user.
    ///
    /// Afterwards nothing of it is found any more; the disk lets go of it in the background. The events go last: when
    /// it is cut off, the same call again does the rest.
    pub async fn delete_user(&self, project: ProjectId, user: &str) -> Result<Deleted, StoreError> {
        let of_events = format!("event_id IN ({EVENTS_OF_USER})");
        let said = format!("({of_events} OR 'email:' || email = {{user:String}})");
        let of_user = "user = {user:String}";
        let deleted = Deleted {
            events: self.count(project, user, "events", of_user).await?,
            feedback: self.count(project, user, "feedback FINAL", &said).await?,
            attachments: self.count(project, user, "attachments FINAL", &of_events).await?,
        };
        for (table, condition) in [
            ("recent_payloads", of_events.as_str()),
            ("missing_symbols", &of_events),
            ("attachments", &of_events),
            ("feedback", &said),
            ("fates", &of_events),
            ("events", of_user),
        ] {
            self.delete(project, user, table, condition).await?;
        }
        Ok(deleted)
    }

    async fn count(
        &self,
        project: ProjectId,
        user: &str,
        from: &str,
        condition: &str,
    ) -> Result<u64, StoreError> {
        let sql = format!("SELECT count() FROM {from} WHERE project_id = {{project:UInt64}} AND {condition}");
        self.query(&sql, project).param("user", user).fetch_one().await.map_err(StoreError::of_query)
    }

    /// At once invisible, then physically gone.
    async fn delete(
        &self,
        project: ProjectId,
        user: &str,
        table: &str,
        condition: &str,
    ) -> Result<(), StoreError> {
        let delete = format!("DELETE FROM {table} WHERE project_id = {{project:UInt64}} AND {condition}");
        self.client
            .query_raw(&delete)
            .param("project", project.0)
            .param("user", user)
            .with_setting("lightweight_deletes_sync", "1")
            .execute()
            .await
            .map_err(StoreError::of_query)?;
        let purge = format!("ALTER TABLE {table} APPLY DELETED MASK");
        self.client
            .query_raw(&purge)
            .with_setting("mutations_sync", "0")
            .execute()
            .await
            .map_err(StoreError::of_query)
    }
}
