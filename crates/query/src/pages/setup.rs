//! How to connect an app to a project.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::{DsnKey, Project};

use super::{
    answer,
    error::PageError,
    settings::Tab,
    shell::{Section, Shell},
    snippets::{self, Sdk},
    visit::{ProjectPath, Visit},
};
use crate::{Query, read};

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
    /// Where keys are added, limited and switched.
    pub(crate) keys: String,
}

/// `GET /projects/{organization}/{project}/setup/`
pub(crate) async fn show(visit: Visit, path: web::Path<ProjectPath>) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let keys = read::projects::keys(&visit.query, &project).await?;
    answer::page(&SetupPage {
        shell: visit.project_shell(format!("Setup · {}", project.name), &project, Section::Setup).await?,
        setup: Setup::of_project(&visit.query, &project, &keys),
        keys: Tab::Keys.path(&project),
        project_name: project.name,
    })
}
