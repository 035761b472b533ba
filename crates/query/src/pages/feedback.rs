//! What users said.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::Project;
use mayday_event::Timestamp;
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    event::event_path,
    fate,
    moment::Moment,
    path::with_query,
    shell::{Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::{
    QueryError,
    read::{
        self, DEFAULT_LIMIT,
        feedback::{FeedbackPage, FeedbackRow},
    },
};

#[derive(Template)]
#[template(path = "feedback.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    next: Option<String>,
}

/// What one user said.
struct Row {
    message: String,
    /// Name and e-mail address, as far as they gave them.
    who: String,
    at: Moment,
    /// `app@1.0 · production · /checkout`
    place: String,
    about: Option<About>,
}

/// The event that it is about.
struct About {
    href: String,
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct FeedbackQuery {
    #[serde(default)]
    cursor: String,
}

/// `GET /projects/{organization}/{project}/feedback/`
pub(crate) async fn list(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<FeedbackQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let cursor = Some(asked.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let cursor = cursor.map(str::parse).transpose().map_err(QueryError::from)?;
    let found = read::feedback::list(&visit.query, &project, cursor, DEFAULT_LIMIT).await?;
    let title = format!("Feedback · {}", project.name);
    let shell = visit.project_shell(title, &project, Section::Feedback).await?;
    answer::page(&ListPage::new(shell, &project, &found, visit.now))
}

impl ListPage {
    fn new(shell: Shell, project: &Project, found: &FeedbackPage, now: Timestamp) -> Self {
        let list = Section::Feedback.path(project);
        Self {
            shell,
            rows: found.rows.iter().map(|row| Row::new(row, project, now)).collect(),
            next: found.pagination.next_cursor().map(|cursor| with_query(&list, &[("cursor", cursor)])),
        }
    }
}

impl Row {
    fn new(row: &FeedbackRow, project: &Project, now: Timestamp) -> Self {
        let said = &row.said.feedback;
        let filled = |parts: [&str; 3]| {
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        };
        let about = said.event_id.map(|event| match &row.issue {
            Some(issue) => About {
                href: event_path(issue.id, event),
                name: format!("{} {}", issue.short_id, issue.title),
            },
            None => About { href: fate::path(project, event), name: format!("Event {event}") },
        });
        Self {
            message: said.message.clone(),
            who: filled([&said.name, &said.email, ""]),
            at: Moment::ago(said.timestamp, now),
            place: filled([&said.release, &said.environment, &said.url]),
            about,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cursor::Pagination,
        fixture::{main_part, now},
        pages::sample,
    };

    #[test]
    fn what_users_said_leads_to_what_it_is_about() {
        let about = |issue| FeedbackRow { said: sample::feedback(), issue };
        let mut about_nothing = about(None);
        about_nothing.said.feedback.event_id = None;
        let rows = vec![about(Some(sample::issue())), about(None), about_nothing];
        let found = FeedbackPage { rows, pagination: Pagination::whole() };
        let page = ListPage::new(sample::shell(), &sample::project(), &found, now());
        insta::assert_snapshot!(main_part(&page.render().unwrap()));
    }
}
