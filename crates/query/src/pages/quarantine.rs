//! Reports that were set aside because a step failed on them.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::quarantine::Quarantined;
use mayday_event::Timestamp;
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    moment::Moment,
    path::with_query,
    shell::{Section, Shell},
    visit::{Posted, ProjectPath, Visit},
};
use crate::{change, read};

/// Most reports that are shown.
const REPORTS: usize = 100;

#[derive(Template)]
#[template(path = "quarantine.html")]
pub(crate) struct QuarantinePage {
    pub(crate) shell: Shell,
    pub(crate) csrf: String,
    pub(crate) reports: Vec<ReportRow>,
    /// One was just replayed.
    pub(crate) replayed: bool,
}

pub(crate) struct ReportRow {
    pub(crate) step: String,
    pub(crate) reason: String,
    pub(crate) event_id: String,
    pub(crate) created: Moment,
    pub(crate) replay: String,
}

impl ReportRow {
    pub(crate) fn new(report: &Quarantined, path: &str, now: Timestamp) -> Self {
        Self {
            step: report.step.clone(),
            reason: report.reason.clone(),
            event_id: report.event_id.to_string(),
            created: Moment::ago(report.created, now),
            replay: format!("{path}{}/replay/", report.id),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct QuarantineQuery {
    replayed: Option<String>,
}

/// `GET /projects/{organization}/{project}/quarantine/`
pub(crate) async fn list(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<QuarantineQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let reports = read::quarantine::list(&visit.query, &project, REPORTS).await?;
    let path = Section::Quarantine.path(&project);
    let title = format!("Set aside · {}", project.name);
    answer::page(&QuarantinePage {
        shell: visit.project_shell(title, &project, Section::Quarantine).await?,
        reports: reports.iter().map(|report| ReportRow::new(report, &path, visit.now)).collect(),
        csrf: visit.csrf,
        replayed: asked.replayed.is_some(),
    })
}

#[derive(Deserialize)]
pub(crate) struct ReportPath {
    organization: String,
    project: String,
    report: i64,
}

/// `POST /projects/{organization}/{project}/quarantine/{report}/replay/`
pub(crate) async fn replay(
    posted: Posted<super::NoFields>,
    path: web::Path<ReportPath>,
) -> Result<HttpResponse, PageError> {
    let path = path.into_inner();
    let visit = posted.visit;
    let project =
        visit.project(&ProjectPath { organization: path.organization, project: path.project }).await?;
    change::quarantine::replay(&visit.query, &project, path.report).await?;
    Ok(answer::see(&with_query(&Section::Quarantine.path(&project), &[("replayed", "1")])))
}
