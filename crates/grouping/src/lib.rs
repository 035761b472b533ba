//! Turns an event into a fingerprint and the reasons for it; pure.
//!
//! Issues should be things to fix, one each. So the root cause of a chain decides, not its wrappers; where it
//! happened is told by the app's own code, not by the system's; and what varies between two builds, devices
//! or runs (line numbers, addresses, compiler counters, ids in messages, the release) never counts.

mod codes;
mod frames;
mod hash;
mod names;
mod parametrize;
mod strategies;
mod system;
mod title;

use mayday_event::{Event, GroupHash};
use serde::{Deserialize, Serialize};

/// Version of the algorithm; part of every hash, so that a new version never meets an old one by chance.
pub const VERSION: u32 = 1;

/// An event with its place among others; the stage after normalisation.
#[derive(Debug, Clone)]
pub struct GroupedEvent {
    /// The event.
    pub event: Event,
    /// Why it belongs where it does.
    pub grouping: Grouping,
    /// What people call it.
    pub title: Title,
}

/// A fingerprint and the reasons for it. Kept with the stored event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// Version of the algorithm that made it.
    pub version: u32,
    /// 16 hexadecimal digits.
    #[serde(with = "hash::as_hex")]
    pub hash: GroupHash,
    /// `stacktrace`, `exception`, `message`, `sdk` or `fallback`: which strategy decided.
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

/// Finds an event's fingerprint and title.
pub fn group(event: Event) -> GroupedEvent {
    let title = title::of(&event);
    let (strategy, components) = strategies::decide(&event, &title);
    let grouping =
        Grouping { version: VERSION, hash: hash::of(&components), strategy: strategy.to_owned(), components };
    GroupedEvent { event, grouping, title }
}

#[cfg(test)]
mod tests;
