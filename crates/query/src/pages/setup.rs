//! How to connect an app to a project, and the project's keys.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::{DsnKey, DsnKeyChange, Project};
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    moment::counted,
    shell::{Section, Shell},
    snippets::{self, Sdk},
    visit::{Posted, ProjectPath, Visit},
};
use crate::{Query, QueryError, read};

/// Longest label of a key, characters.
const LABEL_CHARS: usize = 100;

/// What `parts/setup.html` shows.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) dsn: String,
    pub(crate) sdks: Vec<Sdk>,
}

impl Setup {
    pub(crate) fn new(dsn: String, platform: &str) -> Self {
        Self { sdks: snippets::sdks(&dsn, platform), dsn }
    }

    /// With the first key that is on; `None`: there is none.
    pub(crate) fn of_project(query: &Query, project: &Project, keys: &[DsnKey]) -> Option<Self> {
        let key = keys.iter().find(|key| key.active)?;
        Some(Self::new(read::projects::dsn(query, key), &project.platform))
    }
}

#[derive(Template)]
#[template(path = "setup.html")]
pub(crate) struct SetupPage {
    pub(crate) shell: Shell,
    pub(crate) project_name: String,
    pub(crate) setup: Option<Setup>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) action: String,
    pub(crate) csrf: String,
}

pub(crate) struct KeyRow {
    pub(crate) label: String,
    pub(crate) dsn: String,
    pub(crate) limit: String,
    pub(crate) active: bool,
    pub(crate) action: String,
}

/// `GET /projects/{organization}/{project}/setup/`
pub(crate) async fn show(visit: Visit, path: web::Path<ProjectPath>) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let keys = read::projects::keys(&visit.query, &project).await?;
    let action = format!("{}keys/", Section::Setup.path(&project));
    let row = |key: &DsnKey| KeyRow {
        label: key.label.clone(),
        dsn: read::projects::dsn(&visit.query, key),
        limit: limit(key),
        active: key.active,
        action: format!("{action}{}/", key.public_key),
    };
    answer::page(&SetupPage {
        shell: visit.project_shell(format!("Setup · {}", project.name), &project, Section::Setup).await?,
        setup: Setup::of_project(&visit.query, &project, &keys),
        keys: keys.iter().map(row).collect(),
        project_name: project.name,
        csrf: visit.csrf,
        action,
    })
}

fn limit(key: &DsnKey) -> String {
    match key.rate_limit {
        None => "none".into(),
        Some(limit) => {
            format!("{} in {} s", counted(limit.count.into(), "event", "events"), limit.window_seconds)
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct NewKey {
    label: String,
}

/// `POST /projects/{organization}/{project}/setup/keys/`
pub(crate) async fn add_key(
    posted: Posted<NewKey>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let label = posted.form.label.trim();
    if label.is_empty() || label.chars().count() > LABEL_CHARS {
        return Err(QueryError::Invalid(format!("label: needs 1 to {LABEL_CHARS} characters")).into());
    }
    let visit = posted.visit;
    let project = visit.project(&path).await?;
    visit.query.catalog.create_dsn_key(project.id, label).await?;
    Ok(answer::see(&Section::Setup.path(&project)))
}

#[derive(Deserialize)]
pub(crate) struct KeyPath {
    organization: String,
    project: String,
    key: String,
}

#[derive(Deserialize)]
pub(crate) struct Switch {
    active: String,
}

/// `POST /projects/{organization}/{project}/setup/keys/{key}/`
pub(crate) async fn switch_key(
    posted: Posted<Switch>,
    path: web::Path<KeyPath>,
) -> Result<HttpResponse, PageError> {
    let path = path.into_inner();
    let key = path.key.parse().map_err(|_| QueryError::NotFound("key"))?;
    let visit = posted.visit;
    let project =
        visit.project(&ProjectPath { organization: path.organization, project: path.project }).await?;
    let change = DsnKeyChange { active: Some(posted.form.active == "true"), ..DsnKeyChange::default() };
    visit.query.catalog.change_dsn_key(project.id, key, &change).await?;
    Ok(answer::see(&Section::Setup.path(&project)))
}
