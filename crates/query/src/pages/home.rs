//! Where one arrives: the project's issues, or a choice where there are several projects.

use actix_web::HttpResponse;
use askama::Template;
use mayday_catalog::projects::Project;

use super::{
    answer,
    error::PageError,
    shell::{Section, Shell},
    visit::Visit,
};
use crate::read;

#[derive(Template)]
#[template(path = "projects.html")]
pub(crate) struct ProjectsPage {
    pub(crate) shell: Shell,
    pub(crate) projects: Vec<ProjectRow>,
}

pub(crate) struct ProjectRow {
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) platform: String,
    pub(crate) href: String,
}

impl ProjectRow {
    pub(crate) fn new(project: &Project) -> Self {
        Self {
            name: project.name.clone(),
            slug: project.slug.clone(),
            platform: project.platform.clone(),
            href: Section::Issues.path(project),
        }
    }
}

/// `GET /`
pub(crate) async fn arrive(visit: Visit) -> Result<HttpResponse, PageError> {
    let projects = read::projects::list(&visit.query, &visit.principal).await?;
    match projects.as_slice() {
        [only] => Ok(answer::see(&Section::Issues.path(only))),
        _ => answer::page(&ProjectsPage {
            shell: visit.shell("Projects"),
            projects: projects.iter().map(ProjectRow::new).collect(),
        }),
    }
}
