//! The project's own rules for grouping, and what they would do.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::Project;
use mayday_event::grouping::GroupingSettings;
use serde_json::{Value, json};

use super::{
    super::{
        answer,
        error::PageError,
        shell::Shell,
        visit::{Posted, ProjectPath, Visit},
    },
    Frame, Page, Parts, Tab,
    fields::{Fields, Problems, shown},
};
use crate::{
    QueryError,
    read::regrouping::{self, DEFAULT_EVENTS, MOST_EVENTS, Preview},
};

#[derive(Template)]
#[template(path = "settings/grouping.html")]
pub(super) struct GroupingPage {
    shell: Shell,
    frame: Frame,
    fingerprint_rules: String,
    stack_trace_rules: String,
    /// How many events a preview looks at.
    events: String,
    most_events: usize,
    preview: Option<Preview>,
}

impl Page for GroupingPage {
    const TAB: Tab = Tab::Grouping;

    async fn of(_: &Visit, _: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, frame, draft } = parts;
        Ok(Self {
            fingerprint_rules: shown(&draft, "fingerprint_rules"),
            stack_trace_rules: shown(&draft, "stack_trace_rules"),
            events: DEFAULT_EVENTS.to_string(),
            most_events: MOST_EVENTS,
            preview: None,
            shell,
            frame,
        })
    }

    /// Browsers end lines of a form with two characters.
    fn draft(fields: &mut Fields) -> Value {
        let text = |name: &str| fields.text(name).replace("\r\n", "\n");
        json!({ "fingerprint_rules": text("fingerprint_rules"), "stack_trace_rules": text("stack_trace_rules") })
    }
}

/// `POST …/settings/grouping/preview/`: the draft is tried on the newest events, and nothing is saved.
pub(super) async fn preview(
    posted: Posted<BTreeMap<String, String>>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let visit = posted.visit;
    let project = visit.project(&path).await?;
    let mut fields = Fields::from(posted.form);
    let (draft, events) = (GroupingPage::draft(&mut fields), fields.text("events").to_owned());
    let settings = GroupingSettings {
        fingerprint_rules: shown(&draft, "fingerprint_rules"),
        stack_trace_rules: shown(&draft, "stack_trace_rules"),
    };
    let (mut preview, mut problems) = (None, Problems::default());
    match events.parse() {
        Ok(count) => match regrouping::preview(&visit.query, &project, settings, count).await {
            Ok(found) => preview = Some(found),
            Err(QueryError::Rule(problem)) => problems = Problems::from(vec![problem]),
            Err(QueryError::Invalid(problem)) => problems = Problems::one("events", problem),
            Err(error) => return Err(error.into()),
        },
        Err(_) => problems = Problems::one("events", "is not a whole number"),
    }
    let mut parts = Parts::stored(&visit, &project, Tab::Grouping).await?;
    (parts.draft, parts.frame.problems) = (draft, problems.of_trial());
    let page = GroupingPage::of(&visit, &project, parts).await?;
    answer::page(&GroupingPage { events, preview, ..page })
}
