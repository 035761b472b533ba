//! How many full payloads are kept.

use askama::Template;
use mayday_catalog::projects::Project;
use serde_json::{Map, Value};

use super::{
    super::{error::PageError, moment::bytes, shell::Shell, visit::Visit},
    Frame, Page, Parts, Tab,
    fields::{Choice, Fields, choices, shown},
};
use crate::read;

/// What a budget is counted in, largest first.
const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1, "bytes")];
/// The budget in its unit, as the form has it.
const NUMBER: &str = "budget";
const UNIT: &str = "budget_unit";

#[derive(Template)]
#[template(path = "settings/payloads.html")]
pub(super) struct PayloadsPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) budget: String,
    pub(super) units: Vec<Choice>,
    pub(super) keep_first: String,
    pub(super) keep_newest: String,
    /// Of today's budget; `None`: cannot be told now.
    pub(super) used: Option<String>,
}

impl Page for PayloadsPage {
    const TAB: Tab = Tab::Payloads;

    async fn of(visit: &Visit, project: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, frame, draft } = parts;
        let (budget, unit) = match draft.get("daily_budget_bytes") {
            Some(Value::Number(bytes)) => in_unit(bytes.as_u64().unwrap_or(0)),
            Some(Value::String(text)) => (text.clone(), 1 << 30),
            _ => (String::new(), 1 << 30),
        };
        let used = read::settings::payload_bytes_today(&visit.query, project).await;
        Ok(Self {
            budget,
            units: choices(UNITS.map(|(bytes, name)| (bytes.to_string(), name)), &unit.to_string()),
            keep_first: shown(&draft, "keep_first"),
            keep_newest: shown(&draft, "keep_newest"),
            used: used.map(bytes),
            shell,
            frame,
        })
    }

    fn draft(fields: &mut Fields) -> Value {
        let mut draft = Map::new();
        // Without a number there is no bound.
        let budget = if fields.text(NUMBER).is_empty() { Value::Null } else { budget(fields) };
        draft.insert("daily_budget_bytes".into(), budget);
        for field in ["keep_first", "keep_newest"] {
            draft.insert(field.into(), fields.number(field, &format!("payloads.{field}")));
        }
        draft.into()
    }
}

fn budget(fields: &mut Fields) -> Value {
    const PLACE: &str = "payloads.daily_budget_bytes";
    let unit = fields.text(UNIT).parse::<u64>().ok();
    let unit = unit.filter(|unit| UNITS.iter().any(|(bytes, _)| bytes == unit)).unwrap_or(1);
    match fields.number(NUMBER, PLACE) {
        Value::Number(number) => match number.as_u64().and_then(|number| number.checked_mul(unit)) {
            Some(bytes) => bytes.into(),
            None => fields.refuse(PLACE, "is too large", number.to_string()),
        },
        not_a_number => not_a_number,
    }
}

/// A number of bytes in the largest unit in which it is whole.
fn in_unit(bytes: u64) -> (String, u64) {
    let unit = UNITS
        .iter()
        .map(|(unit, _)| *unit)
        .find(|unit| bytes > 0 && bytes.is_multiple_of(*unit))
        .unwrap_or(1);
    ((bytes / unit).to_string(), unit)
}
