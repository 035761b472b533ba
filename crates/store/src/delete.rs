//! Deleting one user's data, the events of issues that were deleted, and what is past a project's retention.

use clickhouse::{Row, query::Query};
use mayday_event::{EventId, GroupHash, Outcome, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

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

/// When events of a hash happened, the first and the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashSpan {
    pub hash: GroupHash,
    pub first: Timestamp,
    pub last: Timestamp,
}

#[derive(Row, Deserialize)]
struct HashSpanRow {
    hash: u64,
    first_ms: i64,
    last_ms: i64,
}

#[derive(Row, Deserialize)]
struct DroppedRow {
    project_id: u64,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
}

/// Most dropped events whose files are found at once.
const DROPPED_AT_ONCE: usize = 1000;

/// Events that are deleted together.
#[derive(Clone, Copy)]
enum Victims<'a> {
    /// As `events.user` has it.
    OfUser(&'a str),
    /// Of hashes, received up to a time.
    OfHashes(&'a [GroupHash], Timestamp),
    /// Received before a time.
    ReceivedBefore(Timestamp),
    /// Named one by one; they need not be stored.
    Named(&'a [EventId]),
}

impl Victims<'_> {
    /// The condition on `events`, with the parameters that [`Victims::bind`] binds.
    fn condition(self) -> &'static str {
        match self {
            Self::OfUser(_) => "user = {user:String}",
            Self::OfHashes(..) => {
                "group_hash IN {hashes:Array(UInt64)} AND received <= fromUnixTimestamp64Milli({until:Int64})"
            }
            Self::ReceivedBefore(_) => "received < fromUnixTimestamp64Milli({until:Int64})",
            Self::Named(_) => "event_id IN {ids:Array(UUID)}",
        }
    }

    /// The condition on tables that know events by their ids.
    fn by_id(self) -> String {
        let condition = self.condition();
        if matches!(self, Self::Named(_)) {
            return condition.to_owned();
        }
        format!(
            "event_id IN (SELECT event_id FROM events WHERE project_id = {{project:UInt64}} AND {condition})"
        )
    }

    fn bind(self, query: Query) -> Query {
        match self {
            Self::OfUser(user) => query.param("user", user),
            Self::OfHashes(hashes, until) => {
                let hashes: Vec<u64> = hashes.iter().map(|hash| hash.0).collect();
                query.param("hashes", hashes).param("until", until.0)
            }
            Self::ReceivedBefore(time) => query.param("until", time.0),
            Self::Named(ids) => {
                query.param("ids", ids.iter().map(|id| id.0.to_string()).collect::<Vec<String>>())
            }
        }
    }
}

impl Store {
    /// The attachments of a user, each time they were received: their blobs are to be deleted before
    /// [`Store::delete_user`], which forgets them.
    pub async fn attachments_of_user(
        &self,
        project: ProjectId,
        user: &str,
    ) -> Result<Vec<AttachmentPlace>, StoreError> {
        self.attachments_of(project, Victims::OfUser(user)).await
    }

    /// When a user's events happened, hash by hash.
    pub async fn spans_of_user(&self, project: ProjectId, user: &str) -> Result<Vec<HashSpan>, StoreError> {
        let victims = Victims::OfUser(user);
        let sql = format!(
            "SELECT group_hash AS hash, toUnixTimestamp64Milli(min(timestamp)) AS first_ms,
                 toUnixTimestamp64Milli(max(timestamp)) AS last_ms
             FROM events WHERE project_id = {{project:UInt64}} AND {} GROUP BY group_hash ORDER BY group_hash",
            victims.condition()
        );
        let query = victims.bind(self.query(&sql, project));
        let rows: Vec<HashSpanRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let read = |row: HashSpanRow| HashSpan {
            hash: GroupHash(row.hash),
            first: Timestamp(row.first_ms),
            last: Timestamp(row.last_ms),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The attachments of events of hashes received up to `until`, each time they were received: their blobs are to be
    /// deleted before [`Store::delete_events_of_hashes`], which forgets them.
    pub async fn attachments_of_hashes(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        until: Timestamp,
    ) -> Result<Vec<AttachmentPlace>, StoreError> {
        self.attachments_of(project, Victims::OfHashes(hashes, until)).await
    }

    /// Events of all projects that a filter dropped, and that a file is kept of which was received from `since` on: it
    /// came in a report of its own. `but`: a reason of drops that leave the event stored.
    pub async fn dropped_events_with_files(
        &self,
        since: Timestamp,
        but: &str,
    ) -> Result<Vec<(ProjectId, EventId)>, StoreError> {
        let query = self.limited(
            "SELECT DISTINCT project_id, event_id FROM fates
             WHERE outcome = {outcome:String} AND reason != {but:String} AND (project_id, event_id) IN (
                 SELECT project_id, event_id FROM attachments
                 WHERE received >= fromUnixTimestamp64Milli({since:Int64}))
             LIMIT {limit:UInt64}",
        );
        let query = query.param("outcome", Outcome::Filtered.name()).param("but", but);
        let query = query.param("since", since.0).param("limit", DROPPED_AT_ONCE);
        let rows: Vec<DroppedRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(|row| (ProjectId(row.project_id), EventId(row.event_id))).collect())
    }

    /// The attachments of events, each time they were received, whether the events are stored or not: their blobs are to
    /// be deleted before [`Store::forget_attachments`].
    pub async fn attachments_of_events(
        &self,
        project: ProjectId,
        events: &[EventId],
    ) -> Result<Vec<AttachmentPlace>, StoreError> {
        self.attachments_of(project, Victims::Named(events)).await
    }

    /// Forgets the attachments of events, whether these are stored or not.
    pub async fn forget_attachments(&self, project: ProjectId, events: &[EventId]) -> Result<(), StoreError> {
        let victims = Victims::Named(events);
        self.delete(project, victims, "attachments", victims.condition()).await
    }

    async fn attachments_of(
        &self,
        project: ProjectId,
        victims: Victims<'_>,
    ) -> Result<Vec<AttachmentPlace>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT event_id, id, toUnixTimestamp64Milli(received) AS received_ms FROM attachments
             WHERE project_id = {{project:UInt64}} AND {}",
            victims.by_id()
        );
        let query = victims.bind(self.query(&sql, project));
        let rows: Vec<PlaceRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(AttachmentPlace::from).collect())
    }

    /// Deletes the events of hashes of a project that were received up to `until`, with all that is about them. The events
    /// go last: when it is cut off, the same call again does the rest; after that, it finds nothing.
    pub async fn delete_events_of_hashes(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let victims = Victims::OfHashes(hashes, until);
        let of_events = victims.by_id();
        for table in ["recent_payloads", "missing_symbols", "attachments", "feedback", "fates"] {
            self.delete(project, victims, table, &of_events).await?;
        }
        self.delete(project, victims, "events", victims.condition()).await
    }

    /// Deletes all rows of a user of a project: events with their counts, payloads, attachments, and what the user
    /// said about those events or, where `user` is `email:…`, under that address. `user` is as
    /// [`EventRow::user`](crate::rows::EventRow::user) has it. Sessions know no user.
    ///
    /// Afterwards nothing of it is found any more; the disk lets go of it in the background. The events go last: when
    /// it is cut off, the same call again does the rest.
    pub async fn delete_user(&self, project: ProjectId, user: &str) -> Result<Deleted, StoreError> {
        let victims = Victims::OfUser(user);
        let (of_events, of_user) = (victims.by_id(), victims.condition());
        let said = format!("({of_events} OR 'email:' || email = {{user:String}})");
        let deleted = Deleted {
            events: self.count(project, victims, "events", of_user).await?,
            feedback: self.count(project, victims, "feedback FINAL", &said).await?,
            attachments: self.count(project, victims, "attachments FINAL", &of_events).await?,
        };
        for (table, condition) in [
            ("recent_payloads", of_events.as_str()),
            ("missing_symbols", &of_events),
            ("attachments", &of_events),
            ("feedback", &said),
            ("fates", &of_events),
            ("events", of_user),
        ] {
            self.delete(project, victims, table, condition).await?;
        }
        Ok(deleted)
    }

    /// Deletes what a project received before a time: events with their counts, and all that is about them, and sessions.
    /// Whether there was any. The events go last: when it is cut off, the same call again does the rest.
    ///
    /// A table's TTL cannot do it: a part holds rows of all projects and is dropped as a whole.
    pub async fn delete_received_before(
        &self,
        project: ProjectId,
        time: Timestamp,
    ) -> Result<bool, StoreError> {
        let victims = Victims::ReceivedBefore(time);
        let mut deleted = false;
        for table in
            ["recent_payloads", "missing_symbols", "attachments", "feedback", "fates", "sessions", "events"]
        {
            // A deletion rewrites parts, even if it finds nothing.
            if self.count(project, victims, table, victims.condition()).await? > 0 {
                self.delete(project, victims, table, victims.condition()).await?;
                deleted = true;
            }
        }
        Ok(deleted)
    }

    async fn count(
        &self,
        project: ProjectId,
        victims: Victims<'_>,
        from: &str,
        condition: &str,
    ) -> Result<u64, StoreError> {
        let sql = format!("SELECT count() FROM {from} WHERE project_id = {{project:UInt64}} AND {condition}");
        victims.bind(self.query(&sql, project)).fetch_one().await.map_err(StoreError::of_query)
    }

    /// At once invisible, then physically gone.
    async fn delete(
        &self,
        project: ProjectId,
        victims: Victims<'_>,
        table: &str,
        condition: &str,
    ) -> Result<(), StoreError> {
        let delete = format!("DELETE FROM {table} WHERE project_id = {{project:UInt64}} AND {condition}");
        victims
            .bind(self.client.query_raw(&delete).param("project", project.0))
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
