//! What events are told apart by: columns where there are some, else tags.

use clickhouse::query::Query;

use super::{Field, stored_tags};

/// An attribute of events, by the name of its tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dimension {
    name: String,
    sql: String,
    /// What [`Self::sql`] wants bound as `dimension`.
    parameter: Option<String>,
}

/// Names and what gives their value; an absent one is empty.
const COLUMNS: [(&str, &str); 14] = [
    ("release", "toString(release)"),
    ("dist", "toString(dist)"),
    ("environment", "toString(environment)"),
    ("os", "trimRight(concat(os_name, ' ', os_version))"),
    ("os.name", "toString(os_name)"),
    ("os.version", "toString(os_version)"),
    ("device.family", "toString(device_family)"),
    ("device.model", "toString(device_model)"),
    ("app.version", "toString(app_version)"),
    ("level", "toString(level)"),
    ("platform", "toString(platform)"),
    ("handled", "multiIf(handled IS NULL, '', assumeNotNull(handled), 'yes', 'no')"),
    ("sdk.name", "toString(sdk_name)"),
    ("sdk.version", "toString(sdk_version)"),
];

impl Dimension {
    /// Of a built-in attribute, a feature flag (`flags[name]`) or any tag.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let flag = name.strip_prefix("flags[").and_then(|rest| rest.strip_suffix(']'));
        let (sql, parameter) = match (COLUMNS.into_iter().find(|(known, _)| *known == name), flag) {
            (Some((_, column)), _) => (column.to_owned(), None),
            (None, Some(flag)) => ("flags[{dimension:String}]".to_owned(), Some(flag.to_owned())),
            (None, None) => (stored_tags::value(&name, "{dimension:String}"), Some(name.clone())),
        };
        Self { name, sql, parameter }
    }

    /// As people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An event's value; the parameter is bound by [`Self::bind`].
    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// What it is made of; `None`: no counts are kept of it.
    pub(super) fn fields(&self) -> Option<&'static [Field]> {
        Some(match self.name.as_str() {
            "release" => &[Field::Release],
            "environment" => &[Field::Environment],
            "os" => &[Field::OsName, Field::OsVersion],
            "os.name" => &[Field::OsName],
            "os.version" => &[Field::OsVersion],
            "device.family" => &[Field::DeviceFamily],
            "device.model" => &[Field::DeviceModel],
            _ => return None,
        })
    }

    pub(super) fn bind(&self, query: Query) -> Query {
        match &self.parameter {
            Some(value) => query.param("dimension", value),
            None => query,
        }
    }
}
