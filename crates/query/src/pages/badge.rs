//! What marks an issue in a list and on its page.

use mayday_catalog::issues::{Issue, Status};
use mayday_event::{Timestamp, model::Level};

/// A word in a coloured pill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) name: &'static str,
    /// In the style sheet.
    pub(crate) class: &'static str,
}

/// How long an issue is called new.
const NEW_MS: i64 = 7 * Timestamp::DAY_MS;

/// An issue's badges: what became of it, then how bad it is.
pub(crate) fn badges(issue: &Issue, now: Timestamp) -> Vec<Badge> {
    let state = match issue.status {
        Status::Resolved => Some(Badge { name: "Resolved", class: "resolved" }),
        Status::Ignored => Some(Badge { name: "Ignored", class: "ignored" }),
        Status::Unresolved if issue.regressed => Some(Badge { name: "Regressed", class: "regressed" }),
        Status::Unresolved if now.since_ms(issue.first_seen) < NEW_MS => {
            Some(Badge { name: "New", class: "new" })
        }
        Status::Unresolved => None,
    };
    let crash = (issue.level == Level::Fatal).then_some(Badge { name: "Crash", class: "crash" });
    state.into_iter().chain(crash).collect()
}
