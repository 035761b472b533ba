//! A search as text again: what is read back is the same.

use std::fmt::{self, Display, Formatter};

use mayday_catalog::issues::Status;
use mayday_event::Timestamp;
use mayday_store::queries::Pattern;

use super::{
    Search,
    ast::{Assignee, Counted, Edge, Filter, Node, Reference, State, Term, Version, Versions, When},
    keys,
};

impl Display for Search {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&node(&self.root))
    }
}

fn node(of: &Node) -> String {
    let inner = |of: &Node| match of {
        Node::Any(_) => format!("({})", node(of)),
        other => node(other),
    };
    match of {
        Node::All(nodes) => nodes.iter().map(inner).collect::<Vec<_>>().join(" "),
        Node::Any(nodes) => nodes.iter().map(node).collect::<Vec<_>>().join(" OR "),
        Node::Term(of) => term(of),
    }
}

fn term(Term { negated, filter, .. }: &Term) -> String {
    let (key, value) = match filter {
        Filter::Text(text) => return pattern(text),
        Filter::Is(states) => ("is".to_owned(), list(states.iter().map(|&of| state(of).to_owned()))),
        Filter::Assigned(members) => ("assigned".to_owned(), list(members.iter().map(assignee))),
        Filter::Seen(Edge::First, of) => ("firstSeen".to_owned(), when(*of)),
        Filter::Seen(Edge::Last, of) => ("lastSeen".to_owned(), when(*of)),
        Filter::Counted(Counted::Events, how, number) => {
            ("timesSeen".to_owned(), format!("{}{number}", how.sign()))
        }
        Filter::Counted(Counted::Users, how, number) => {
            ("users".to_owned(), format!("{}{number}", how.sign()))
        }
        Filter::Release(of) => ("release".to_owned(), versions(of)),
        Filter::FirstRelease(of) => ("firstRelease".to_owned(), versions(of)),
        Filter::Field(field, patterns) => (keys::name(field), list(patterns.iter().map(pattern))),
        Filter::Has(field) => ("has".to_owned(), text(&keys::name(field))),
    };
    format!("{}{key}:{value}", if *negated { "!" } else { "" })
}

fn list(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) }
}

fn state(of: State) -> &'static str {
    match of {
        State::Status(Status::Unresolved) => "unresolved",
        State::Status(Status::Resolved) => "resolved",
        State::Status(Status::Ignored) => "ignored",
        State::New => "new",
        State::Ongoing => "ongoing",
        State::Regressed => "regressed",
        State::Assigned => "assigned",
        State::Unassigned => "unassigned",
    }
}

fn assignee(of: &Assignee) -> String {
    match of {
        Assignee::Me => "me".to_owned(),
        Assignee::Nobody => "none".to_owned(),
        Assignee::Member(email) => text(email),
    }
}

fn when(of: When) -> String {
    let length = |ms: i64| match ms {
        ms if ms % Timestamp::DAY_MS == 0 => format!("{}d", ms / Timestamp::DAY_MS),
        ms if ms % Timestamp::HOUR_MS == 0 => format!("{}h", ms / Timestamp::HOUR_MS),
        ms => format!("{}m", ms / 60_000),
    };
    match of {
        When::Within(ms) => format!("-{}", length(ms)),
        When::LongerAgo(ms) => format!("+{}", length(ms)),
        When::Compared(how, at) => format!("{}{at}", how.sign()),
        When::On(day) => day.to_string().chars().take("2026-01-01".len()).collect(),
    }
}

fn versions(of: &Versions) -> String {
    match of {
        Versions::OneOf(versions) => list(versions.iter().map(|version| match version {
            Version::Latest => "latest".to_owned(),
            Version::Is(is) if is.0 == ["latest"] => "\"latest\"".to_owned(),
            Version::Is(is) => pattern(is),
        })),
        Versions::Compared(how, Reference::Latest) => format!("{}latest", how.sign()),
        Versions::Compared(how, Reference::Is(version)) => format!("{}{}", how.sign(), text(version)),
    }
}

fn text(of: &str) -> String {
    pattern(&Pattern(vec![of.to_owned()]))
}

fn pattern(of: &Pattern) -> String {
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | '@' | '+');
    let is_bare = of.0.iter().all(|part| part.chars().all(plain))
        && !["", "AND", "OR"].contains(&of.0.concat().as_str());
    if is_bare {
        return of.0.join("*");
    }
    let escaped = |part: &String| {
        part.chars().fold(String::new(), |mut text, char| {
            if matches!(char, '\\' | '"' | '*') {
                text.push('\\');
            }
            text.push(char);
            text
        })
    };
    format!("\"{}\"", of.0.iter().map(escaped).collect::<Vec<_>>().join("*"))
}
