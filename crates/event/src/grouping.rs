//! What a project decides about grouping; the rules' syntax is `mayday_grouping`'s to read.

use serde::{Deserialize, Serialize};

use crate::settings::RuleError;

/// Longest text of rules, bytes.
const TEXT_BYTES: usize = 30_000;

/// The rules as people write them, one a line; `#` begins a comment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupingSettings {
    /// `error.type:Timeout* -> timeout, {{ transaction }}`
    pub fingerprint_rules: String,
    /// `stack.function:std::* -app`
    pub stack_trace_rules: String,
}

impl GroupingSettings {
    /// Whether the texts are short enough to be read.
    pub fn check(&self) -> Result<(), RuleError> {
        let texts =
            [("fingerprint_rules", &self.fingerprint_rules), ("stack_trace_rules", &self.stack_trace_rules)];
        match texts.into_iter().find(|(_, text)| text.len() > TEXT_BYTES) {
            Some((field, _)) => Err(RuleError {
                place: format!("grouping.{field}"),
                problem: format!("has more than {TEXT_BYTES} bytes"),
            }),
            None => Ok(()),
        }
    }
}
