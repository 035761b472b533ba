//! What became of one event id: wherever it was stored, refused, filtered or set aside.

use std::cmp::Reverse;

use mayday_catalog::{issues::Issue, projects::Project, quarantine::Quarantined};
use mayday_event::{EventId, Timestamp};
use mayday_store::queries::{events::StoredEvent, fates::Fate};

use super::reasons::explained;
use crate::{Query, QueryError};

/// Days for which the fate of an event that was not stored is known.
const DAYS: u32 = 7;

/// All that is known of an event id.
#[derive(Debug, Clone)]
pub(crate) struct FateView {
    pub(crate) event_id: EventId,
    /// The event's own first, then the latest first; empty: nothing with this id is known.
    pub(crate) happenings: Vec<Happening>,
    /// Records that wait in the journal.
    pub(crate) waiting: u64,
}

/// One time that the event was received.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) what: What,
    pub(crate) received: Timestamp,
    /// Stable, in `snake_case`; empty for a stored event.
    pub(crate) reason: String,
    /// For people.
    pub(crate) detail: String,
}

/// What became of it.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Stored {
        /// `None` in the moment between its storing and its issue's.
        issue: Option<Box<Issue>>,
        payload_kept: bool,
    },
    Duplicate,
    /// Of the outcome with this name.
    Refused(String),
    /// Whole, in the quarantine.
    SetAside,
}

impl What {
    /// The name in the API.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Stored { .. } => "stored",
            Self::Duplicate => "duplicate",
            Self::Refused(outcome) => outcome,
            Self::SetAside => "set_aside",
        }
    }
}

impl FateView {
    /// What there is to say when nothing is known.
    pub(crate) fn unknown(&self) -> String {
        let nothing = format!("Nothing with this id was received in the last {DAYS} days.");
        match self.waiting {
            0 => nothing,
            1 => {
                format!("{nothing} One report waits in the journal and may hold it: look again in a moment.")
            }
            n => {
                format!("{nothing} {n} reports wait in the journal and may hold it: look again in a moment.")
            }
        }
    }
}

/// What became of an event of a project.
pub(crate) async fn of_event(query: &Query, project: &Project, id: EventId) -> Result<FateView, QueryError> {
    // Before the stores are asked: what is done meanwhile is in them.
    let waiting = query.journal.backlog();
    let (stored, fates) =
        tokio::try_join!(query.store.event(project.id, id), query.store.fates(project.id, id))?;
    let set_aside = query.catalog.quarantined_event(project.id, id).await?;
    let stored = match stored {
        Some(stored) => Some(of_stored(query, project, &stored).await?),
        None => None,
    };
    Ok(FateView { event_id: id, happenings: in_order(stored, fates, &set_aside), waiting })
}

async fn of_stored(query: &Query, project: &Project, stored: &StoredEvent) -> Result<Happening, QueryError> {
    let issue = match query.catalog.issue_of_hash(project.id, stored.summary.hash).await? {
        Some(id) => query.catalog.issues(project.organization_id, &[id]).await?.pop(),
        None => None,
    };
    let payload_kept = stored.payload.is_some();
    let detail = match (&issue, payload_kept) {
        (Some(issue), true) => format!("It is stored, in the issue {}.", issue.short_id),
        (Some(issue), false) => format!(
            "It is stored and counted, in the issue {}; past the project's daily budget, its payload is not kept.",
            issue.short_id
        ),
        (None, _) => "It is stored; its issue is being made.".to_owned(),
    };
    Ok(Happening {
        what: What::Stored { issue: issue.map(Box::new), payload_kept },
        received: stored.summary.received,
        reason: String::new(),
        detail,
    })
}

/// The event's own fate, then all others, the latest first.
fn in_order(stored: Option<Happening>, fates: Vec<Fate>, set_aside: &[Quarantined]) -> Vec<Happening> {
    // A report that was set aside has a fate, too, which says less.
    let told = |fate: &Fate| set_aside.iter().any(|it| fate.outcome == "invalid" && fate.detail == it.reason);
    let others = fates.into_iter().filter(|fate| !told(fate)).map(of_fate);
    let mut others: Vec<Happening> = others.chain(set_aside.iter().map(of_set_aside)).collect();
    others.sort_by_key(|happening| Reverse(happening.received));
    stored.into_iter().chain(others).collect()
}

fn of_fate(fate: Fate) -> Happening {
    let Fate { received, outcome, reason, detail, .. } = fate;
    let is_duplicate = reason == "duplicate";
    let detail = match (explained(&outcome, &reason), detail.as_str()) {
        ("", _) => detail,
        (explained, "") => explained.to_owned(),
        (explained, _) if is_duplicate => explained.to_owned(),
        (explained, detail) => format!("{}: {detail}", explained.trim_end_matches('.')),
    };
    let what = if is_duplicate { What::Duplicate } else { What::Refused(outcome) };
    Happening { what, received, reason, detail }
}

fn of_set_aside(report: &Quarantined) -> Happening {
    Happening {
        what: What::SetAside,
        received: report.created,
        reason: report.step.clone(),
        detail: format!("It was set aside at the step {}: {}", report.step, report.reason),
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::ProjectId;
    use uuid::Uuid;

    use super::*;
    use crate::fixture::now;

    fn fate(minutes: i64, outcome: &str, reason: &str, detail: &str) -> Fate {
        Fate {
            received: now().plus_ms(-minutes * 60_000),
            outcome: outcome.into(),
            reason: reason.into(),
            detail: detail.into(),
            position: 1,
        }
    }

    #[test]
    fn the_events_own_fate_comes_first_and_a_set_aside_report_is_told_once() {
        let stored = Happening {
            what: What::Stored { issue: None, payload_kept: true },
            received: now().plus_ms(-3_600_000),
            reason: String::new(),
            detail: String::new(),
        };
        let report = Quarantined {
            id: 3,
            project_id: ProjectId(1),
            event_id: EventId(Uuid::from_u128(1)),
            step: "parse".into(),
            reason: "not JSON".into(),
            created: now().plus_ms(-60_000),
        };
        let fates = vec![
            fate(2, "filtered", "filter_release", "app@1.*"),
            fate(0, "filtered", "duplicate", ""),
            fate(1, "invalid", "invalid_json", "not JSON"),
        ];
        let told = in_order(Some(stored), fates, &[report]);
        let lines: Vec<_> = told.iter().map(|it| format!("{}: {}", it.what.name(), it.detail)).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        stored: 
        duplicate: The same event id within 24 hours: an SDK sent it again because no answer had reached it.
        set_aside: It was set aside at the step parse: not JSON
        filtered: A filter of this project drops this release: app@1.*
        ");
    }

    #[test]
    fn of_an_unknown_event_it_says_what_may_still_come() {
        let unknown = |waiting| {
            let happenings = Vec::new();
            FateView { event_id: EventId(Uuid::from_u128(1)), happenings, waiting }.unknown()
        };
        assert_eq!(unknown(0), "Nothing with this id was received in the last 7 days.");
        assert!(
            unknown(1).ends_with("One report waits in the journal and may hold it: look again in a moment.")
        );
        assert!(unknown(12).contains("12 reports wait"));
    }
}
