//! Ignored issues whose end does not come with one event: a time, a number of users, an escalation.

use mayday_catalog::{
    CatalogError,
    alerts::TransitionKind,
    ignoring::{Ended, IgnoreUntil, Watched},
    issues::Issue,
};
use mayday_event::{IssueId, Timestamp};
use mayday_store::{
    StoreError,
    queries::{Condition, HashGroup, Window, events::Edge, issues::Interval},
};
use serde_json::{Value, json};

use crate::{
    Worker,
    escalation::{forecast, in_thousands},
};

/// Issues looked at in one go.
const ISSUES: usize = 200;
/// How much of its past an issue's forecast is made of.
const PAST_MS: i64 = 7 * Timestamp::DAY_MS;

/// Why it stopped; the next round goes on.
#[derive(Debug, thiserror::Error)]
enum IgnoredError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an issue is ignored no longer.
struct Reason {
    kind: TransitionKind,
    words: String,
    data: Value,
}

/// Looks at all of them, and reopens those whose end has come.
pub(crate) async fn check(worker: &Worker) {
    if let Err(error) = check_all(worker).await {
        let error = crate::retry::chain(&error);
        tracing::warn!(error, "ignored issues cannot be looked at just now");
    }
}

async fn check_all(worker: &Worker) -> Result<(), IgnoredError> {
    let now = worker.clock.now();
    let mut after = IssueId(0);
    loop {
        let watched = worker.catalog.watched_issues(after, now.plus_ms(-Timestamp::HOUR_MS), ISSUES).await?;
        let Some(last) = watched.last() else { return Ok(()) };
        after = last.issue.id;
        for watched in &watched {
            if let Some(reason) = reason(worker, watched, now).await? {
                end(worker, watched, reason).await?;
            }
        }
    }
}

async fn end(worker: &Worker, watched: &Watched, reason: Reason) -> Result<(), IgnoredError> {
    let Watched { issue, ignored } = watched;
    let newest = Edge::Newest { near: Some(issue.last_seen) };
    let newest = worker.store.edge_event(issue.project_id, &issue.hashes, newest).await?;
    let ended = Ended {
        project_id: issue.project_id,
        issue_id: issue.id,
        since: ignored.since,
        kind: reason.kind,
        reason: reason.words,
        data: reason.data,
        newest_event: newest.map(|(event, _)| event.summary.event_id),
    };
    if worker.catalog.end_ignoring(&ended).await? {
        tracing::info!(issue = issue.id.0, action = ended.kind.action(), reason = ended.reason, "reopened");
        worker.transitions.notify_one();
    }
    Ok(())
}

async fn reason(worker: &Worker, watched: &Watched, now: Timestamp) -> Result<Option<Reason>, IgnoredError> {
    let Watched { issue, ignored } = watched;
    let conditions = match ignored.until {
        IgnoreUntil::Escalating => return escalation(worker, issue, now).await,
        IgnoreUntil::Forever => return Ok(None),
        IgnoreUntil::Condition(conditions) => conditions,
    };
    let unignored = |words: String| {
        let data = json!({ "reason": words });
        Ok(Some(Reason { kind: TransitionKind::Unignored, words, data }))
    };
    if let Some(time) = conditions.time.filter(|time| *time <= now) {
        return unignored(format!("it was ignored until {time}"));
    }
    let Some(most) = conditions.users else { return Ok(None) };
    let window = Window { from: ignored.since, to: now.plus_ms(Timestamp::DAY_MS) };
    let counted = worker.store.exact_counts(issue.project_id, &issue.hashes, window).await?;
    if counted.users < u64::from(most) {
        return Ok(None);
    }
    unignored(format!("{} users since it was ignored", in_thousands(counted.users)))
}

/// Whether its last hour has more events than its week before lets expect.
async fn escalation(worker: &Worker, issue: &Issue, now: Timestamp) -> Result<Option<Reason>, IgnoredError> {
    let hour = Window { from: now.plus_ms(-Timestamp::HOUR_MS), to: now };
    let events = worker.store.exact_counts(issue.project_id, &issue.hashes, hour).await?.events;
    if events <= forecast(&[]) {
        return Ok(None);
    }
    let to = hour.from.hour();
    let past = Window { from: to.plus_ms(-PAST_MS), to };
    let group = HashGroup { id: issue.id.0, hashes: issue.hashes.clone() };
    let series = worker
        .store
        .group_series(issue.project_id, &[group], past, Interval::Hour, &Condition::default())
        .await?
        .remove(&issue.id.0)
        .unwrap_or_default();
    let born = issue.first_seen.hour();
    let hours: Vec<u64> =
        series.into_iter().filter(|(start, _)| *start >= born).map(|(_, events)| events).collect();
    let most = forecast(&hours);
    if events <= most {
        return Ok(None);
    }
    let (said, expected) = (in_thousands(events), in_thousands(most));
    Ok(Some(Reason {
        kind: TransitionKind::Escalating,
        words: format!("{said} events in the last hour, the forecast was at most {expected}"),
        data: json!({ "event_count": events, "forecast": most }),
    }))
}
