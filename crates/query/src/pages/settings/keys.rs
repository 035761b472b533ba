//! Adding and changing DSN keys.

use actix_web::{HttpResponse, http::StatusCode, web};
use mayday_catalog::{
    keys::RateLimit,
    projects::{DsnKey, DsnKeyChange, Project},
};
use serde::Deserialize;

use super::{
    super::{
        answer,
        error::{PageError, sentence},
        moment::counted,
        visit::{Decided, Posted, ProjectPath, Visit},
    },
    Page, Parts, Tab,
    fields::{Choice, Problems},
    limits::{KeysPage, windows},
    saved,
};
use crate::{QueryError, change::keys, read};

/// Seconds that are chosen for a key without a limit.
const WINDOW: &str = "60";

pub(super) struct KeyRow {
    pub(super) public_key: String,
    pub(super) dsn: String,
    /// As it is stored.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) active: bool,
    /// For people.
    pub(super) limit: String,
    pub(super) count: String,
    pub(super) windows: Vec<Choice>,
    pub(super) action: String,
    /// After a change that was refused.
    pub(super) open: bool,
}

/// A key to be, and what is wrong with it.
#[derive(Default)]
pub(super) struct NewKeyForm {
    pub(super) label: String,
    pub(super) problem: Option<String>,
}

impl KeyRow {
    pub(super) fn new(visit: &Visit, project: &Project, key: &DsnKey) -> Self {
        let window =
            key.rate_limit.map_or_else(|| WINDOW.to_owned(), |limit| limit.window_seconds.to_string());
        Self {
            public_key: key.public_key.to_string(),
            dsn: read::projects::dsn(&visit.query, key),
            name: key.label.clone(),
            label: key.label.clone(),
            active: key.active,
            limit: key.rate_limit.map_or_else(|| "no limit of its own".to_owned(), in_words),
            count: key.rate_limit.map(|limit| limit.count.to_string()).unwrap_or_default(),
            windows: windows(&window),
            action: format!("{}{}/", Tab::Keys.path(project), key.public_key),
            open: false,
        }
    }
}

fn in_words(limit: RateLimit) -> String {
    let seconds = limit.window_seconds.to_string();
    let window = windows(&seconds).into_iter().find(|window| window.current);
    let window = window.map_or(seconds, |window| window.name);
    format!("{} in {window}", counted(limit.count.into(), "event", "events"))
}

#[derive(Deserialize)]
pub(super) struct NewKey {
    label: String,
}

/// `POST …/settings/keys/`
pub(super) async fn add(
    decided: Decided<NewKey>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let Decided(Posted { visit, form }) = decided;
    let project = visit.project(&path).await?;
    match keys::create(&visit.query, &visit.principal, &project, form.label.trim()).await {
        Ok(_) => Ok(saved(Tab::Keys, &project)),
        Err(QueryError::Invalid(why)) => {
            let parts = Parts::stored(&visit, &project, Tab::Keys).await?;
            let mut page = KeysPage::of(&visit, &project, parts).await?;
            page.new_key = NewKeyForm { label: form.label, problem: Some(sentence(&why)) };
            answer::page_with(StatusCode::BAD_REQUEST, &page)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct KeyPath {
    organization: String,
    project: String,
    key: String,
}

#[derive(Deserialize)]
pub(super) struct KeyForm {
    label: String,
    active: Option<String>,
    /// Empty for no limit.
    #[serde(default)]
    count: String,
    #[serde(default)]
    window_seconds: String,
}

impl KeyForm {
    fn change(&self) -> Result<DsnKeyChange, QueryError> {
        let number = |text: &str, what| {
            let number = text.trim().parse::<u32>().ok().filter(|number| *number > 0);
            number
                .ok_or_else(|| QueryError::Invalid(format!("{what}: {text:?} is not a whole number above 0")))
        };
        let rate_limit = match self.count.trim() {
            "" => None,
            count => Some(RateLimit {
                count: number(count, "limit")?,
                window_seconds: number(&self.window_seconds, "window")?,
            }),
        };
        Ok(DsnKeyChange {
            label: Some(self.label.trim().to_owned()),
            active: Some(self.active.is_some()),
            rate_limit: Some(rate_limit),
        })
    }
}

/// `POST …/settings/keys/{key}/`
pub(super) async fn change(
    decided: Decided<KeyForm>,
    path: web::Path<KeyPath>,
) -> Result<HttpResponse, PageError> {
    let Decided(Posted { visit, form }) = decided;
    let KeyPath { organization, project, key } = path.into_inner();
    let project = visit.project(&ProjectPath { organization, project }).await?;
    let public_key = key.parse().map_err(|_| QueryError::NotFound("key"))?;
    let changed = match form.change() {
        Ok(change) => keys::change(&visit.query, &visit.principal, &project, public_key, &change).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => Ok(saved(Tab::Keys, &project)),
        Err(QueryError::Invalid(why)) => refused(&visit, &project, &key, form, &why).await,
        Err(error) => Err(error.into()),
    }
}

async fn refused(
    visit: &Visit,
    project: &Project,
    key: &str,
    form: KeyForm,
    why: &str,
) -> Result<HttpResponse, PageError> {
    let mut parts = Parts::stored(visit, project, Tab::Keys).await?;
    parts.frame.problems = Problems::one(&format!("key {key}"), why);
    let mut page = KeysPage::of(visit, project, parts).await?;
    for row in page.keys.iter_mut().filter(|row| row.public_key == key.to_lowercase()) {
        row.open = true;
        row.label.clone_from(&form.label);
        row.active = form.active.is_some();
        row.count.clone_from(&form.count);
        row.windows = windows(&form.window_seconds);
    }
    answer::page_with(StatusCode::BAD_REQUEST, &page)
}
