//! Ignored issues: until when, and how that ends.
//!
//! Events are counted by the batch that has them; time, users and escalation are looked at by a job of the worker.

use mayday_event::{EventId, IssueId, ProjectId, Timestamp};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    Catalog, CatalogError,
    alerts::TransitionKind,
    connect::Connection,
    issues::Issue,
    transitions::{NewTransition, insert_transitions},
};

/// Until when an issue is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreUntil {
    /// Its events in an hour are more than their forecast.
    Escalating,
    /// Whichever of these comes first; at least one is set.
    Condition(Conditions),
    Forever,
}

/// What ends the ignoring of an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditions {
    pub time: Option<Timestamp>,
    /// So many events since it was ignored.
    pub events: Option<u32>,
    /// So many users since it was ignored.
    pub users: Option<u32>,
}

/// An issue is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ignored {
    pub since: Timestamp,
    pub until: IgnoreUntil,
}

/// An ignored issue whose end does not come with an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    pub issue: Issue,
    pub ignored: Ignored,
}

/// The end of an issue's being ignored, as a job found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    pub project_id: ProjectId,
    pub issue_id: IssueId,
    /// [`Ignored::since`]: the end of this ignoring and of no later one.
    pub since: Timestamp,
    pub kind: TransitionKind,
    /// For people: `1,240 events in the last hour, the forecast was at most 80`.
    pub reason: String,
    /// The activity's data, as Sentry's.
    pub data: Value,
    /// The issue's newest event, for alerts to show.
    pub newest_event: Option<EventId>,
}

/// The columns of an ignored issue.
#[derive(Debug, Default, FromRow)]
pub(crate) struct IgnoredRow {
    ignored: Option<i64>,
    ignored_until: Option<String>,
    ignore_until: Option<i64>,
    ignore_events: Option<i64>,
    ignore_users: Option<i64>,
}

impl IgnoredRow {
    pub(crate) fn of(ignored: Option<Ignored>) -> Self {
        let Some(Ignored { since, until }) = ignored else { return Self::default() };
        let (name, conditions) = match until {
            IgnoreUntil::Escalating => ("escalating", Conditions::default()),
            IgnoreUntil::Condition(conditions) => ("condition_met", conditions),
            IgnoreUntil::Forever => ("forever", Conditions::default()),
        };
        Self {
            ignored: Some(since.0),
            ignored_until: Some(name.to_owned()),
            ignore_until: conditions.time.map(|time| time.0),
            ignore_events: conditions.events.map(i64::from),
            ignore_users: conditions.users.map(i64::from),
        }
    }

    pub(crate) fn read(self) -> Result<Option<Ignored>, CatalogError> {
        let Some(since) = self.ignored else { return Ok(None) };
        let count = |count: Option<i64>| count.and_then(|count| u32::try_from(count).ok());
        let until = match self.ignored_until.as_deref() {
            Some("escalating") | None => IgnoreUntil::Escalating,
            Some("condition_met") => IgnoreUntil::Condition(Conditions {
                time: self.ignore_until.map(Timestamp),
                events: count(self.ignore_events),
                users: count(self.ignore_users),
            }),
            Some("forever") => IgnoreUntil::Forever,
            Some(other) => return Err(CatalogError::corrupt("end of an issue's being ignored", other)),
        };
        Ok(Some(Ignored { since: Timestamp(since), until }))
    }

    /// Writes the columns.
    pub(crate) async fn store(&self, tx: &mut Connection, issue: IssueId) -> Result<(), CatalogError> {
        sqlx::query(
            "UPDATE issues SET ignored = $1, ignored_until = $2, ignore_until = $3, ignore_events = $4,
             ignore_events_left = $4, ignore_users = $5 WHERE id = $6",
        )
        .bind(self.ignored)
        .bind(&self.ignored_until)
        .bind(self.ignore_until)
        .bind(self.ignore_events)
        .bind(self.ignore_users)
        .bind(issue.to_sql())
        .execute(tx)
        .await?;
        Ok(())
    }
}

impl Catalog {
    /// Ignored issues, after the one of this id, whose end a job is to look for: a time that has come, a number of users,
    /// or an escalation. Of the last two only those with an event since `active_since`. By id.
    pub async fn watched_issues(
        &self,
        after: IssueId,
        active_since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Watched>, CatalogError> {
        let now = self.clock.now();
        let mut query = sqlx::QueryBuilder::new(crate::issues::SELECT_ISSUE);
        query.push("i.status = 'ignored' AND i.redirect_to IS NULL AND i.id > ").push_bind(after.to_sql());
        query.push(" AND (i.ignore_until <= ").push_bind(now.0);
        query.push(" OR (i.last_seen >= ").push_bind(active_since.0);
        query.push(
            " AND (i.ignore_users IS NOT NULL OR i.ignored_until = 'escalating'))) ORDER BY i.id LIMIT ",
        );
        query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut connection = self.reader.acquire().await?;
        let issues = crate::issues::select_issues(&mut connection, query).await?;
        let watched = |issue: Issue| issue.ignored.map(|ignored| Watched { issue, ignored });
        Ok(issues.into_iter().filter_map(watched).collect())
    }

    /// Ends an issue's being ignored, with its transition, once; whether this call did. It does not if the issue was
    /// reopened, resolved or ignored anew meanwhile.
    pub async fn end_ignoring(&self, ended: &Ended) -> Result<bool, CatalogError> {
        let mut tx = self.write().await?;
        let reopened = sqlx::query(
            "UPDATE issues SET status = 'unresolved', escalating = $1
             WHERE id = $2 AND status = 'ignored' AND ignored = $3 AND redirect_to IS NULL",
        )
        .bind(ended.kind == TransitionKind::Escalating)
        .bind(ended.issue_id.to_sql())
        .bind(ended.since.0)
        .execute(&mut *tx)
        .await?;
        if reopened.rows_affected() == 0 {
            return Ok(false);
        }
        IgnoredRow::default().store(&mut tx, ended.issue_id).await?;
        let transition = NewTransition {
            project_id: ended.project_id,
            issue_id: ended.issue_id,
            kind: ended.kind,
            event_id: key(ended.issue_id, ended.since),
            shown_event_id: ended.newest_event,
            reason: ended.reason.clone(),
            data: ended.data.clone(),
        };
        insert_transitions(&mut tx, None, &[transition], self.clock.now()).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// In the place of an event's id: an issue is ignored once at a time.
fn key(issue: IssueId, since: Timestamp) -> EventId {
    EventId(Uuid::from_u64_pair(issue.0, since.0.cast_unsigned()))
}

#[cfg(test)]
mod tests;
