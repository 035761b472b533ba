//! Which frames a project calls its app's own.

use serde::{Deserialize, Serialize};

use crate::{model::Frame, settings::RuleError};

/// Rules of one project.
const RULES: usize = 200;
/// Longest pattern, bytes.
const PATTERN_BYTES: usize = 500;

/// The rules, in order: the first that fits a frame has the last word on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InAppSettings {
    pub rules: Vec<InAppRule>,
}

/// One rule: frames whose field begins with the pattern are, or are not, the app's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InAppRule {
    pub field: InAppField,
    /// The field's beginning; after a `*`, any part of it.
    pub pattern: String,
    pub in_app: bool,
}

/// What of a frame a rule looks at; stable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InAppField {
    /// Class or module: `com.example.Cart`.
    Module,
    /// The binary: `/usr/lib/libc.so`.
    Package,
    /// The source file, by its full path where that is known.
    Path,
    Function,
}

impl InAppSettings {
    /// Whether there are few enough rules, and each says something.
    pub fn check(&self) -> Result<(), RuleError> {
        let problem = |place: String, problem: String| Err(RuleError { place, problem });
        if self.rules.len() > RULES {
            return problem("in_app.rules".to_owned(), format!("more than {RULES}"));
        }
        for (at, rule) in self.rules.iter().enumerate() {
            let place = format!("in_app.rules[{at}].pattern");
            if rule.pattern.trim_start_matches('*').is_empty() {
                return problem(place, "is empty: it would fit every frame".to_owned());
            }
            if rule.pattern.len() > PATTERN_BYTES {
                return problem(place, format!("has more than {PATTERN_BYTES} bytes"));
            }
        }
        Ok(())
    }
}

impl InAppRule {
    /// Whether it is about this frame.
    pub fn fits(&self, frame: &Frame) -> bool {
        let field = match self.field {
            InAppField::Module => &frame.module,
            InAppField::Package => &frame.package,
            InAppField::Path if frame.abs_path.is_some() => &frame.abs_path,
            InAppField::Path => &frame.filename,
            InAppField::Function => &frame.function,
        };
        field.as_deref().is_some_and(|text| match self.pattern.strip_prefix('*') {
            Some(part) => text.contains(part),
            None => text.starts_with(&self.pattern),
        })
    }
}
