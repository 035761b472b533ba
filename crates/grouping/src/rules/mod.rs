//! A project's own rules for grouping, in the syntax that Sentry documents: fingerprint rules
//! (<https://docs.sentry.io/concepts/data-management/event-grouping/fingerprint-rules/>) and stack-trace rules
//! (<https://docs.sentry.io/concepts/data-management/event-grouping/stack-trace-rules/>).

mod fingerprint;
mod glob;
mod matcher;
mod scan;
mod stack_trace;
mod template;
#[cfg(test)]
mod tests;

use mayday_event::{grouping::GroupingSettings, settings::RuleError};

use scan::{Scanner, lines};

pub(crate) use fingerprint::{FingerprintRule, FingerprintRules, Seen};
pub(crate) use stack_trace::{ByRule, Marks, Ruled, StackTraceRules};
pub(crate) use template::Template;

/// Most rules of a kind.
const RULES: usize = 300;

/// A project's rules, compiled.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub(crate) fingerprint: FingerprintRules,
    pub(crate) stack_trace: StackTraceRules,
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
struct SyntaxError {
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    problem: String,
}

/// A text's rules in order, a line each; `rule` reads one, given its line's number.
fn parse<R>(
    text: &str,
    rule: impl Fn(usize, &mut Scanner<'_>) -> Result<R, SyntaxError>,
) -> Result<Vec<R>, SyntaxError> {
    let mut rules = Vec::new();
    for (number, line) in lines(text) {
        let mut scanner = Scanner::new(number, line);
        if rules.len() == RULES {
            return scanner.refuse(format!("there are more than {RULES} rules"));
        }
        rules.push(rule(number, &mut scanner)?);
    }
    Ok(rules)
}

impl Rules {
    /// Reads both kinds. The error names the text, the line and the column.
    pub fn compile(settings: &GroupingSettings) -> Result<Self, RuleError> {
        let refused = |field: &str| {
            let place = format!("grouping.{field}");
            move |error: SyntaxError| RuleError { place, problem: error.to_string() }
        };
        settings.check()?;
        Ok(Self {
            fingerprint: FingerprintRules::parse(&settings.fingerprint_rules)
                .map_err(refused("fingerprint_rules"))?,
            stack_trace: StackTraceRules::parse(&settings.stack_trace_rules)
                .map_err(refused("stack_trace_rules"))?,
        })
    }
}
