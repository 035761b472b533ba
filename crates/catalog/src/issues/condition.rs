//! Which issues of a project: an expression over their state.

use mayday_event::{IssueId, Timestamp};
use sqlx::QueryBuilder;

use super::{Status, like_text};
use crate::connect::Database;

/// Which issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueCondition {
    /// Each of these; none: every issue.
    All(Vec<Self>),
    /// One of these or more; none: no issue.
    Any(Vec<Self>),
    Not(Box<Self>),
    Status(Status),
    /// Reopened by an event after it was resolved, and not resolved or ignored since.
    Regressed,
    /// E-mail address.
    AssignedTo(String),
    Unassigned,
    FirstSeen(Seen),
    LastSeen(Seen),
    /// First seen in one of these releases; `""` stands for none.
    FirstRelease(Vec<String>),
    /// As [`Self::FirstRelease`], in a release that is these parts in order with anything between them, whatever the
    /// case of letters.
    FirstReleaseLike(Vec<String>),
    /// These parts are in title, culprit or short id, in order; whatever the case of letters.
    Text(Vec<String>),
    /// Made after that one.
    MadeAfter(IssueId),
}

/// A half-open span of time; `None`: without an end on that side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Every issue.
impl Default for IssueCondition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl IssueCondition {
    /// An expression over `i`, true or false but never null.
    pub(super) fn push(&self, query: &mut QueryBuilder<Database>) {
        match self {
            Self::All(all) => push_joined(query, all, " AND ", "TRUE"),
            Self::Any(any) => push_joined(query, any, " OR ", "FALSE"),
            Self::Not(condition) => {
                query.push("NOT (");
                condition.push(query);
                query.push(")");
            }
            Self::Status(status) => {
                query.push("i.status = ").push_bind(status.name());
            }
            Self::Regressed => {
                query.push("i.regressed = TRUE");
            }
            Self::AssignedTo(email) => {
                query.push("EXISTS (SELECT 1 FROM users u WHERE u.id = i.assignee_id AND u.email = ");
                query.push_bind(email.trim().to_lowercase()).push(")");
            }
            Self::Unassigned => {
                query.push("i.assignee_id IS NULL");
            }
            Self::FirstSeen(seen) => seen.push(query, "i.first_seen"),
            Self::LastSeen(seen) => seen.push(query, "i.last_seen"),
            Self::FirstRelease(versions) => push_first_release(query, versions),
            Self::FirstReleaseLike(parts) => {
                query.push("LOWER(COALESCE(i.first_release, '')) LIKE ");
                query.push_bind(pattern_of(parts)).push(" ESCAPE '!'");
            }
            Self::Text(parts) => {
                query.push("i.search_text LIKE ");
                query.push_bind(format!("%{}%", pattern_of(parts))).push(" ESCAPE '!'");
            }
            Self::MadeAfter(id) => {
                query.push("i.id > ").push_bind(id.to_sql());
            }
        }
    }
}

impl Seen {
    fn push(self, query: &mut QueryBuilder<Database>, column: &str) {
        query.push("(TRUE");
        if let Some(from) = self.from {
            query.push(format!(" AND {column} >= ")).push_bind(from.0);
        }
        if let Some(to) = self.to {
            query.push(format!(" AND {column} < ")).push_bind(to.0);
        }
        query.push(")");
    }
}

fn push_joined(query: &mut QueryBuilder<Database>, conditions: &[IssueCondition], by: &str, none: &str) {
    query.push("(");
    for (number, condition) in conditions.iter().enumerate() {
        if number > 0 {
            query.push(by);
        }
        condition.push(query);
    }
    query.push(if conditions.is_empty() { none } else { "" }).push(")");
}

fn push_first_release(query: &mut QueryBuilder<Database>, versions: &[String]) {
    if versions.is_empty() {
        query.push("FALSE");
        return;
    }
    query.push("COALESCE(i.first_release, '') IN (");
    let mut list = query.separated(", ");
    for version in versions {
        list.push_bind(version.clone());
    }
    query.push(")");
}

/// For `LIKE … ESCAPE '!'` over lower case.
fn pattern_of(parts: &[String]) -> String {
    parts.iter().map(|part| like_text(part)).collect::<Vec<_>>().join("%")
}
