//! What a form of settings says, and what is wrong with it.

use std::collections::BTreeMap;

use mayday_catalog::{CatalogError, projects::Project, settings::Section};
use mayday_event::settings::{CompiledSettings, RuleError};
use serde_json::Value;

use super::super::{
    error::{PageError, sentence},
    visit::Visit,
};

/// Most rows of a list in a form.
const ROWS: usize = 200;

/// The fields of a form, by name.
pub(super) struct Fields {
    values: BTreeMap<String, String>,
    problems: Vec<RuleError>,
}

impl From<BTreeMap<String, String>> for Fields {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self { values, problems: Vec::new() }
    }
}

impl Fields {
    /// Without the blanks around it; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// Whether a box is ticked.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A whole number; what is none stays as it is and becomes a problem of `place`.
    pub(super) fn number(&mut self, name: &str, place: &str) -> Value {
        let text = self.text(name).to_owned();
        match text.parse::<u64>() {
            Ok(number) => number.into(),
            Err(_) => self.refuse(place, "is not a whole number", text),
        }
    }

    /// A number; what is none stays as it is and becomes a problem of `place`.
    pub(super) fn fraction(&mut self, name: &str, place: &str) -> Value {
        let text = self.text(name).to_owned();
        match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => number.into(),
            None => self.refuse(place, "is not a number", text),
        }
    }

    /// [`Self::text`], if there is any.
    pub(super) fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A list with an entry a line.
    pub(super) fn lines(&self, name: &str) -> Value {
        self.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    /// Something is wrong with `place`, which stays as it is.
    pub(super) fn refuse(&mut self, place: &str, problem: &str, text: String) -> Value {
        self.problems.push(RuleError { place: place.into(), problem: problem.into() });
        text.into()
    }

    /// The indices of the rows of a list that have `field`: `list[0].field` and so on.
    pub(super) fn rows(&self, list: &str, field: &str) -> Vec<usize> {
        (0..ROWS).filter(|row| self.values.contains_key(&format!("{list}[{row}].{field}"))).collect()
    }

    /// The settings as they would be with this draft of a section.
    pub(super) async fn compiled(
        self,
        visit: &Visit,
        project: &Project,
        section: Section,
        draft: &Value,
    ) -> Result<Result<CompiledSettings, Vec<RuleError>>, PageError> {
        if !self.problems.is_empty() {
            return Ok(Err(self.problems));
        }
        match visit.query.catalog.try_settings(project.id, section, draft).await {
            Ok(settings) => Ok(Ok(settings)),
            Err(CatalogError::Rule(problem)) => Ok(Err(vec![problem])),
            Err(error) => Err(error.into()),
        }
    }

    /// What was found wrong.
    pub(super) fn into_problems(self) -> Vec<RuleError> {
        self.problems
    }
}

/// What is wrong with a draft, by place.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    found: Vec<RuleError>,
    /// What people call places that are numbered.
    names: Vec<(String, String)>,
    is_trial: bool,
}

impl From<Vec<RuleError>> for Problems {
    fn from(found: Vec<RuleError>) -> Self {
        Self { found, ..Self::default() }
    }
}

impl Problems {
    pub(super) fn one(place: &str, problem: impl Into<String>) -> Self {
        Self::from(vec![RuleError { place: place.into(), problem: problem.into() }])
    }

    /// The draft was only to be tried.
    pub(super) fn of_trial(self) -> Self {
        Self { is_trial: true, ..self }
    }

    /// Calls a place as people do.
    pub(super) fn call(&mut self, place: &str, name: &str) {
        self.names.push((place.to_owned(), name.to_owned()));
    }

    /// What did not happen because of them.
    pub(super) fn consequence(&self) -> &'static str {
        match self.is_trial {
            true => "This could not be tried, and is not saved either:",
            false => "Nothing was saved:",
        }
    }

    /// All of them, each with the name of its place.
    pub(super) fn all(&self) -> Vec<RuleError> {
        let called = |place: &str| {
            let named = self.names.iter().find_map(|(known, name)| Some((name, place.strip_prefix(known)?)));
            named.map_or_else(|| place.to_owned(), |(name, rest)| format!("{name}{rest}"))
        };
        let shown = |RuleError { place, problem }: &RuleError| RuleError {
            place: called(place),
            problem: problem.clone(),
        };
        self.found.iter().map(shown).collect()
    }

    /// What is wrong with a field, or with something in it.
    pub(super) fn at(&self, field: &str) -> Option<String> {
        let is_in = |place: &str| {
            place
                .strip_prefix(field)
                .is_some_and(|rest| matches!(rest.chars().next(), None | Some('.' | '[')))
        };
        let problem = self.found.iter().find(|problem| is_in(&problem.place))?;
        Some(match problem.place.strip_prefix(field).unwrap_or("") {
            "" => sentence(&problem.problem),
            within => format!("{}: {}", entry(within), problem.problem),
        })
    }
}

/// `Entry 3` of `[2]`, as people count.
fn entry(within: &str) -> String {
    let number = within
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .and_then(|(n, rest)| Some((n.parse::<usize>().ok()?, rest)));
    match number {
        Some((number, rest)) => format!("Entry {}{}", number + 1, rest.replace('.', ", ")),
        None => within.trim_start_matches('.').to_owned(),
    }
}

/// A field of a draft as its form shows it.
pub(super) fn shown(draft: &Value, field: &str) -> String {
    match draft.get(field) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The entries of a list of a draft.
pub(super) fn entries<'d>(draft: &'d Value, list: &str) -> &'d [Value] {
    draft.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A choice of a `<select>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) current: bool,
}

/// Choices from values and names; a current value that is not among them is one more.
pub(super) fn choices<'n>(of: impl IntoIterator<Item = (String, &'n str)>, current: &str) -> Vec<Choice> {
    let choice =
        |(value, name): (String, &str)| Choice { current: value == current, name: name.into(), value };
    let mut choices: Vec<Choice> = of.into_iter().map(choice).collect();
    if !current.is_empty() && !choices.iter().any(|choice| choice.current) {
        choices.push(Choice { value: current.into(), name: current.into(), current: true });
    }
    choices
}

/// Choices of a list of values and names that is known beforehand.
pub(super) fn choices_of(names: &[(&str, &str)], current: &str) -> Vec<Choice> {
    choices(names.iter().map(|(value, name)| ((*value).to_owned(), *name)), current)
}

/// A list of a draft, an entry a line.
pub(super) fn as_lines(draft: &Value, list: &str) -> String {
    let lines: Vec<&str> = entries(draft, list).iter().filter_map(Value::as_str).collect();
    lines.join("\n")
}
