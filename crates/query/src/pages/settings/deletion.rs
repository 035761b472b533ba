//! Deleting one user's data.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;

use super::{
    super::{
        answer,
        error::{PageError, sentence},
        moment::counted,
        visit::{Decided, Posted, ProjectPath},
    },
    Page, Parts, Tab,
    fields::{Choice, choices},
    privacy::PrivacyPage,
};
use crate::{QueryError, change};

/// What a user is told apart by, as the tag `user` of an event begins.
const KINDS: [(&str, &str); 4] = [
    ("id", "the id"),
    ("email", "the e-mail address"),
    ("username", "the user name"),
    ("ip", "the IP address"),
];

/// Whose data is to be deleted, and what came of it.
pub(super) struct DeletionForm {
    pub(super) kinds: Vec<Choice>,
    pub(super) user: String,
    pub(super) problem: Option<String>,
    /// What was deleted.
    pub(super) done: Option<String>,
}

impl DeletionForm {
    pub(super) fn empty() -> Self {
        Self::of(KINDS[0].0, "")
    }

    fn of(kind: &str, user: &str) -> Self {
        let kinds = choices(KINDS.map(|(value, name)| (value.to_owned(), name)), kind);
        Self { kinds, user: user.to_owned(), problem: None, done: None }
    }
}

#[derive(Deserialize)]
pub(super) struct Whose {
    kind: String,
    user: String,
    sure: Option<String>,
}

/// `POST …/settings/privacy/users/`
pub(super) async fn delete(
    decided: Decided<Whose>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let Decided(Posted { visit, form }) = decided;
    let project = visit.project(&path).await?;
    let user = format!("{}:{}", form.kind, form.user.trim());
    let deleted = match form.sure {
        Some(_) => change::users::delete(&visit.query, &project, &user).await,
        None => Err(QueryError::Invalid("tick the box first: what is deleted does not come back".into())),
    };
    let parts = Parts::stored(&visit, &project, Tab::Privacy).await?;
    let mut page = PrivacyPage::of(&visit, &project, parts).await?;
    match deleted {
        Ok(deleted) => {
            let done = [
                counted(deleted.events, "event", "events"),
                counted(deleted.attachments, "attachment", "attachments"),
                counted(deleted.feedback, "message", "messages"),
            ];
            page.deletion.done = Some(format!("Deleted of {user}: {}.", done.join(", ")));
            answer::page(&page)
        }
        Err(QueryError::Invalid(why)) => {
            page.deletion =
                DeletionForm { problem: Some(sentence(&why)), ..DeletionForm::of(&form.kind, &form.user) };
            answer::page_with(StatusCode::BAD_REQUEST, &page)
        }
        Err(error) => Err(error.into()),
    }
}
