//! How long a project keeps what it received.

use askama::Template;
use mayday_catalog::projects::Project;
use serde_json::{Value, json};

use super::{
    super::{error::PageError, shell::Shell, visit::Visit},
    Frame, Page, Parts, Tab,
    fields::{Fields, shown},
};

#[derive(Template)]
#[template(path = "settings/retention.html")]
pub(super) struct RetentionPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) days: String,
    /// Days that the server keeps anything.
    pub(super) server_days: u32,
}

impl Page for RetentionPage {
    const TAB: Tab = Tab::Retention;

    async fn of(visit: &Visit, _: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, frame, draft } = parts;
        let days = match draft.get("days") {
            Some(Value::Null) | None => String::new(),
            Some(_) => shown(&draft, "days"),
        };
        Ok(Self { days, server_days: visit.query.store.retention_days(), shell, frame })
    }

    fn draft(fields: &mut Fields) -> Value {
        // Without a number the server's holds.
        let days = match fields.text("days").is_empty() {
            true => Value::Null,
            false => fields.number("days", "retention.days"),
        };
        json!({ "days": days })
    }
}
