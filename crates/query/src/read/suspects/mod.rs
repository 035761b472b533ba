//! Suspects: what an issue's users have in common that the project's other users do not.
//!
//! The attributes of one event of each affected user are compared with those of one event of each other user of the
//! same project and window (see [`mayday_store::queries::suspects`]). A value is a suspect if it is clearly more
//! frequent (at a false discovery rate of 5 % over all values that were compared), by enough to matter, and not
//! because of a stronger suspect.

mod choose;
mod sentence;
mod statistics;

use std::sync::Arc;

use mayday_catalog::issues::Issue;
use mayday_event::{GroupHash, ProjectId, Timestamp};
use mayday_store::{
    Store, StoreError,
    queries::{
        EventFilter, Window,
        suspects::Compared,
        voices::{Attributes, MAX_TOGETHER, Sides},
    },
};

use self::statistics::Table;
use super::kept::Answer;
use crate::{Query, QueryError};

pub(crate) use self::{choose::FALSE_DISCOVERY_RATE, sentence::percent};

/// The longest window, from when the issue began.
pub(crate) const MAX_DAYS: i64 = 14;
/// Fewer affected users have no pattern.
pub(crate) const MIN_USERS: u64 = 3;

/// What belongs to the issue itself rather than to where it happens, and who it happens to.
const WITHOUT: [&str; 7] = ["user", "level", "handled", "mechanism", "transaction", "logger", "url"];

/// What was compared and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Suspects {
    pub(crate) window: Window,
    /// Users; an event of nobody known counts as one.
    pub(crate) users: Sides,
    /// Events that were read.
    pub(crate) events: Sides,
    /// Whether only a part of the issue's events was read.
    pub(crate) is_affected_sampled: bool,
    /// Whether only a part of the other events was read.
    pub(crate) is_others_sampled: bool,
    /// The strongest first.
    pub(crate) suspects: Vec<Suspect>,
    /// Pairs of them that say more than each alone, the strongest first.
    pub(crate) pairs: Vec<Pair>,
    /// All of it in one sentence; empty without suspects.
    pub(crate) sentence: String,
    /// Why there is none; empty with suspects.
    pub(crate) reason: &'static str,
}

/// A value that is over-represented.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suspect {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) measured: Measured,
}

/// Two values that occur together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub(crate) attributes: [(String, String); 2],
    pub(crate) measured: Measured,
}

/// How much more frequent something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    /// Users of each side that have it.
    pub(crate) users: Sides,
    /// Share of the affected users, 0 to 1.
    pub(crate) share: f64,
    /// Share of the other users, 0 to 1.
    pub(crate) baseline: f64,
    /// `share / baseline`, the baseline being kept from 0.
    pub(crate) lift: f64,
    pub(crate) p_value: f64,
    /// The rate of false discoveries at which it is one.
    pub(crate) adjusted_p_value: f64,
}

/// What an issue's users have in common; the window is by default that since it began.
pub(crate) async fn of_issue(
    query: &Query,
    issue: &Issue,
    window: Option<Window>,
    filter: &EventFilter,
) -> Result<Arc<Suspects>, QueryError> {
    let window = match window {
        Some(window) => window,
        None => since_it_began(query, issue).await?,
    };
    let hashes = issue.hashes.clone();
    let asked = AskedSuspects { project: issue.project_id, hashes, window, filter: filter.clone() };
    let store = query.store.clone();
    let find = |asked: AskedSuspects| async move { asked.found(&store).await };
    Ok(query.kept.suspects.get(asked, &query.clock, find).await?)
}

/// Whose suspects, and of which events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AskedSuspects {
    project: ProjectId,
    hashes: Vec<GroupHash>,
    window: Window,
    filter: EventFilter,
}

impl Answer for Suspects {
    fn is_of_much(&self) -> bool {
        self.is_affected_sampled || self.is_others_sampled
    }
}

impl AskedSuspects {
    async fn found(&self, store: &Store) -> Result<Suspects, StoreError> {
        let Self { project, hashes, window, filter } = self;
        let compared = Compared { project: *project, hashes, window: *window, filter, without: &WITHOUT };
        let voices = store.voices(&compared).await?;
        let found = voices.attributes();
        let mut candidates = choose::candidates(&found);
        candidates.truncate(MAX_TOGETHER);
        let (suspects, pairs) = if candidates.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let values: Vec<(&str, &str)> =
                candidates.iter().map(|it| (it.key.as_str(), it.value.as_str())).collect();
            let overlap = voices.overlap(&values);
            choose::suspects(candidates, &overlap, &found)
        };
        Ok(Suspects::new(*window, &found, suspects, pairs))
    }
}

/// Since the issue was new or last regressed or escalated: a day at least, so that there is enough to compare with,
/// and [`MAX_DAYS`] at most.
async fn since_it_began(query: &Query, issue: &Issue) -> Result<Window, QueryError> {
    let now = query.clock.now();
    let transition = query.catalog.latest_transition(issue.id).await?;
    // The transition was noticed some time after the event that made it.
    let began = match transition {
        Some(at) => at.plus_ms(-Timestamp::HOUR_MS),
        None => issue.first_seen,
    };
    let from = began.hour().min(now.plus_ms(-Timestamp::DAY_MS).hour());
    let earliest = now.plus_ms(-MAX_DAYS * Timestamp::DAY_MS).hour();
    Ok(Window { from: from.max(earliest), to: now.hour().plus_ms(Timestamp::HOUR_MS) })
}

impl Suspects {
    fn new(window: Window, found: &Attributes, suspects: Vec<Suspect>, pairs: Vec<Pair>) -> Self {
        let reason = if !suspects.is_empty() {
            ""
        } else if found.voices.affected < MIN_USERS {
            "Too few users were affected to tell what they have in common."
        } else if found.voices.others == 0 {
            "The project has no other events in this time to compare with."
        } else {
            "Those affected differ in nothing from the project's other users."
        };
        let unit = if found.voices == found.events { "events" } else { "users" };
        Self {
            window,
            users: found.voices,
            events: found.events,
            is_affected_sampled: found.sample.affected_step > 1,
            is_others_sampled: found.sample.others_step > 1,
            sentence: sentence::sentence(&suspects, &pairs, unit),
            suspects,
            pairs,
            reason,
        }
    }
}

impl Measured {
    fn new(table: Table, p_value: f64, adjusted_p_value: f64) -> Self {
        Self {
            users: Sides { affected: table.affected_with, others: table.others_with },
            share: table.share(),
            baseline: table.baseline(),
            lift: table.lift(),
            p_value,
            adjusted_p_value,
        }
    }
}
