//! What a project decides about its reports: limits, filters, privacy, payloads, in-app rules, grouping, retention. Stored as
//! JSON, one section each.

use serde::{Deserialize, Serialize};

use crate::{
    filter::{FilterSettings, Filters},
    grouping::GroupingSettings,
    in_app::InAppSettings,
    quota::{LimitSettings, PayloadSettings},
    retention::RetentionSettings,
    scrub::{PrivacySettings, Scrubber},
};

/// A project's settings as people write them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectSettings {
    pub limits: LimitSettings,
    pub filters: FilterSettings,
    pub privacy: PrivacySettings,
    pub payloads: PayloadSettings,
    pub in_app: InAppSettings,
    pub grouping: GroupingSettings,
    pub retention: RetentionSettings,
}

/// A rule that cannot be used. The text names the rule and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct RuleError {
    /// Such as `filters.releases[2]`.
    pub place: String,
    /// For people.
    pub problem: String,
}

/// A project's settings, ready to be applied to events.
#[derive(Debug, Clone, Default)]
pub struct CompiledSettings {
    pub settings: ProjectSettings,
    pub filters: Filters,
    pub scrubber: Scrubber,
}

impl CompiledSettings {
    /// Checks and compiles every section.
    pub fn compile(settings: ProjectSettings) -> Result<Self, RuleError> {
        settings.limits.check()?;
        settings.payloads.check()?;
        settings.in_app.check()?;
        settings.grouping.check()?;
        settings.retention.check()?;
        let filters = Filters::compile(&settings.filters)?;
        let scrubber = Scrubber::compile(&settings.privacy)?;
        Ok(Self { settings, filters, scrubber })
    }
}
