//! A project's filters: which events it does not want.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{model::Event, settings::RuleError};

/// Filters as people write them; each drop is an outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilterSettings {}

/// Filters, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Filters {}

/// An event that a filter drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The outcome's stable reason: `filter_release`, `filter_message`, `filter_ip`, `filter_app_version`, `filter_sample`.
    pub reason: &'static str,
    /// The rule as the settings have it, for people.
    pub rule: String,
}

impl Filters {
    /// Checks and compiles.
    pub fn compile(_settings: &FilterSettings) -> Result<Self, RuleError> {
        Ok(Self::default())
    }

    /// Whether a filter drops this event, sent from `address`. The same for the same event, always.
    pub fn verdict(&self, _event: &Event, _address: Option<IpAddr>) -> Option<Dropped> {
        None
    }
}
