//! Turns an event into a fingerprint and the reasons for it; pure.

use mayday_event::{Event, GroupHash};
use serde::{Deserialize, Serialize};

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
    #[serde(with = "hash_as_hex")]
    pub hash: GroupHash,
    /// `stacktrace`, `exception`, `message`, `sdk` or `fallback`: which strategy decided.
    pub strategy: String,
    /// In order, what went into the hash: `module:function` of a frame, an exception's type, a message …
    pub components: Vec<Component>,
}

/// One part of what made a fingerprint, or was looked at and left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// `frame`, `type`, `message`, `fingerprint`.
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
    let grouping =
        Grouping { version: 1, hash: GroupHash(0), strategy: "fallback".into(), components: Vec::new() };
    GroupedEvent { event, grouping, title: Title::default() }
}

mod hash_as_hex {
    use mayday_event::GroupHash;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(hash: &GroupHash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<GroupHash, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
