//! How much of what a project takes: rate limits by category, and the budget of full payloads.

use serde::{Deserialize, Serialize};

use crate::settings::RuleError;

/// Most limits of one project.
const LIMITS: usize = 50;
/// Longest window of a limit, seconds (a day).
const WINDOW_SECONDS: u32 = 86_400;

/// What one limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitCategory {
    /// Events, handled or not.
    Error,
    /// Session updates and aggregates.
    Session,
    /// Attachments, minidumps among them.
    Attachment,
}

/// At most `count` in `window_seconds`, as a token bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub category: LimitCategory,
    /// The public key of the DSN key it holds for; without one, for the whole project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub count: u32,
    pub window_seconds: u32,
}

/// A project's rate limits; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    pub limits: Vec<Limit>,
}

impl LimitSettings {
    /// Whether every limit makes sense.
    pub fn check(&self) -> Result<(), RuleError> {
        let error = |place: String, problem: &str| Err(RuleError { place, problem: problem.to_owned() });
        if self.limits.len() > LIMITS {
            return error("limits".to_owned(), "more than 50 limits");
        }
        for (at, limit) in self.limits.iter().enumerate() {
            if !(1..=WINDOW_SECONDS).contains(&limit.window_seconds) {
                return error(format!("limits[{at}].window_seconds"), "must be 1 to 86400");
            }
            let is_key = |key: &String| key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !limit.key.as_ref().is_none_or(is_key) {
                return error(format!("limits[{at}].key"), "is not a DSN key's 32 hexadecimal digits");
            }
        }
        Ok(())
    }
}

/// How many full payloads are kept. What is past the budget is counted and keeps its row, but only the first
/// and the newest payloads of each issue, release and hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PayloadSettings {
    /// Bytes of payload kept in a day (UTC); `None`, written as null, for no bound.
    pub daily_budget_bytes: Option<u64>,
    /// Payloads always kept from the start of each issue, release and hour.
    pub keep_first: u32,
    /// Newest payloads always kept of each issue, release and hour.
    pub keep_newest: u32,
}

impl Default for PayloadSettings {
    fn default() -> Self {
        Self { daily_budget_bytes: Some(2 << 30), keep_first: 10, keep_newest: 10 }
    }
}

impl PayloadSettings {
    /// Whether the numbers are within bounds.
    pub fn check(&self) -> Result<(), RuleError> {
        for (name, value) in [("keep_first", self.keep_first), ("keep_newest", self.keep_newest)] {
            if !(1..=1000).contains(&value) {
                let place = format!("payloads.{name}");
                return Err(RuleError { place, problem: format!("is {value}, must be 1 to 1000") });
            }
        }
        Ok(())
    }
}
