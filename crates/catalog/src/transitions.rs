//! Issue transitions: recorded with the batch that made them, held back until it is finished.

use std::collections::HashMap;

use mayday_event::{EventId, IssueId, ProjectId, Timestamp};
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{
    Catalog, CatalogError, activities,
    alerts::TransitionKind,
    connect::{Connection, Sequence},
    issues::IN_LIST,
};

/// A transition about to be recorded.
#[derive(Debug)]
pub(crate) struct NewTransition {
    pub(crate) project_id: ProjectId,
    pub(crate) issue_id: IssueId,
    pub(crate) kind: TransitionKind,
    /// The event that caused it, else a key of its own: one transition of a kind, issue and key.
    pub(crate) event_id: EventId,
    /// What alerts show where no event caused it.
    pub(crate) shown_event_id: Option<EventId>,
    pub(crate) reason: String,
    /// The activity's data, as Sentry's.
    pub(crate) data: Value,
}

impl NewTransition {
    /// The activity that it is, as Sentry names it.
    fn activity(&self) -> &'static str {
        match self.kind {
            TransitionKind::New => "first_seen",
            TransitionKind::Regressed => "set_regression",
            TransitionKind::Unignored => "set_unresolved",
            TransitionKind::Escalating => "set_escalating",
        }
    }
}

pub(crate) fn event_id_from_sql(text: &str) -> Result<EventId, CatalogError> {
    text.parse().map_err(|_| CatalogError::corrupt("event id", text))
}

impl Catalog {
    /// When an issue was last new, regressed or the like; `None` if that is not known any more.
    pub async fn latest_transition(&self, issue: IssueId) -> Result<Option<Timestamp>, CatalogError> {
        let created: Option<i64> =
            sqlx::query_scalar("SELECT MAX(created) FROM transitions WHERE issue_id = $1")
                .bind(issue.to_sql())
                .fetch_one(&self.reader)
                .await?;
        Ok(created.map(Timestamp))
    }
}

/// Records transitions, each with its activity; held back by the journal's begun batch, if one makes them.
pub(crate) async fn insert_transitions(
    tx: &mut Connection,
    journal: Option<Uuid>,
    transitions: &[NewTransition],
    now: Timestamp,
) -> Result<(), CatalogError> {
    for transitions in transitions.chunks(IN_LIST) {
        let count = i64::try_from(transitions.len()).unwrap_or(i64::MAX);
        let first_id = Sequence::Transition.reserve(tx, count).await?;
        QueryBuilder::new(
            "INSERT INTO transitions
             (id, project_id, issue_id, kind, event_id, shown_event_id, reason, created, held_by_journal, taken) ",
        )
        .push_values((first_id..).zip(transitions), |mut row, (id, transition)| {
            row.push_bind(id)
                .push_bind(transition.project_id.to_sql())
                .push_bind(transition.issue_id.to_sql())
                .push_bind(transition.kind.action())
                .push_bind(transition.event_id.to_string())
                .push_bind(transition.shown_event_id.map(|id| id.to_string()))
                .push_bind(transition.reason.clone())
                .push_bind(now.0)
                .push_bind(journal.map(|journal| journal.to_string()))
                .push_bind(false);
        })
        .build()
        .execute(&mut *tx)
        .await?;
        for transition in transitions {
            let (issue, kind) = (transition.issue_id, transition.activity());
            activities::record(tx, issue, kind, None, &transition.data, now).await?;
        }
    }
    Ok(())
}

/// Whether this event has reopened this issue before.
pub(crate) async fn has_regressed(
    tx: &mut Connection,
    issue: IssueId,
    event: EventId,
) -> Result<bool, CatalogError> {
    let id: Option<i64> =
        sqlx::query_scalar("SELECT id FROM transitions WHERE issue_id = $1 AND kind = $2 AND event_id = $3")
            .bind(issue.to_sql())
            .bind(TransitionKind::Regressed.action())
            .bind(event.to_string())
            .fetch_optional(tx)
            .await?;
    Ok(id.is_some())
}

/// What the journal's begun batch has recorded before: empty unless it is being replayed.
pub(crate) async fn held_transitions(
    tx: &mut Connection,
    journal: Uuid,
) -> Result<HashMap<(IssueId, EventId), TransitionKind>, CatalogError> {
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT issue_id, event_id, kind FROM transitions WHERE held_by_journal = $1")
            .bind(journal.to_string())
            .fetch_all(tx)
            .await?;
    rows.into_iter()
        .map(|(issue, event, kind)| {
            let key = (IssueId::from_sql(issue), event_id_from_sql(&event)?);
            Ok((key, TransitionKind::from_sql(&kind)?))
        })
        .collect()
}

/// Lets alerts have what the journal's batch held back.
pub(crate) async fn release_transitions(tx: &mut Connection, journal: Uuid) -> Result<(), CatalogError> {
    sqlx::query("UPDATE transitions SET held_by_journal = NULL WHERE held_by_journal = $1")
        .bind(journal.to_string())
        .execute(tx)
        .await?;
    Ok(())
}
