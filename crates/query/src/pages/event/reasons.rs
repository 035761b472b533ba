//! Why an event is in its issue.

use serde::Deserialize;
use serde_json::Value;

/// The reasons to show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reasons {
    pub(crate) sentence: String,
    pub(crate) hash: String,
    pub(crate) version: u32,
    pub(crate) parts: Vec<Part>,
}

/// One part of the fingerprint, or what was looked at and left out.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Part {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) contributes: bool,
    #[serde(default)]
    pub(crate) reason: String,
}

/// The stored grouping.
#[derive(Deserialize)]
struct Grouping {
    version: u32,
    hash: String,
    strategy: String,
    #[serde(default)]
    components: Vec<Part>,
}

impl Reasons {
    /// `None`: the event has no grouping that this version can read.
    pub(crate) fn new(grouping: &Value) -> Option<Self> {
        let grouping = Grouping::deserialize(grouping).ok()?;
        Some(Self {
            sentence: sentence(&grouping.strategy),
            hash: grouping.hash,
            version: grouping.version,
            parts: grouping.components,
        })
    }
}

fn sentence(strategy: &str) -> String {
    match strategy {
        "stacktrace" => "Events with the same frames in their stack trace are one issue.".into(),
        "exception" => "Events with the same exception type and message pattern are one issue.".into(),
        "message" => "Events with the same message pattern are one issue.".into(),
        "sdk" => "The app set a fingerprint; events with the same one are one issue.".into(),
        "fallback" => "Nothing in this event tells it apart, so that all such events are one issue.".into(),
        other => format!("Grouped by: {other}."),
    }
}
