//! What each key takes as a value.

use mayday_catalog::issues::Status;
use mayday_event::{Timestamp, model::Level};
use mayday_store::queries::{Field, Pattern};

use super::{
    SearchError,
    ast::{Assignee, Comparison, Counted, Edge, Filter, Reference, State, Version, Versions, When},
    keys::{self, field},
    parse::{Item, Value, error},
};

/// The first moment that is not in a year of four digits.
const YEAR_10000: Timestamp = Timestamp(253_402_300_800_000);

/// What a term asks, and whether it is the opposite of that. `position` is the term's.
pub(super) fn filter(key: &str, position: usize, value: &Value) -> Result<(Filter, bool), SearchError> {
    let filter = match key {
        "is" => Filter::Is(each(key, value, state)?),
        "assigned" | "assignee" => Filter::Assigned(each(key, value, assignee)?),
        "firstSeen" => Filter::Seen(Edge::First, when(key, value)?),
        "lastSeen" => Filter::Seen(Edge::Last, when(key, value)?),
        "timesSeen" => counted(key, Counted::Events, value)?,
        "users" | "userCount" => counted(key, Counted::Users, value)?,
        "release" => Filter::Release(versions(key, value)?),
        "firstRelease" => Filter::FirstRelease(versions(key, value)?),
        "has" => return has(value),
        "level" => Filter::Field(Field::Level, each(key, value, level)?),
        "error.handled" => Filter::Field(Field::Handled, each(key, value, truth)?),
        "error.unhandled" => return Ok((Filter::Field(Field::Handled, each(key, value, untruth)?), false)),
        "message" => {
            Filter::Field(Field::Message, each_pattern(key, value)?.into_iter().map(anywhere).collect())
        }
        _ => match field(key) {
            Field::Tag(name) | Field::Flag(name) if name.is_empty() => {
                return Err(error(position, format!("{key}: has no name in its brackets")));
            }
            field => Filter::Field(field, each_pattern(key, value)?),
        },
    };
    Ok((filter, false))
}

/// The pattern with anything before and behind it.
pub(super) fn anywhere(pattern: Pattern) -> Pattern {
    let Pattern(mut parts) = pattern;
    if parts.len() == 1 || parts.first().is_some_and(|first| !first.is_empty()) {
        parts.insert(0, String::new());
    }
    if parts.len() == 2 || parts.last().is_some_and(|last| !last.is_empty()) {
        parts.push(String::new());
    }
    Pattern(parts)
}

/// Each value, without an order.
fn each<T>(key: &str, value: &Value, read: fn(&str) -> Result<T, String>) -> Result<Vec<T>, SearchError> {
    unordered(key, value)?;
    value
        .items
        .iter()
        .map(|item| read(literal(key, item)?).map_err(|reason| error(item.at, reason)))
        .collect()
}

fn each_pattern(key: &str, value: &Value) -> Result<Vec<Pattern>, SearchError> {
    unordered(key, value)?;
    Ok(value.items.iter().map(|item| item.pattern.clone()).collect())
}

fn unordered(key: &str, value: &Value) -> Result<(), SearchError> {
    let at = value.items.first().map_or(1, |item| item.at);
    match value.comparison {
        Comparison::Equal => Ok(()),
        _ => Err(error(
            at,
            format!("{key}: has no order to compare by; quote the whole value to find it as text"),
        )),
    }
}

/// The only value.
fn single<'a>(key: &str, value: &'a Value) -> Result<&'a Item, SearchError> {
    match value.items.as_slice() {
        [item] => Ok(item),
        [_, more, ..] => Err(error(more.at, format!("{key}: takes one value, not a list"))),
        [] => Err(error(1, format!("{key}: needs a value"))),
    }
}

/// The text of a value that has no gaps.
fn literal<'a>(key: &str, item: &'a Item) -> Result<&'a str, SearchError> {
    match item.pattern.0.as_slice() {
        [text] => Ok(text),
        _ => Err(error(item.at, format!("{key}: takes no *"))),
    }
}

fn state(name: &str) -> Result<State, String> {
    match name {
        "unresolved" => Ok(State::Status(Status::Unresolved)),
        "resolved" => Ok(State::Status(Status::Resolved)),
        "ignored" | "archived" => Ok(State::Status(Status::Ignored)),
        "new" => Ok(State::New),
        "ongoing" => Ok(State::Ongoing),
        "regressed" => Ok(State::Regressed),
        "assigned" => Ok(State::Assigned),
        "unassigned" => Ok(State::Unassigned),
        _ => Err(format!(
            "is:{name} is not known; there are unresolved, resolved, ignored (or archived), new, ongoing, \
             regressed, assigned and unassigned"
        )),
    }
}

fn assignee(name: &str) -> Result<Assignee, String> {
    match name {
        "me" => Ok(Assignee::Me),
        "none" => Ok(Assignee::Nobody),
        email if email.contains('@') => Ok(Assignee::Member(email.into())),
        _ => Err(format!("assigned:{name} is not known; give me, none or an e-mail address")),
    }
}

fn level(name: &str) -> Result<Pattern, String> {
    let levels = [Level::Fatal, Level::Error, Level::Warning, Level::Info, Level::Debug];
    let found = levels.into_iter().find(|level| level.name().eq_ignore_ascii_case(name));
    found
        .map(|level| Pattern(vec![level.name().to_owned()]))
        .ok_or_else(|| format!("level:{name} is not known; there are fatal, error, warning, info and debug"))
}

fn truth(text: &str) -> Result<Pattern, String> {
    match text {
        "true" | "yes" | "1" => Ok(Pattern(vec!["true".into()])),
        "false" | "no" | "0" => Ok(Pattern(vec!["false".into()])),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

fn untruth(text: &str) -> Result<Pattern, String> {
    let opposite = if truth(text)?.0 == ["true"] { "false" } else { "true" };
    Ok(Pattern(vec![opposite.into()]))
}

fn has(value: &Value) -> Result<(Filter, bool), SearchError> {
    let item = single("has", value)?;
    unordered("has", value)?;
    let key = literal("has", item)?;
    if ["assigned", "assignee"].contains(&key) {
        return Ok((Filter::Assigned(vec![Assignee::Nobody]), true));
    }
    let field = match key {
        "release" => Field::Release,
        "error.unhandled" => Field::Handled,
        key if keys::is_plain(key) || key.ends_with(']') => field(key),
        _ => {
            return Err(error(
                item.at,
                format!("has:{key} names no key; tags with other letters are tags[{key}]"),
            ));
        }
    };
    match field {
        Field::Tag(name) | Field::Flag(name) if name.is_empty() => {
            Err(error(item.at, format!("has:{key} has no name in its brackets")))
        }
        Field::Tag(name) if name == key && keys::is_known(key) => {
            Err(error(item.at, format!("has:{key} is true of every issue")))
        }
        field => Ok((Filter::Has(field), false)),
    }
}

fn counted(key: &str, counted: Counted, value: &Value) -> Result<Filter, SearchError> {
    let item = single(key, value)?;
    let text = literal(key, item)?;
    let number =
        text.parse().map_err(|_| error(item.at, format!("{key}: {text:?} is not a number such as >100")))?;
    Ok(Filter::Counted(counted, value.comparison, number))
}

fn when(key: &str, value: &Value) -> Result<When, SearchError> {
    let item = single(key, value)?;
    let text = literal(key, item)?;
    let unreadable = || {
        let forms = "-24h (within), +7d (longer ago), >2026-01-31 or 2026-01-31";
        error(item.at, format!("{key}: {text:?} is not a time such as {forms}"))
    };
    if value.comparison == Comparison::Equal {
        if let Some(length) = text.strip_prefix('-') {
            return length_ms(length).map(When::Within).ok_or_else(unreadable);
        }
        if let Some(length) = text.strip_prefix('+') {
            return length_ms(length).map(When::LongerAgo).ok_or_else(unreadable);
        }
    }
    let day =
        (text.len() == "2026-01-31".len()).then(|| Timestamp::parse(&format!("{text}T00:00:00Z"))).flatten();
    let at = day.or_else(|| Timestamp::parse(text)).filter(|at| (0..YEAR_10000.0).contains(&at.0));
    match (value.comparison, day, at.ok_or_else(unreadable)?) {
        (Comparison::Equal, Some(day), _) => Ok(When::On(day)),
        (Comparison::Equal, None, _) => {
            Err(error(item.at, format!("{key}: needs <, <=, > or >= before a moment")))
        }
        (comparison, _, at) => Ok(When::Compared(comparison, at)),
    }
}

/// Milliseconds of `90m`, `24h`, `14d` or `2w`.
fn length_ms(text: &str) -> Option<i64> {
    let (at, unit) = text.char_indices().next_back()?;
    let unit_ms = match unit {
        'm' => 60_000,
        'h' => Timestamp::HOUR_MS,
        'd' => Timestamp::DAY_MS,
        'w' => 7 * Timestamp::DAY_MS,
        _ => return None,
    };
    let number: u32 = text.get(..at)?.parse().ok()?;
    i64::from(number).checked_mul(unit_ms)
}

fn versions(key: &str, value: &Value) -> Result<Versions, SearchError> {
    if value.comparison == Comparison::Equal {
        let version = |item: &Item| match item.pattern.0.as_slice() {
            [text] if text == "latest" && !item.is_quoted => Version::Latest,
            _ => Version::Is(item.pattern.clone()),
        };
        return Ok(Versions::OneOf(value.items.iter().map(version).collect()));
    }
    let item = single(key, value)?;
    let reference = match literal(key, item)? {
        "latest" if !item.is_quoted => Reference::Latest,
        "" => return Err(error(item.at, format!("{key}: needs a version to compare with"))),
        version => Reference::Is(version.to_owned()),
    };
    Ok(Versions::Compared(value.comparison, reference))
}
