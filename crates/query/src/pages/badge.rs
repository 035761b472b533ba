//! What marks an issue in a list and on its page.

use mayday_catalog::issues::{Issue, Status, Substatus};
use mayday_event::{Timestamp, model::Level};

/// A word in a coloured pill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) name: &'static str,
    /// In the style sheet.
    pub(crate) class: &'static str,
}

/// An issue's badges: what became of it, then how bad it is.
pub(crate) fn badges(issue: &Issue, now: Timestamp) -> Vec<Badge> {
    let state = match issue.status {
        Status::Resolved if issue.resolved_in_next_release => {
            Some(Badge { name: "Resolved in next release", class: "resolved" })
        }
        Status::Resolved => Some(Badge { name: "Resolved", class: "resolved" }),
        Status::Ignored => Some(Badge { name: "Ignored", class: "ignored" }),
        Status::Unresolved => match issue.substatus(now) {
            Some(Substatus::Regressed) => Some(Badge { name: "Regressed", class: "regressed" }),
            Some(Substatus::New) => Some(Badge { name: "New", class: "new" }),
            _ => None,
        },
    };
    let crash = (issue.level == Level::Fatal).then_some(Badge { name: "Crash", class: "crash" });
    state.into_iter().chain(crash).collect()
}
