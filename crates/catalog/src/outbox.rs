//! The outbox: one delivery for each transition and subscribed hook.

use std::collections::{BTreeSet, HashMap};

use mayday_event::{IssueId, ProjectId, Timestamp};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::{
    Catalog, CatalogError,
    alerts::{Attempt, Delivery, DeliveryState, Transition, TransitionKind},
    connect::{Connection, Database},
    hooks::events_from_sql,
    issues::{IN_LIST, push_list},
    transitions::event_id_from_sql,
};

/// Transitions taken in one transaction.
const TAKEN_AT_ONCE: i64 = 500;
/// A project keeps this many deliveries that are done, and none older than [`KEPT_MS`].
const KEPT: i64 = 10_000;
const KEPT_MS: i64 = 30 * Timestamp::DAY_MS;
/// Due deliveries of one hook in an answer: the rest waits, so that a hook with many does not hide the others.
const DUE_PER_HOOK: i64 = 16;
/// Characters of an attempt's error that are kept.
const MAX_ERROR: usize = 500;

const DELIVERY_COLUMNS: &str =
    "d.id, d.hook_id, d.url, COALESCE(h.secret, '') AS secret, d.state, d.attempts,
     d.last_status, d.last_error, d.body, d.next_attempt, d.created, d.delivered,
     t.id AS transition_id, t.project_id, t.issue_id, t.kind,
     COALESCE(t.shown_event_id, t.event_id) AS event_id, t.reason,
     t.created AS transition_created";

impl Catalog {
    /// In one transaction: takes transitions that their batch has released and nobody took, and puts one
    /// delivery for each subscribed hook into the outbox. How many transitions were taken: at most 500, so call
    /// again until it is 0. Deliveries that are done are kept for 30 days, and 10,000 a project.
    pub async fn fill_outbox(&self) -> Result<usize, CatalogError> {
        // Asked every second: mostly there is nothing, and then no write lock is taken.
        if select_waiting(&mut *self.reader.acquire().await?, 1).await?.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let transitions = select_waiting(&mut tx, TAKEN_AT_ONCE).await?;
        let projects: BTreeSet<i64> = transitions.iter().map(|transition| transition.project_id).collect();
        let hooks = select_subscriptions(&mut tx, &projects).await?;
        let deliveries = transitions
            .iter()
            .flat_map(|transition| {
                let hooks = hooks.get(&transition.project_id).map(Vec::as_slice).unwrap_or_default();
                hooks.iter().filter(|hook| hook.wants(transition)).map(move |hook| (hook, transition))
            })
            .collect::<Vec<_>>();
        for deliveries in deliveries.chunks(IN_LIST) {
            insert_deliveries(&mut tx, deliveries, now).await?;
        }
        mark_taken(&mut tx, &transitions).await?;
        for project in projects {
            prune(&mut tx, project, now, KEPT).await?;
        }
        tx.commit().await?;
        Ok(transitions.len())
    }

    /// Pending deliveries that are due at `now`: of each hook the one that waits longest, then each hook's
    /// second, and so on, at most 16 a hook.
    pub async fn due_deliveries(&self, now: Timestamp, limit: usize) -> Result<Vec<Delivery>, CatalogError> {
        let rows: Vec<DeliveryRow> = QueryBuilder::new("SELECT ")
            .push(DELIVERY_COLUMNS)
            .push(
                " FROM (SELECT id AS due_id, next_attempt AS due,
                               ROW_NUMBER() OVER (PARTITION BY hook_id ORDER BY next_attempt, created, id) AS turn
                        FROM deliveries WHERE state = 'pending' AND next_attempt <= ",
            )
            .push_bind(now.0)
            .push(
                ") q JOIN deliveries d ON d.id = q.due_id
                 JOIN transitions t ON t.id = d.transition_id
                 JOIN hooks h ON h.id = d.hook_id
                 WHERE q.turn <= ",
            )
            .push_bind(DUE_PER_HOOK)
            .push(" ORDER BY q.turn, q.due, d.id LIMIT ")
            .push_bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .build_query_as()
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(Delivery::try_from).collect()
    }

    /// Keeps what a delivery posts, before its first attempt: each later one posts the same.
    pub async fn keep_body(&self, delivery: &str, body: &str) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE deliveries SET body = $1 WHERE id = $2 AND body IS NULL AND state = 'pending'")
            .bind(body)
            .bind(delivery)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down how an attempt ended. Nothing happens if the delivery is done or its hook was removed.
    pub async fn record_attempt(&self, delivery: &str, attempt: &Attempt) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let (state, status, error) = match attempt {
            Attempt::Delivered { status } => (DeliveryState::Delivered, Some(*status), None),
            Attempt::Retry { status, error, .. } => (DeliveryState::Pending, *status, Some(error)),
            Attempt::Failed { status, error } => (DeliveryState::Failed, *status, Some(error)),
        };
        let next_attempt =
            if let Attempt::Retry { next_attempt, .. } = attempt { *next_attempt } else { now };
        let mut query = QueryBuilder::new("UPDATE deliveries SET attempts = attempts + 1, state = ");
        query.push_bind(state.name());
        query.push(", last_status = ").push_bind(status.map(i64::from));
        query.push(", last_error = ").push_bind(error.map(|error| shortened(error)));
        query.push(", next_attempt = ").push_bind(next_attempt.0);
        if state != DeliveryState::Pending {
            query.push(", body = NULL");
        }
        if state == DeliveryState::Delivered {
            query.push(", delivered = ").push_bind(now.0);
        }
        query.push(" WHERE state = 'pending' AND id = ").push_bind(delivery.to_owned());
        let mut tx = self.write().await?;
        query.build().execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A project's deliveries, newest first.
    pub async fn deliveries(&self, project: ProjectId, limit: usize) -> Result<Vec<Delivery>, CatalogError> {
        let rows: Vec<DeliveryRow> = QueryBuilder::new("SELECT ")
            .push(DELIVERY_COLUMNS)
            .push(
                " FROM deliveries d JOIN transitions t ON t.id = d.transition_id
                 LEFT JOIN hooks h ON h.id = d.hook_id WHERE d.project_id = ",
            )
            .push_bind(project.to_sql())
            .push(" ORDER BY d.created DESC, d.transition_id DESC, d.id LIMIT ")
            .push_bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .build_query_as()
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(Delivery::try_from).collect()
    }
}

#[derive(FromRow)]
struct WaitingRow {
    id: i64,
    project_id: i64,
    kind: String,
}

/// A hook, as far as it matters for what is told.
struct Subscription {
    hook_id: i64,
    url: String,
    events: Vec<TransitionKind>,
    after_transition: i64,
}

impl Subscription {
    fn wants(&self, transition: &WaitingRow) -> bool {
        transition.id > self.after_transition
            && self.events.iter().any(|kind| kind.action() == transition.kind)
    }
}

async fn select_waiting(connection: &mut Connection, limit: i64) -> Result<Vec<WaitingRow>, CatalogError> {
    Ok(sqlx::query_as(
        "SELECT id, project_id, kind FROM transitions WHERE NOT taken AND held_by_journal IS NULL
         ORDER BY id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

/// Active hooks by project.
async fn select_subscriptions(
    tx: &mut Connection,
    projects: &BTreeSet<i64>,
) -> Result<HashMap<i64, Vec<Subscription>>, CatalogError> {
    let mut query = QueryBuilder::<Database>::new(
        "SELECT project_id, id, url, events, after_transition FROM hooks WHERE active AND project_id IN ",
    );
    push_list(&mut query, projects.iter().copied());
    let rows: Vec<(i64, i64, String, String, i64)> = query.build_query_as().fetch_all(tx).await?;
    let mut hooks: HashMap<i64, Vec<Subscription>> = HashMap::new();
    for (project, hook_id, url, events, after_transition) in rows {
        let events = events_from_sql(&events)?;
        hooks.entry(project).or_default().push(Subscription { hook_id, url, events, after_transition });
    }
    Ok(hooks)
}

async fn insert_deliveries(
    tx: &mut Connection,
    deliveries: &[(&Subscription, &WaitingRow)],
    now: Timestamp,
) -> Result<(), CatalogError> {
    QueryBuilder::new(
        "INSERT INTO deliveries (id, hook_id, transition_id, project_id, url, state, attempts, next_attempt,
         created) ",
    )
    .push_values(deliveries, |mut row, (hook, transition)| {
        row.push_bind(Uuid::new_v4().to_string())
            .push_bind(hook.hook_id)
            .push_bind(transition.id)
            .push_bind(transition.project_id)
            .push_bind(hook.url.clone())
            .push_bind(DeliveryState::Pending.name())
            .push_bind(0_i64)
            .push_bind(now.0)
            .push_bind(now.0);
    })
    .push(" ON CONFLICT (hook_id, transition_id) DO NOTHING")
    .build()
    .execute(tx)
    .await?;
    Ok(())
}

async fn mark_taken(tx: &mut Connection, transitions: &[WaitingRow]) -> Result<(), CatalogError> {
    if transitions.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::new("UPDATE transitions SET taken = TRUE WHERE id IN ");
    push_list(&mut query, transitions.iter().map(|transition| transition.id));
    query.build().execute(tx).await?;
    Ok(())
}

async fn prune(tx: &mut Connection, project: i64, now: Timestamp, kept: i64) -> Result<(), CatalogError> {
    sqlx::query(
        "DELETE FROM deliveries WHERE project_id = $1 AND state <> 'pending' AND (created < $2 OR created <
         (SELECT created FROM deliveries WHERE project_id = $1 ORDER BY created DESC LIMIT 1 OFFSET $3))",
    )
    .bind(project)
    .bind(now.plus_ms(-KEPT_MS).0)
    .bind(kept - 1)
    .execute(tx)
    .await?;
    Ok(())
}

fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

#[derive(FromRow)]
struct DeliveryRow {
    id: String,
    hook_id: i64,
    url: String,
    secret: String,
    state: String,
    attempts: i64,
    last_status: Option<i64>,
    last_error: Option<String>,
    body: Option<String>,
    next_attempt: i64,
    created: i64,
    delivered: Option<i64>,
    transition_id: i64,
    project_id: i64,
    issue_id: i64,
    kind: String,
    event_id: String,
    reason: String,
    transition_created: i64,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = CatalogError;

    fn try_from(row: DeliveryRow) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id,
            hook_id: row.hook_id,
            url: row.url,
            secret: row.secret,
            transition: Transition {
                id: row.transition_id,
                project_id: ProjectId::from_sql(row.project_id),
                issue_id: IssueId::from_sql(row.issue_id),
                kind: TransitionKind::from_sql(&row.kind)?,
                event_id: event_id_from_sql(&row.event_id)?,
                reason: row.reason,
                created: Timestamp(row.transition_created),
            },
            state: DeliveryState::from_sql(&row.state)?,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            last_status: row.last_status.and_then(|status| u16::try_from(status).ok()),
            last_error: row.last_error,
            body: row.body,
            next_attempt: Timestamp(row.next_attempt),
            created: Timestamp(row.created),
            delivered: row.delivered.map(Timestamp),
        })
    }
}

#[cfg(test)]
mod tests;
