//! Typed queries; each is limited in time and memory, and scoped to one project unless it says otherwise.

use clickhouse::query::Query;
use mayday_event::{EventId, GroupHash, Timestamp};

pub mod attachments;
mod condition;
pub(crate) mod counts;
pub mod dimensions;
pub mod events;
pub mod fates;
pub mod feedback;
pub mod issues;
pub mod missing_symbols;
pub mod newest;
pub mod outcomes;
mod payloads;
mod sample;
pub mod search;
pub mod series;
pub mod session_durations;
pub mod sessions;
mod stored_tags;
pub mod suspects;
pub mod tags;
pub mod values;
pub mod voices;

pub use condition::{Condition, Field, Pattern, words};

/// A half-open span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What narrows raw events besides project, hashes and time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EventFilter {
    pub release: Option<String>,
    pub environment: Option<String>,
}

/// Place in a list of events sorted by time and id, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventCursor {
    pub timestamp: Timestamp,
    pub event_id: EventId,
}

/// An issue, as the store needs it: a number the caller chooses, and the hashes that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashGroup {
    pub id: u64,
    pub hashes: Vec<GroupHash>,
}

/// How much later than the server's a client's clock may be: an event is received no longer than this before
/// it happened, so that a window says which weeks of `received` need not be read.
const CLOCK_SLACK_MS: i64 = Timestamp::DAY_MS;

/// Late enough for "whenever", and a time that ClickHouse's `DateTime` still has.
const YEAR_2100_MS: i64 = 4_102_444_800_000;

impl Window {
    /// All that is kept. It ends where no clock is yet, so that nobody asks for it by chance.
    pub const ALL: Self = Self { from: Timestamp(0), to: Timestamp(YEAR_2100_MS) };

    /// The condition for raw events, with the parameters that [`Self::bind`] binds. Of all that is kept no times are read for it.
    fn condition(self) -> &'static str {
        if self == Self::ALL { "1" } else { Self::WITHIN }
    }

    const WITHIN: &str = "timestamp >= fromUnixTimestamp64Milli({from:Int64})
        AND timestamp < fromUnixTimestamp64Milli({to:Int64})
        AND toMonday(received) >= toMonday(fromUnixTimestamp64Milli({received_from:Int64}))";

    fn bind(self, query: Query) -> Query {
        query
            .param("from", self.from.0)
            .param("to", self.to.0)
            .param("received_from", self.from.plus_ms(-CLOCK_SLACK_MS).0)
    }
}

impl From<EventFilter> for Condition {
    fn from(filter: EventFilter) -> Self {
        let is = |field, value: Option<String>| value.map(|value| Self::OneOf(field, vec![value]));
        let release = is(Field::Release, filter.release);
        let environment = is(Field::Environment, filter.environment);
        Self::All([release, environment].into_iter().flatten().collect())
    }
}

impl EventFilter {
    /// ` AND …` with the parameters that [`EventFilter::bind`] binds; empty if nothing is filtered.
    fn condition(&self) -> String {
        let release = self.release.as_ref().map(|_| " AND release = {release:String}");
        let environment = self.environment.as_ref().map(|_| " AND environment = {environment:String}");
        [release, environment].into_iter().flatten().collect()
    }

    fn bind(&self, mut query: Query) -> Query {
        if let Some(release) = &self.release {
            query = query.param("release", release);
        }
        if let Some(environment) = &self.environment {
            query = query.param("environment", environment);
        }
        query
    }
}

/// ` AND …` for events of these hashes, parameter `hashes` bound by [`bind_hashes`]; empty for no hashes.
fn hashes_condition(hashes: &[GroupHash]) -> &'static str {
    match hashes.len() {
        0 => "",
        // With one hash the rows of the condition lie in the order of time, and ClickHouse can see it.
        1 => " AND group_hash = {hashes:Array(UInt64)}[1]",
        _ => " AND group_hash IN {hashes:Array(UInt64)}",
    }
}

fn bind_hashes(query: Query, hashes: &[GroupHash]) -> Query {
    if hashes.is_empty() {
        return query;
    }
    let hashes: Vec<u64> = hashes.iter().map(|hash| hash.0).collect();
    query.param("hashes", hashes)
}
