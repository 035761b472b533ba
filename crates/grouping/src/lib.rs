//! Turns an event into a fingerprint and the reasons for it; pure.
//!
//! Issues should be things to fix, one each. So the root cause of a chain decides, not its wrappers; where it
//! happened is told by the app's own code, not by the system's; and what varies between two builds, devices
//! or runs (line numbers, addresses, compiler counters, ids in messages, the release) never counts.

mod codes;
mod explain;
mod frames;
mod hash;
mod names;
mod parametrize;
mod rules;
mod strategies;
mod system;
mod title;

use mayday_event::{Event, GroupHash, model::Frame};
use serde::{Deserialize, Serialize};

pub use explain::{Explanation, Node, Part, Variant, explain};
use rules::FingerprintRule;
pub use rules::Rules;
use strategies::Case;

/// Version of the algorithm; part of every hash, so that a new version never meets an old one by chance.
pub const VERSION: u32 = 2;

/// An algorithm: which strategy decided, and by what.
type Decide = for<'e> fn(Case<'e>) -> (&'static str, Vec<Component>);

/// An earlier version that issues may still be known by, and how it decides; `None`: as this one, but for the hash.
type Earlier = (u32, Option<Decide>);

/// The earlier versions, newest first. Whoever changes what counts raises [`VERSION`] and lists here how the version before
/// decides; when no issue needs it any longer, it may go.
///
/// Version 2 knows more of compilers' names, codes and ids in messages than version 1; what that does not touch counts as
/// before, and no release ever had version 1.
const PREVIOUS: [Earlier; 1] = [(1, None)];

/// An event with its place among others; the stage after normalisation.
#[derive(Debug, Clone)]
pub struct GroupedEvent {
    /// The event.
    pub event: Event,
    /// Why it belongs where it does.
    pub grouping: Grouping,
    /// What people call it.
    pub title: Title,
    /// Its fingerprints by earlier versions of the algorithm, newest first: where its own is not known yet, the issue of
    /// the first of these that is known is its issue.
    pub previous: Vec<GroupHash>,
}

/// A fingerprint and the reasons for it. Kept with the stored event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// Version of the algorithm that made it.
    pub version: u32,
    /// 16 hexadecimal digits.
    #[serde(with = "hash::as_hex")]
    pub hash: GroupHash,
    /// `rule`, `sdk`, `stacktrace`, `exception`, `message` or `fallback`: which strategy decided.
    pub strategy: String,
    /// In order, what went into the hash: `module:function` of a frame, an exception's type, a message …
    pub components: Vec<Component>,
}

/// One part of what made a fingerprint, or was looked at and left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// `frame`, `type`, `code`, `message`, `fingerprint`, `fallback`.
    pub kind: String,
    /// The normalised value.
    pub value: String,
    /// False: looked at and left out.
    pub contributes: bool,
    /// For people: why it counts or does not.
    pub reason: String,
}

/// How an issue is shown, from its latest event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// `IllegalStateException: View not attached`.
    pub title: String,
    /// Where: `com.example.CheckoutActivity in onPay`; empty if unknown.
    pub culprit: String,
    /// Exception type, if any.
    pub error_type: String,
    /// Exception value or message.
    pub error_value: String,
    /// File of the top in-app frame, or empty.
    pub filename: String,
    /// Function of the top in-app frame, or empty.
    pub function: String,
}

/// Finds an event's fingerprint and title, by its project's rules.
pub fn group(event: Event, rules: &Rules) -> GroupedEvent {
    group_by(event, rules, &PREVIOUS)
}

fn group_by(event: Event, rules: &Rules, previous: &[Earlier]) -> GroupedEvent {
    let (mut title, crashed_in, rule) = prepare(&event, rules);
    let case = Case { event: &event, title: &title, crashed_in, rules, rule };
    let (strategy, components) = strategies::decide(case);
    let earlier = |(version, decide): &Earlier| match decide {
        Some(decide) => hash::of(*version, &decide(case).1),
        None => hash::of(*version, &components),
    };
    let previous = previous.iter().map(earlier).collect();
    if let Some(named) = rule.and_then(|rule| rule.title.as_ref()) {
        title.title = named.fill(&event, crashed_in);
    }
    let hash = hash::of(VERSION, &components);
    let grouping = Grouping { version: VERSION, hash, strategy: strategy.to_owned(), components };
    GroupedEvent { event, grouping, title, previous }
}

/// What grouping wants to know beforehand: the title, the app's frame nearest to the crash, the fingerprint rule that fits.
fn prepare<'e>(
    event: &'e Event,
    rules: &'e Rules,
) -> (Title, Option<&'e Frame>, Option<&'e FingerprintRule>) {
    let crashed_in = title::top_frame(event, rules);
    let rule = rules.fingerprint.first(event, || frames::all(event, rules));
    (title::of(event, crashed_in), crashed_in, rule)
}

#[cfg(test)]
mod tests;
