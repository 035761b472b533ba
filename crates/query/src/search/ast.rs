//! The tree of a search.

use mayday_catalog::issues::Status;
use mayday_event::Timestamp;
use mayday_store::queries::{Field, Pattern};

/// Terms and how they are joined. A group of one kind has none of its own kind in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Each; none: everything.
    All(Vec<Node>),
    /// At least one; never empty.
    Any(Vec<Node>),
    Term(Term),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub(super) at: Place,
    pub(super) negated: bool,
    pub(super) filter: Filter,
}

/// Where a term was typed, the first character being 1. What is typed elsewhere may mean the same: all places are
/// equal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place(pub(super) usize);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a term asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// Any of these.
    Is(Vec<State>),
    /// To any of these.
    Assigned(Vec<Assignee>),
    Seen(Edge, When),
    Counted(Counted, Comparison, u64),
    /// The release of an event.
    Release(Versions),
    /// The release that an issue was first seen in.
    FirstRelease(Versions),
    /// Any of these.
    Field(Field, Vec<Pattern>),
    Has(Field),
    /// Somewhere in title or message.
    Text(Pattern),
}

/// What an issue can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Status(Status),
    New,
    Ongoing,
    Regressed,
    Assigned,
    Unassigned,
}

/// Whom an issue is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Assignee {
    Me,
    Nobody,
    /// An e-mail address.
    Member(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    First,
    Last,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Events,
    Users,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    Greater,
}

/// A time, or a span of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// `-24h`: within that; milliseconds.
    Within(i64),
    /// `+24h`: longer ago than that; milliseconds.
    LongerAgo(i64),
    /// Not [`Comparison::Equal`].
    Compared(Comparison, Timestamp),
    /// The day, in UTC, that begins then.
    On(Timestamp),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Versions {
    /// Any of these.
    OneOf(Vec<Version>),
    /// Not [`Comparison::Equal`].
    Compared(Comparison, Reference),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Version {
    Latest,
    /// `""`: none.
    Is(Pattern),
}

/// What releases are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    Latest,
    Is(String),
}

impl Default for Node {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Node {
    /// All of these, as flat as can be.
    pub(super) fn all(nodes: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Self::only(flat).unwrap_or_else(Self::All)
    }

    /// Any of these, as flat as can be.
    pub(super) fn any(nodes: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Self::only(flat).unwrap_or_else(Self::Any)
    }

    fn only(mut nodes: Vec<Self>) -> Result<Self, Vec<Self>> {
        if nodes.len() == 1 { nodes.pop().ok_or(nodes) } else { Err(nodes) }
    }

    /// Every term below.
    pub(super) fn terms(&self) -> Box<dyn Iterator<Item = &Term> + '_> {
        match self {
            Self::All(nodes) | Self::Any(nodes) => Box::new(nodes.iter().flat_map(Self::terms)),
            Self::Term(term) => Box::new(std::iter::once(term)),
        }
    }

    /// What must all be true.
    pub(super) fn conjuncts(&self) -> impl Iterator<Item = &Self> {
        match self {
            Self::All(nodes) => nodes.as_slice(),
            other => std::slice::from_ref(other),
        }
        .iter()
    }
}

impl Term {
    pub(super) fn of(filter: Filter) -> Self {
        Self { at: Place::default(), negated: false, filter }
    }
}

impl Filter {
    /// Whether it is asked of events, not of issues.
    pub(super) fn is_of_events(&self) -> bool {
        matches!(self, Self::Release(_) | Self::Field(..) | Self::Has(_) | Self::Text(_))
    }
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "",
            Self::AtLeast => ">=",
            Self::Greater => ">",
        }
    }

    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::AtLeast => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }
}
