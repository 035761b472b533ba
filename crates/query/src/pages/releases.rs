//! Releases of a project, the newest first.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::releases::{Release, ReleaseFilter};
use mayday_event::Timestamp;
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    moment::{Moment, counted},
    path::with_query,
    shell::{Section, Shell},
    visit::{ProjectPath, Visit},
};

/// Most releases that are shown.
const RELEASES: usize = 100;

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesPage {
    shell: Shell,
    action: String,
    text: String,
    rows: Vec<Row>,
}

struct Row {
    version: String,
    /// Its issues.
    href: String,
    archived: bool,
    created: Moment,
    released: Option<Moment>,
    last_event: Option<Moment>,
    /// `3 commits · 1 deploy`; empty if nothing was said.
    said: String,
}

impl Row {
    fn new(release: &Release, issues: &str, now: Timestamp) -> Self {
        let commits = (release.commits > 0).then(|| counted(release.commits, "commit", "commits"));
        let deploys = (release.deploys > 0).then(|| counted(release.deploys, "deploy", "deploys"));
        let quoted = format!("release:\"{}\"", release.version.replace('"', ""));
        Self {
            version: release.version.clone(),
            href: with_query(issues, &[("query", &quoted)]),
            archived: release.archived,
            created: Moment::ago(release.created, now),
            released: release.released.map(|at| Moment::ago(at, now)),
            last_event: release.events.map(|(_, last)| Moment::ago(last, now)),
            said: commits.into_iter().chain(deploys).collect::<Vec<_>>().join(" · "),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct ReleasesQuery {
    #[serde(default)]
    query: String,
}

/// `GET /projects/{organization}/{project}/releases/`
pub(crate) async fn list(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<ReleasesQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let text = asked.into_inner().query;
    let filter =
        ReleaseFilter { project: Some(project.id), text: text.trim().to_owned(), ..ReleaseFilter::default() };
    let found = visit.query.catalog.releases(project.organization_id, &filter, RELEASES).await?;
    let issues = Section::Issues.path(&project);
    let title = format!("Releases · {}", project.name);
    answer::page(&ReleasesPage {
        shell: visit.project_shell(title, &project, Section::Releases).await?,
        action: Section::Releases.path(&project),
        rows: found.iter().map(|release| Row::new(release, &issues, visit.now)).collect(),
        text,
    })
}

#[cfg(test)]
mod tests {
    use mayday_catalog::releases::{NewDeploy, ReleaseChange};

    use crate::fixture::{Server, main_part};

    #[actix_web::test]
    async fn releases_say_when_they_were_made_and_last_seen() {
        let server = Server::start().await;
        let browser = server.browser().await;
        let path = "/projects/mayday/app/releases/";
        let empty = server.visit(&browser, path).await;
        assert!(empty.body.contains("data-testid=\"no-releases\""), "{}", empty.body);
        let (catalog, organization) = (&server.query.catalog, server.project.organization_id);
        let change = ReleaseChange {
            projects: vec![server.project.id],
            released: Some(crate::fixture::now()),
            ..ReleaseChange::default()
        };
        catalog.create_release(organization, "shop@1.2.3+45", &change).await.unwrap();
        let deploy = NewDeploy { environment: "production".into(), ..NewDeploy::default() };
        catalog.create_deploy(organization, "shop@1.2.3+45", deploy).await.unwrap();
        server.issue("IllegalStateException: no view").await;
        insta::assert_snapshot!(main_part(&server.visit(&browser, path).await.body));
    }
}
