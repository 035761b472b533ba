//! DSN keys and rate limits.

use askama::Template;
use mayday_catalog::projects::{DsnKey, Project};
use serde_json::{Map, Value};

use super::{
    super::{error::PageError, shell::Shell, visit::Visit},
    Frame, Page, Parts, Tab,
    fields::{Choice, Fields, choices, entries, shown},
    keys::{KeyRow, NewKeyForm},
};
use crate::read;

/// Windows to choose from, seconds.
const WINDOWS: [(u32, &str); 8] = [
    (1, "a second"),
    (10, "10 seconds"),
    (60, "a minute"),
    (300, "5 minutes"),
    (600, "10 minutes"),
    (3600, "an hour"),
    (21_600, "6 hours"),
    (86_400, "a day"),
];
const CATEGORIES: [(&str, &str); 3] =
    [("error", "events"), ("session", "session updates"), ("attachment", "attachments")];

#[derive(Template)]
#[template(path = "settings/keys.html")]
pub(super) struct KeysPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) keys: Vec<KeyRow>,
    pub(super) new_key: NewKeyForm,
    /// The last is empty, for one more.
    pub(super) limits: Vec<LimitRow>,
}

pub(super) struct LimitRow {
    /// `limits[0]`
    pub(super) place: String,
    pub(super) is_new: bool,
    pub(super) count: String,
    pub(super) categories: Vec<Choice>,
    pub(super) keys: Vec<Choice>,
    pub(super) windows: Vec<Choice>,
}

/// Windows with the current one chosen; seconds that are not offered are one more.
pub(super) fn windows(current: &str) -> Vec<Choice> {
    let mut windows = choices(WINDOWS.map(|(seconds, name)| (seconds.to_string(), name)), current);
    for odd in windows.iter_mut().filter(|window| window.name == window.value) {
        odd.name.push_str(" seconds");
    }
    windows
}

impl LimitRow {
    fn new(at: usize, limit: Option<&Value>, keys: &[DsnKey]) -> Self {
        let field = |name| limit.map(|limit| shown(limit, name)).unwrap_or_default();
        let of_keys = keys.iter().map(|key| (key.public_key.to_string(), key.label.as_str()));
        let of_project = [(String::new(), "the whole project")];
        Self {
            place: format!("limits[{at}]"),
            is_new: limit.is_none(),
            count: field("count"),
            categories: choices(CATEGORIES.map(|(value, name)| (value.to_owned(), name)), &field("category")),
            keys: choices(of_project.into_iter().chain(of_keys), &field("key").to_lowercase()),
            windows: windows(&limit.map_or_else(|| "60".to_owned(), |limit| shown(limit, "window_seconds"))),
        }
    }
}

impl Page for KeysPage {
    const TAB: Tab = Tab::Keys;

    async fn of(visit: &Visit, project: &Project, parts: Parts) -> Result<Self, PageError> {
        let keys = read::projects::keys(&visit.query, project).await?;
        let limits = entries(&parts.draft, "limits");
        let rows = limits.iter().map(Some).chain([None]).enumerate();
        Ok(Self {
            limits: rows.map(|(at, limit)| LimitRow::new(at, limit, &keys)).collect(),
            keys: keys.iter().map(|key| KeyRow::new(visit, project, key)).collect(),
            new_key: NewKeyForm::default(),
            shell: parts.shell,
            frame: parts.frame,
        })
    }

    /// A row without a count is none.
    fn draft(fields: &mut Fields) -> Value {
        let mut limits: Vec<Value> = Vec::new();
        for row in fields.rows("limits", "count") {
            let name = |field: &str| format!("limits[{row}].{field}");
            if fields.text(&name("count")).is_empty() || fields.is_on(&name("remove")) {
                continue;
            }
            let place = |field: &str| format!("limits[{}].{field}", limits.len());
            let mut limit = Map::new();
            limit.insert("category".into(), fields.text(&name("category")).into());
            let key = fields.text(&name("key"));
            if !key.is_empty() {
                limit.insert("key".into(), key.into());
            }
            for field in ["count", "window_seconds"] {
                limit.insert(field.into(), fields.number(&name(field), &place(field)));
            }
            limits.push(limit.into());
        }
        Value::Object(Map::from_iter([("limits".to_owned(), limits.into())]))
    }
}
