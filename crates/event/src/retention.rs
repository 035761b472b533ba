//! How long a project keeps what it received.

use serde::{Deserialize, Serialize};

use crate::settings::RuleError;

/// Longest retention, days: no server keeps more.
const MAX_DAYS: u32 = 3650;

/// Days after which a project's events and sessions are deleted, with all that is about them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// `None`, written as null: as long as the server keeps anything. More than that keeps nothing longer.
    pub days: Option<u32>,
}

impl RetentionSettings {
    /// Whether the number is within bounds.
    pub fn check(&self) -> Result<(), RuleError> {
        match self.days {
            Some(days) if !(1..=MAX_DAYS).contains(&days) => Err(RuleError {
                place: "retention.days".to_owned(),
                problem: format!("is {days}, must be 1 to {MAX_DAYS}"),
            }),
            _ => Ok(()),
        }
    }
}
