//! Who changed a section, when, and what of it.

use std::collections::BTreeMap;

use mayday_catalog::{
    projects::Project,
    settings::{SettingsChange, Subject},
};
use mayday_event::{Timestamp, settings::ProjectSettings};
use serde_json::Value;

use super::super::{error::PageError, moment::Moment, visit::Visit};
use crate::read;

/// Most changes that are shown.
const CHANGES: usize = 10;

pub(super) struct ChangeRow {
    pub(super) by: String,
    pub(super) at: Moment,
    pub(super) differences: Vec<Difference>,
}

/// A place that is not as it was; empty where it was not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) place: String,
    pub(super) old: String,
    pub(super) new: String,
}

/// The latest of these subjects.
pub(super) async fn of(
    visit: &Visit,
    project: &Project,
    subjects: &[Subject],
) -> Result<Vec<ChangeRow>, PageError> {
    let changes = read::settings::changes(&visit.query, project, subjects, CHANGES).await?;
    Ok(changes.into_iter().map(|change| ChangeRow::new(change, visit.now)).collect())
}

impl ChangeRow {
    fn new(change: SettingsChange, now: Timestamp) -> Self {
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        let defaults = || match change.subject {
            Subject::Section(section) => section.of(&ProjectSettings::default()),
            Subject::Keys => Value::Null,
        };
        let old = change.old.as_deref().map_or_else(defaults, parsed);
        let differences = differences(&old, &parsed(&change.new));
        Self { by: change.by, at: Moment::ago(change.changed, now), differences }
    }
}

fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut places: BTreeMap<String, (String, String)> = BTreeMap::new();
    leaves(old, "", &mut |place, value| places.entry(place).or_default().0 = value);
    leaves(new, "", &mut |place, value| places.entry(place).or_default().1 = value);
    let changed = places.into_iter().filter(|(_, (old, new))| old != new);
    changed.map(|(place, (old, new))| Difference { place, old, new }).collect()
}

/// Every value that holds no others, by its place; null is nothing.
fn leaves(value: &Value, place: &str, found: &mut impl FnMut(String, String)) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            let dot = if place.is_empty() { "" } else { "." };
            for (name, field) in fields {
                leaves(field, &format!("{place}{dot}{name}"), found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(item, &format!("{place}[{at}]"), found);
            }
        }
        Value::String(text) => found(place.to_owned(), text.clone()),
        other => found(place.to_owned(), other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_as_it_was_is_told_by_place() {
        let old = json!({ "releases": ["a", "b"], "rate": 1, "same": true });
        let new = json!({ "releases": ["a"], "rate": 2, "same": true, "rules": [{ "name": "c" }] });
        let told: Vec<String> = differences(&old, &new)
            .iter()
            .map(|it| format!("{}: {:?} {:?}", it.place, it.old, it.new))
            .collect();
        assert_eq!(told, [r#"rate: "1" "2""#, r#"releases[1]: "b" """#, r#"rules[0].name: "" "c""#]);
        let key = json!({ "0123": { "label": "beta", "rateLimit": null } });
        let created = differences(&Value::Null, &key);
        assert_eq!(created, [Difference { place: "0123.label".into(), old: "".into(), new: "beta".into() }]);
    }
}
