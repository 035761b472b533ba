//! The sections of a project's settings, and their JSON.

use mayday_event::settings::{ProjectSettings, RuleError};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A section of a project's settings: what is decided, and stored, as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    Limits,
    Filters,
    Privacy,
    Payloads,
    InApp,
    Grouping,
    Retention,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Limits,
        Self::Filters,
        Self::Privacy,
        Self::Payloads,
        Self::InApp,
        Self::Grouping,
        Self::Retention,
    ];

    /// The stable name that paths, rows and places in errors use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Filters => "filters",
            Self::Privacy => "privacy",
            Self::Payloads => "payloads",
            Self::InApp => "in_app",
            Self::Grouping => "grouping",
            Self::Retention => "retention",
        }
    }

    /// The section with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    /// Its JSON, with every default written out.
    pub fn of(self, settings: &ProjectSettings) -> Value {
        match self {
            Self::Limits => json!(settings.limits),
            Self::Filters => json!(settings.filters),
            Self::Privacy => json!(settings.privacy),
            Self::Payloads => json!(settings.payloads),
            Self::InApp => json!(settings.in_app),
            Self::Grouping => json!(settings.grouping),
            Self::Retention => json!(settings.retention),
        }
    }

    /// Puts `value` in the section's place; an error names where in it something is wrong.
    pub(super) fn replace(self, settings: &mut ProjectSettings, value: &Value) -> Result<(), RuleError> {
        match self {
            Self::Limits => settings.limits = self.read(value)?,
            Self::Filters => settings.filters = self.read(value)?,
            Self::Privacy => settings.privacy = self.read(value)?,
            Self::Payloads => settings.payloads = self.read(value)?,
            Self::InApp => settings.in_app = self.read(value)?,
            Self::Grouping => settings.grouping = self.read(value)?,
            Self::Retention => settings.retention = self.read(value)?,
        }
        Ok(())
    }

    fn read<T: DeserializeOwned>(self, value: &Value) -> Result<T, RuleError> {
        serde_path_to_error::deserialize(value).map_err(|error| RuleError {
            place: self.place(&error.path().to_string()),
            problem: error.inner().to_string(),
        })
    }

    /// `payloads.keep_first` of `keep_first`; the limits' only field is called as they are.
    fn place(self, path: &str) -> String {
        match (self, path) {
            (_, ".") => self.name().to_owned(),
            (Self::Limits, path) if path.starts_with("limits") => path.to_owned(),
            (_, path) => format!("{}.{path}", self.name()),
        }
    }
}
