//! A project's own rules: where, what, and what becomes of it.

use std::{borrow::Cow, ops::Range};

use regex::{Regex, RegexBuilder};

use super::{
    mark::{self, FILTERED, Spans},
    path::{Path, Step, VALUES},
    settings::{Action, CustomRule},
};
use crate::{
    filter::{self, Glob},
    settings::RuleError,
};

/// Most memory of one compiled expression, bytes.
const REGEX_BYTES: usize = 1 << 20;
/// Longest expression, bytes.
const REGEX_TEXT_BYTES: usize = 1_000;
/// Longest path of a rule, bytes.
const PATH_BYTES: usize = 500;
/// Most steps of a rule's path.
const PATH_STEPS: usize = 32;
/// Steps of a value's path that rules look at; no value is deeper.
const DEPTH: usize = 32;

#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Its place in the settings.
    pub(super) number: usize,
    pub(super) action: Action,
    path: Vec<Segment>,
    regex: Option<Regex>,
}

#[derive(Debug, Clone)]
enum Segment {
    /// Any number of steps, also none.
    AnySteps,
    /// One step.
    AnyStep,
    /// In lower case.
    Name(String),
    Pattern(Glob),
}

pub(super) fn compiled(rules: &[CustomRule]) -> Result<Vec<Rule>, RuleError> {
    if rules.len() > filter::RULES {
        let problem = format!("more than {} entries", filter::RULES);
        return Err(RuleError { place: "privacy.rules".to_owned(), problem });
    }
    let rule = |(number, rule): (usize, &CustomRule)| {
        let error =
            |field: &str, problem| RuleError { place: format!("privacy.rules[{number}].{field}"), problem };
        let path = path(&rule.path).map_err(|problem| error("path", problem))?;
        let regex = rule.regex.as_deref().map(regex).transpose();
        let regex = regex.map_err(|problem| error("regex", problem))?;
        Ok(Rule { number, action: rule.action, path, regex })
    };
    rules.iter().enumerate().map(rule).collect()
}

fn path(text: &str) -> Result<Vec<Segment>, String> {
    if text.len() > PATH_BYTES || text.split('.').count() > PATH_STEPS {
        return Err(format!("is longer than {PATH_BYTES} bytes or {PATH_STEPS} steps"));
    }
    let segment = |name: &str| match name {
        "" => Err("has an empty step".to_owned()),
        "**" => Ok(Segment::AnySteps),
        "*" => Ok(Segment::AnyStep),
        name if name.contains('*') => Glob::compile(name).map(Segment::Pattern),
        name => Ok(Segment::Name(name.to_lowercase())),
    };
    let mut segments: Vec<Segment> = text.split('.').map(segment).collect::<Result<_, _>>()?;
    let is = |segment: Option<&Segment>, wanted: &str| matches!(segment, Some(Segment::Name(name)) if name == wanted);
    if ["exception", "threads", "breadcrumbs"].iter().any(|list| is(segments.first(), list))
        && is(segments.get(1), VALUES)
    {
        segments.remove(1);
    }
    // As SDKs send it.
    if segments.len() == 1 && is(segments.first(), "message") {
        segments = vec![Segment::Name("logentry".to_owned())];
    }
    Ok(segments)
}

fn regex(text: &str) -> Result<Regex, String> {
    if text.is_empty() || text.len() > REGEX_TEXT_BYTES {
        return Err(format!("must have 1 to {REGEX_TEXT_BYTES} bytes"));
    }
    let built = RegexBuilder::new(text).size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES).build();
    // The text of the library is several lines with a picture; its last says what is wrong.
    built.map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        last.trim_start_matches("error: ").to_owned()
    })
}

impl Rule {
    /// Whether it means what is at `path`, or something that is around it.
    pub(super) fn selects(&self, path: &Path<'_>) -> bool {
        let (steps, count) = path.steps::<DEPTH>();
        let steps = steps.get(..count).unwrap_or_default();
        // Which segments may come next, a bit each; after the last the value is meant.
        let mut states = self.after_any_steps(1);
        let meant = 1_u64 << self.path.len();
        for step in steps {
            if states & meant != 0 {
                return true;
            }
            let mut next = 0;
            for (at, segment) in self.path.iter().enumerate() {
                if states >> at & 1 == 1 && segment.fits(*step) {
                    next |= if matches!(segment, Segment::AnySteps) { 1 << at } else { 1 << (at + 1) };
                }
            }
            states = self.after_any_steps(next);
            if states == 0 {
                return false;
            }
        }
        states & meant != 0
    }

    /// With those that are reached without a step.
    fn after_any_steps(&self, mut states: u64) -> u64 {
        for (at, segment) in self.path.iter().enumerate() {
            if states >> at & 1 == 1 && matches!(segment, Segment::AnySteps) {
                states |= 1 << (at + 1);
            }
        }
        states
    }

    /// The text without what the rule takes out; `None` if that is nothing.
    pub(super) fn scrubbed(&self, text: &str, salt: &str) -> Option<String> {
        let Some(regex) = &self.regex else {
            if text.is_empty() || mark::is_mark(text) || mark::is_hash(text) {
                return None;
            }
            let scrubbed = match self.action {
                Action::Remove => mark::fitting(FILTERED, text.len()).to_owned(),
                Action::Mask => mark::masked(text),
                Action::Hash => mark::hash(text, salt),
            };
            return Some(scrubbed).filter(|scrubbed| scrubbed != text);
        };
        let found = regex.find_iter(text).map(|found| found.range());
        let found = found.filter(|part| !part.is_empty() && !mark::covers(text, part));
        let replacement = |part: Range<usize>| {
            let found = text.get(part.clone())?;
            let replacement: Cow<'static, str> = match self.action {
                Action::Remove => mark::fitting(FILTERED, found.len()).into(),
                Action::Mask => mark::masked(found).into(),
                Action::Hash if mark::is_hash(found) => return None,
                Action::Hash => mark::hash(found, salt).chars().take(found.len()).collect::<String>().into(),
            };
            (replacement != found).then_some((part, replacement))
        };
        let spans: Spans = found.filter_map(replacement).collect();
        (!spans.is_empty()).then(|| mark::replaced(text, &spans))
    }

    /// The rule means the whole value and wants it gone.
    pub(super) fn removes_all(&self) -> bool {
        self.regex.is_none() && self.action == Action::Remove
    }
}

impl Segment {
    fn fits(&self, step: Step<'_>) -> bool {
        match (self, step) {
            (Self::AnySteps | Self::AnyStep, _) => true,
            (Self::Name(name), Step::Key(key)) => {
                name.eq_ignore_ascii_case(key) || (!key.is_ascii() && *name == key.to_lowercase())
            }
            (Self::Name(name), Step::Index(index)) => name.parse() == Ok(index),
            (Self::Pattern(glob), Step::Key(key)) => glob.fits(&key.to_lowercase()),
            (Self::Pattern(_), Step::Index(_)) => false,
        }
    }
}
