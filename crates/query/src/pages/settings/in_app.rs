//! Which frames are the app's own.

use askama::Template;
use mayday_catalog::projects::Project;
use serde_json::{Value, json};

use super::{
    super::{error::PageError, shell::Shell, visit::Visit},
    Frame, Page, Parts, Tab,
    fields::{Choice, Fields, choices_of, entries, shown},
};

const FIELDS: [(&str, &str); 4] =
    [("module", "module or class"), ("package", "binary"), ("path", "source file"), ("function", "function")];
const VERDICTS: [(&str, &str); 2] = [("true", "the app's own"), ("false", "not the app's")];

#[derive(Template)]
#[template(path = "settings/in_app.html")]
pub(super) struct InAppPage {
    shell: Shell,
    frame: Frame,
    /// The last is empty, for one more.
    rules: Vec<RuleRow>,
}

struct RuleRow {
    /// `rules[0]`
    name: String,
    /// `in_app.rules[0]`
    place: String,
    fields: Vec<Choice>,
    pattern: String,
    verdicts: Vec<Choice>,
}

impl RuleRow {
    fn new(at: usize, rule: &Value) -> Self {
        let name = format!("rules[{at}]");
        Self {
            place: format!("in_app.{name}"),
            fields: choices_of(&FIELDS, &shown(rule, "field")),
            pattern: shown(rule, "pattern"),
            verdicts: choices_of(&VERDICTS, &shown(rule, "in_app")),
            name,
        }
    }
}

impl Page for InAppPage {
    const TAB: Tab = Tab::InApp;

    async fn of(_: &Visit, _: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, frame, draft } = parts;
        let rules = entries(&draft, "rules").iter().chain([&Value::Null]).enumerate();
        Ok(Self { rules: rules.map(|(at, rule)| RuleRow::new(at, rule)).collect(), shell, frame })
    }

    /// A row without a pattern is none.
    fn draft(fields: &mut Fields) -> Value {
        let rule = |row: usize| {
            let text = |field: &str| fields.text(&format!("rules[{row}].{field}"));
            let in_app = text("in_app") == "true";
            (!text("pattern").is_empty())
                .then(|| json!({ "field": text("field"), "pattern": text("pattern"), "in_app": in_app }))
        };
        let rules: Vec<Value> = fields.rows("rules", "pattern").into_iter().filter_map(rule).collect();
        json!({ "rules": rules })
    }
}
