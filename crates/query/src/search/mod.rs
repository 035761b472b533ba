//! What people type to find issues: `is:unresolved (release:>=1.2 OR !os.name:iOS) "out of memory"`.
//!
//! A search is terms joined by spaces or `AND`, which bind stronger than `OR`, and by parentheses. A term is
//! `key:value`, `!key:value`, or text to find. [`parse`] makes it a tree ([`ast`]), [`plan`] what the catalog and
//! ClickHouse are asked.
//!
//! An issue is found if one of its events, together with the issue's own state, makes the whole search true: what is
//! asked of events and joined by AND must be true of one and the same event. `!` turns a term round: it wants an event
//! that does not match.

mod ast;
mod keys;
mod parse;
pub(crate) mod plan;
mod print;
mod releases;
#[cfg(test)]
pub(crate) mod tests;
mod values;

use mayday_catalog::issues::Status;
use mayday_store::queries::{Field, Pattern, sessions::SessionFilter};

use crate::QueryError;
use ast::{Filter, Node, State, Term, Version, Versions};
pub(crate) use keys::{KEYS, field};

/// Longest search, characters.
pub(crate) const MAX_LENGTH: usize = 1000;
/// Most terms of a search, each value of a list being one.
pub(crate) const MAX_TERMS: usize = 50;
/// Deepest parentheses.
pub(crate) const MAX_DEPTH: usize = 10;

/// A parsed search.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Search {
    root: Node,
}

/// Why a search cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("query, character {position}: {reason}")]
pub(crate) struct SearchError {
    /// Of the part that is wrong; the first character is 1.
    pub(crate) position: usize,
    pub(crate) reason: String,
}

impl Search {
    /// Reads what somebody typed.
    pub(crate) fn parse(text: &str) -> Result<Self, SearchError> {
        Ok(Self { root: parse::parse(text)? })
    }

    /// Only what happened in that environment, besides.
    pub(crate) fn narrow_environment(&mut self, environment: String) {
        let value = Pattern(vec![environment]);
        self.and(Node::Term(Term::of(Filter::Field(Field::Environment, vec![value]))));
    }

    fn and(&mut self, node: Node) {
        let root = std::mem::take(&mut self.root);
        self.root = Node::all(vec![root, node]);
    }

    /// Whether it asks something of events, so that those which match may be fewer than all.
    pub(crate) fn narrows_events(&self) -> bool {
        self.root.terms().any(|term| term.filter.is_of_events())
    }

    /// The status that every issue must have, if the search says just one and says it outside of any parentheses.
    pub(crate) fn status(&self) -> Option<Status> {
        let mut statuses = self.root.conjuncts().filter_map(|node| match node {
            Node::Term(Term { negated: false, filter: Filter::Is(states), .. }) => match states.as_slice() {
                [State::Status(status)] => Some(*status),
                _ => None,
            },
            _ => None,
        });
        statuses.next()
    }
}

impl Search {
    /// As a search of sessions, of which no more than release and environment is known.
    pub(crate) fn of_sessions(&self) -> Result<SessionFilter, SearchError> {
        let mut filter = SessionFilter::default();
        for node in self.root.conjuncts() {
            let term = match node {
                Node::Term(term) if !term.negated => term,
                other => return Err(not_of_sessions(other)),
            };
            let exactly = match &term.filter {
                Filter::Release(Versions::OneOf(versions)) => versions.iter().map(exact_version).collect(),
                Filter::Field(Field::Environment, patterns) => patterns.iter().map(exact).collect(),
                _ => None,
            };
            let exactly: Vec<String> = exactly.ok_or_else(|| not_of_sessions(node))?;
            match term.filter {
                Filter::Release(_) => filter.releases.extend(exactly),
                _ => filter.environments.extend(exactly),
            }
        }
        Ok(filter)
    }
}

fn exact_version(version: &Version) -> Option<String> {
    match version {
        Version::Is(pattern) => exact(pattern),
        Version::Latest => None,
    }
}

/// The text of a pattern that has no gaps.
fn exact(pattern: &Pattern) -> Option<String> {
    match pattern.0.as_slice() {
        [text] => Some(text.clone()),
        _ => None,
    }
}

fn not_of_sessions(node: &Node) -> SearchError {
    let reason = "sessions are found by release:VERSION and environment:NAME alone, joined by AND";
    parse::error(node.terms().next().map_or(1, |term| term.at.0), reason)
}

impl From<SearchError> for QueryError {
    fn from(error: SearchError) -> Self {
        Self::Invalid(error.to_string())
    }
}
