//! What the catalog and ClickHouse are asked for a search.
//!
//! Issues have state, events have fields, and neither store knows the other's. So a search becomes a few alternatives,
//! each a condition on the issue and one on an event, that must both hold; an issue is found by any of them. What is
//! only of events, or only of issues, stays one condition however it is joined: only OR between the two makes
//! alternatives.

use mayday_catalog::{
    access::Principal,
    issues::{IssueCondition, Seen, Status},
    json::NEW_MS,
};
use mayday_event::Timestamp;
use mayday_store::queries::{Condition, Field, Pattern, search::MAX_ALTERNATIVES, words};

pub(crate) use super::releases::Releases;
use super::{
    Search, SearchError,
    ast::{Assignee, Comparison, Counted, Edge, Filter, Node, State, Term, When},
    parse::error,
    releases::Meant,
    values::anywhere,
};

/// Releases that comparing looks at, the last first seen first.
pub(crate) const MAX_RELEASES: usize = 5_000;

/// A way to be found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Alternative {
    issues: Vec<IssueCondition>,
    pub(crate) counts: Vec<CountCondition>,
    events: Vec<Condition>,
}

/// What an issue's counts over all that is kept must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountCondition {
    of: Counted,
    comparison: Comparison,
    number: u64,
    negated: bool,
}

/// What a search depends on beside its text.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// Who `assigned:me` means.
    pub(crate) principal: &'a Principal,
    pub(crate) now: Timestamp,
    /// Empty unless [`Search::needs_releases`].
    pub(crate) releases: &'a Releases,
}

impl Search {
    /// Whether it depends on which releases there are.
    pub(crate) fn needs_releases(&self) -> bool {
        self.root.terms().any(|term| match &term.filter {
            Filter::Release(versions) | Filter::FirstRelease(versions) => versions.needs_releases(),
            _ => false,
        })
    }

    /// The ways to be found by it; none: no issue is.
    pub(crate) fn plan(&self, context: &Context<'_>) -> Result<Vec<Alternative>, SearchError> {
        context.node(&self.root)
    }
}

impl Alternative {
    /// On the issue.
    pub(crate) fn issues(&self) -> IssueCondition {
        IssueCondition::All(self.issues.clone())
    }

    /// On one of its events; `None`: nothing is asked of them.
    pub(crate) fn events(&self) -> Option<Condition> {
        (!self.events.is_empty()).then(|| Condition::All(self.events.clone()))
    }

    fn of_issues(condition: IssueCondition) -> Self {
        Self { issues: vec![condition], ..Self::default() }
    }

    fn of_events(condition: Condition) -> Self {
        Self { events: vec![condition], ..Self::default() }
    }

    fn and(mut self, other: &Self) -> Self {
        self.issues.extend_from_slice(&other.issues);
        self.counts.extend_from_slice(&other.counts);
        self.events.extend_from_slice(&other.events);
        self
    }
}

impl CountCondition {
    /// Whether users must be counted for it.
    pub(crate) fn is_of_users(&self) -> bool {
        self.of == Counted::Users
    }

    pub(crate) fn holds(&self, events: u64, users: u64) -> bool {
        let count = match self.of {
            Counted::Events => events,
            Counted::Users => users,
        };
        self.comparison.holds(count.cmp(&self.number)) != self.negated
    }
}

impl Context<'_> {
    fn node(&self, node: &Node) -> Result<Vec<Alternative>, SearchError> {
        match node {
            Node::Term(term) => match &term.filter {
                Filter::Text(text) => Ok(of_text(&[text])),
                _ => Ok(vec![self.term(term)?]),
            },
            Node::All(nodes) => self.all(nodes),
            Node::Any(nodes) => {
                let alternatives: Result<Vec<_>, _> = nodes.iter().map(|node| self.node(node)).collect();
                let alternatives = merged(alternatives?.into_iter().flatten());
                within_bounds(alternatives)
            }
        }
    }

    fn all(&self, nodes: &[Node]) -> Result<Vec<Alternative>, SearchError> {
        let texts: Vec<&Pattern> = nodes.iter().filter_map(text_of).collect();
        let mut alternatives = vec![Alternative::default()];
        if !texts.is_empty() {
            alternatives = of_text(&texts);
        }
        for node in nodes.iter().filter(|node| text_of(node).is_none()) {
            let others = self.node(node)?;
            let both = alternatives.iter().flat_map(|one| others.iter().map(|other| one.clone().and(other)));
            alternatives = within_bounds(both.collect())?;
        }
        Ok(alternatives)
    }

    fn term(&self, term: &Term) -> Result<Alternative, SearchError> {
        let of_issues = |condition| {
            Alternative::of_issues(match term.negated {
                true => IssueCondition::Not(Box::new(condition)),
                false => condition,
            })
        };
        let of_events = |condition| {
            Alternative::of_events(match term.negated {
                true => Condition::Not(Box::new(condition)),
                false => condition,
            })
        };
        let meant = |versions| self.releases.meant(versions).map_err(|reason| error(term.at.0, reason));
        Ok(match &term.filter {
            Filter::Is(states) => of_issues(any(states.iter().map(|state| self.state(*state)))),
            Filter::Assigned(members) => of_issues(any(members.iter().map(|member| self.assigned(member)))),
            Filter::Seen(edge, when) => of_issues(self.seen(*edge, *when)),
            Filter::FirstRelease(versions) => of_issues(first_release(meant(versions)?)),
            Filter::Release(versions) => of_events(release(meant(versions)?)),
            Filter::Counted(of, comparison, number) => Alternative {
                counts: vec![CountCondition {
                    of: *of,
                    comparison: *comparison,
                    number: *number,
                    negated: term.negated,
                }],
                ..Alternative::default()
            },
            Filter::Field(field, patterns) => of_events(of_field(field, patterns)),
            Filter::Has(field) => of_events(Condition::Has(field.clone())),
            Filter::Text(text) => of_events(on_message(text)),
        })
    }

    fn state(&self, state: State) -> IssueCondition {
        let unresolved = IssueCondition::Status(Status::Unresolved);
        let new_since = Seen { from: Some(self.now.plus_ms(1 - NEW_MS)), to: None };
        let new = IssueCondition::FirstSeen(new_since);
        let not = |condition| IssueCondition::Not(Box::new(condition));
        match state {
            State::Status(status) => IssueCondition::Status(status),
            State::Regressed => IssueCondition::All(vec![unresolved, IssueCondition::Regressed]),
            State::New => IssueCondition::All(vec![unresolved, not(IssueCondition::Regressed), new]),
            State::Ongoing => IssueCondition::All(vec![unresolved, not(IssueCondition::Regressed), not(new)]),
            State::Assigned => not(IssueCondition::Unassigned),
            State::Unassigned => IssueCondition::Unassigned,
        }
    }

    fn assigned(&self, assignee: &Assignee) -> IssueCondition {
        match assignee {
            Assignee::Me => IssueCondition::AssignedTo(self.principal.email.clone()),
            Assignee::Nobody => IssueCondition::Unassigned,
            Assignee::Member(email) => IssueCondition::AssignedTo(email.clone()),
        }
    }

    fn seen(&self, edge: Edge, when: When) -> IssueCondition {
        let from = |from: Timestamp| Seen { from: Some(from), to: None };
        let to = |to: Timestamp| Seen { from: None, to: Some(to) };
        let seen = match when {
            When::Within(ms) => from(self.now.plus_ms(-ms)),
            When::LongerAgo(ms) => to(self.now.plus_ms(-ms)),
            When::On(day) => Seen { from: Some(day), to: Some(day.plus_ms(Timestamp::DAY_MS)) },
            When::Compared(Comparison::Less, at) => to(at),
            When::Compared(Comparison::AtMost, at) => to(at.plus_ms(1)),
            When::Compared(Comparison::Greater, at) => from(at.plus_ms(1)),
            When::Compared(Comparison::AtLeast | Comparison::Equal, at) => from(at),
        };
        match edge {
            Edge::First => IssueCondition::FirstSeen(seen),
            Edge::Last => IssueCondition::LastSeen(seen),
        }
    }
}

fn any(conditions: impl Iterator<Item = IssueCondition>) -> IssueCondition {
    IssueCondition::Any(conditions.collect())
}

fn text_of(node: &Node) -> Option<&Pattern> {
    match node {
        Node::Term(Term { filter: Filter::Text(text), .. }) => Some(text),
        _ => None,
    }
}

/// All texts are in what an issue is called, in any case and as parts of words too; or all are in the title and message
/// of one of its events, as words.
fn of_text(texts: &[&Pattern]) -> Vec<Alternative> {
    let named = texts.iter().map(|text| IssueCondition::Text(text.0.clone())).collect();
    let said = texts.iter().map(|text| on_message(text)).collect();
    let said = Alternative::of_events(Condition::All(said));
    vec![Alternative::of_issues(IssueCondition::All(named)), said]
}

/// Words, which the index knows; but a text with gaps is looked for as it is, and what has no words at all only in what
/// issues are called.
fn on_message(text: &Pattern) -> Condition {
    match text.0.as_slice() {
        [text] => match words(text) {
            words if words.is_empty() => Condition::Any(Vec::new()),
            words => Condition::Words(words),
        },
        _ => Condition::Like(Field::Message, anywhere(text.clone())),
    }
}

fn of_field(field: &Field, patterns: &[Pattern]) -> Condition {
    let exactly = patterns.iter().filter_map(|pattern| match pattern.0.as_slice() {
        [text] => Some(text.clone()),
        _ => None,
    });
    let like = patterns.iter().filter(|pattern| pattern.0.len() > 1).cloned();
    values(field, exactly.collect(), like.collect())
}

fn release(meant: Meant) -> Condition {
    values(&Field::Release, meant.exactly, meant.like)
}

/// Any of these values, `""` meaning that there is none.
fn values(field: &Field, exactly: Vec<String>, like: Vec<Pattern>) -> Condition {
    let (absent, exactly): (Vec<_>, Vec<_>) = exactly.into_iter().partition(String::is_empty);
    let absent = (!absent.is_empty()).then(|| Condition::Not(Box::new(Condition::Has(field.clone()))));
    let exactly = (!exactly.is_empty()).then(|| Condition::OneOf(field.clone(), exactly));
    let like = like.into_iter().map(|pattern| Condition::Like(field.clone(), pattern));
    Condition::Any(absent.into_iter().chain(exactly).chain(like).collect())
}

fn first_release(meant: Meant) -> IssueCondition {
    let exactly = IssueCondition::FirstRelease(meant.exactly);
    let like = meant.like.into_iter().map(|pattern| IssueCondition::FirstReleaseLike(pattern.0));
    any(std::iter::once(exactly).chain(like))
}

/// Alternatives that ask only events are one, and so are those that ask only issues.
fn merged(alternatives: impl Iterator<Item = Alternative>) -> Vec<Alternative> {
    let (mut issues, mut events, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
    for alternative in alternatives {
        match (alternative.issues.is_empty(), alternative.counts.is_empty(), alternative.events.is_empty()) {
            (false, true, true) => issues.push(IssueCondition::All(alternative.issues)),
            (true, true, false) => events.push(Condition::All(alternative.events)),
            _ => mixed.push(alternative),
        }
    }
    let issues = (!issues.is_empty()).then(|| Alternative::of_issues(IssueCondition::Any(issues)));
    let events = (!events.is_empty()).then(|| Alternative::of_events(Condition::Any(events)));
    issues.into_iter().chain(events).chain(mixed).collect()
}

fn within_bounds(alternatives: Vec<Alternative>) -> Result<Vec<Alternative>, SearchError> {
    if alternatives.len() > MAX_ALTERNATIVES {
        let reason = "too involved: OR between what is asked of issues (such as is:, assigned: and text) and what is \
                      asked of events leads to too many cases; search in parts";
        return Err(error(1, reason));
    }
    Ok(alternatives)
}
