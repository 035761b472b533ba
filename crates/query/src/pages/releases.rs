//! Releases of a project: how far each is taken up, how it does, and whether its rollout may go on.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::future::join_all;
use mayday_catalog::projects::Project;
use mayday_event::Timestamp;
use serde::Deserialize;

use super::{
    answer,
    environments::{Environment, environments},
    error::PageError,
    moment::{Count, Moment, counted},
    path::with_query,
    release,
    shell::{NavLink, Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::{
    QueryError,
    cursor::{Cursor, InvalidCursor},
    health::Verdict,
    read::{
        period::Period,
        release_health::{self, ReleaseRow, Releases},
        release_order::{self, ReleaseKey, Sort},
    },
};

/// Releases in a page.
const RELEASES: usize = 50;
/// Those whose new issues are counted, and how long the page waits for that.
const JUDGED: usize = 10;
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesPage {
    shell: Shell,
    action: String,
    asked: ReleasesQuery,
    periods: Vec<NavLink>,
    sorts: Vec<(&'static str, &'static str, Sort)>,
    rows: Vec<Row>,
    /// Nothing is looked for.
    is_all: bool,
    /// The sessions cannot be read now.
    unavailable: bool,
    environments: Vec<Environment>,
    /// No release of the project has a session in the period.
    no_sessions: bool,
    previous: Option<String>,
    next: Option<String>,
}

struct Row {
    version: String,
    href: String,
    archived: bool,
    created: Moment,
    /// `3 commits · 1 deploy`; empty if nothing was said.
    said: String,
    sessions: Count,
    users: Count,
    /// Percent of the last day's sessions.
    adoption: Option<String>,
    crash_free_sessions: Option<String>,
    crash_free_users: Option<String>,
    new_issues: u64,
    issues_href: String,
    verdict: Option<Verdict>,
}

/// What the list is asked for; absent is as good as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReleasesQuery {
    /// The beginning of the version, with or without its package.
    query: String,
    environment: String,
    #[serde(rename = "statsPeriod")]
    period: String,
    sort: String,
    cursor: String,
}

/// What one sorts by, as the address and as people say it.
const SORTS: [(&str, &str, Sort); 8] = [
    ("", "Newest", Sort::Date),
    ("semver", "Highest version", Sort::Semver),
    ("sessions", "Most sessions", Sort::Sessions),
    ("users", "Most users", Sort::Users),
    ("adoption", "Adoption", Sort::Adoption),
    ("crash_free_sessions", "Fewest crash-free sessions", Sort::CrashFreeSessions),
    ("crash_free_users", "Fewest crash-free users", Sort::CrashFreeUsers),
    ("new_issues", "Most new issues", Sort::NewIssues),
];

impl ReleasesQuery {
    fn period(&self) -> Period {
        Period::from_name(&self.period).unwrap_or(Period::Fortnight)
    }

    fn environment(&self) -> Option<&str> {
        Some(self.environment.trim()).filter(|environment| !environment.is_empty())
    }

    fn cursor(&self) -> Result<Option<Cursor<ReleaseKey>>, InvalidCursor> {
        Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty()).map(str::parse).transpose()
    }

    fn path(&self, path: &str, period: &str, cursor: &str) -> String {
        with_query(
            path,
            &[
                ("query", &self.query),
                ("environment", &self.environment),
                ("statsPeriod", period),
                ("sort", &self.sort),
                ("cursor", cursor),
            ],
        )
    }

    /// The address of a release's page, for the same period and environment.
    fn path_of(&self, list: &str, version: &str) -> String {
        let pairs = [("environment", self.environment.as_str()), ("statsPeriod", &self.period)];
        with_query(&release::path(list, version), &pairs)
    }

    fn matches(&self, row: &ReleaseRow) -> bool {
        let (wanted, version) = (self.query.trim().to_lowercase(), row.version.to_lowercase());
        let without_package = version.rsplit_once('@').map_or("", |(_, rest)| rest);
        version.starts_with(&wanted) || without_package.starts_with(&wanted)
    }

    fn sort(&self) -> Sort {
        SORTS.into_iter().find(|(name, ..)| *name == self.sort).map_or(Sort::Date, |(.., sort)| sort)
    }
}

impl Row {
    fn new(row: &ReleaseRow, all: &Releases, href: String, issues: &str, now: Timestamp) -> Self {
        let known = row.known.as_ref();
        let commits = known.map_or(0, |known| known.commits);
        let deploys = known.map_or(0, |known| known.deploys);
        let commits = (commits > 0).then(|| counted(commits, "commit", "commits"));
        let deploys = (deploys > 0).then(|| counted(deploys, "deploy", "deploys"));
        let quoted = format!("release:\"{}\"", row.version.replace('"', ""));
        let counts = row.counts();
        Self {
            href,
            archived: known.is_some_and(|known| known.archived),
            created: Moment::ago(row.created, now),
            said: commits.into_iter().chain(deploys).collect::<Vec<_>>().join(" · "),
            sessions: counts.sessions.into(),
            users: counts.users.into(),
            adoption: row.adoption.sessions.map(|share| format!("{:.1}", share * 100.0)),
            crash_free_sessions: row.crash_free_sessions().map(|share| release::percent_free(share.rate)),
            crash_free_users: row.crash_free_users().map(|share| release::percent_free(share.rate)),
            new_issues: row.issues.new,
            issues_href: with_query(issues, &[("query", &quoted)]),
            verdict: release_health::quick_assessment(all, row).map(|found| found.verdict),
            version: row.version.clone(),
        }
    }
}

/// `GET /projects/{organization}/{project}/releases/`
pub(crate) async fn list(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<ReleasesQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let asked = asked.into_inner();
    let cursor = asked.cursor().map_err(QueryError::from)?;
    let window = asked.period().window(visit.now);
    let found = release_health::list(&visit.query, &project, window, asked.environment()).await;
    let unavailable = found.is_err();
    let releases = match found {
        Ok(releases) => releases,
        // Versions without numbers are better than no page.
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "sessions cannot be read");
            release_health::of_catalog(&visit.query, &project).await?
        }
    };
    let shell =
        visit.project_shell(format!("Releases · {}", project.name), &project, Section::Releases).await?;
    let issues = Section::Issues.path(&project);
    let action = Section::Releases.path(&project);
    let environment = asked.environment().unwrap_or_default().to_owned();
    let mut page = ReleasesPage::new(shell, action, &issues, (asked, cursor), &releases, visit.now);
    // What takes longer is left as it is.
    let judging = tokio::time::timeout(PATIENCE, page.judge(&visit, &project, &releases));
    let (_, environments) = tokio::join!(judging, environments(&visit, &project, &environment));
    answer::page(&ReleasesPage {
        unavailable,
        no_sessions: page.no_sessions && !unavailable,
        environments,
        ..page
    })
}

impl ReleasesPage {
    /// Lets new issues have their say in the verdicts of the first releases that brought some, as on these releases' own
    /// pages; the other verdicts are of sessions alone.
    async fn judge(&mut self, visit: &Visit, project: &Project, releases: &Releases) {
        let (window, environment) = (self.asked.period().window(visit.now), self.asked.environment());
        let rows = self.rows.iter_mut().filter(|row| row.new_issues > 0 && row.verdict.is_some());
        let judging = rows.take(JUDGED).map(|row| async move {
            let Some(release) = releases.find(&row.version) else { return };
            let query = &visit.query;
            match release_health::assessment(query, project, releases, release, window, environment).await {
                Ok(found) => row.verdict = found.map(|found| found.verdict),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "new issues cannot be counted");
                }
            }
        });
        join_all(judging).await;
    }

    fn new(
        shell: Shell,
        action: String,
        issues: &str,
        (asked, cursor): (ReleasesQuery, Option<Cursor<ReleaseKey>>),
        releases: &Releases,
        now: Timestamp,
    ) -> Self {
        let found: Vec<&ReleaseRow> = releases.0.iter().filter(|row| asked.matches(row)).collect();
        let (found, pagination) =
            release_order::page(found, |row| row.measures(), asked.sort(), cursor, RELEASES);
        let row =
            |row: &ReleaseRow| Row::new(row, releases, asked.path_of(&action, &row.version), issues, now);
        let rows = found.into_iter().map(row).collect();
        let period = asked.period();
        let periods = [Period::Day, Period::Fortnight, Period::Month].map(|other| NavLink {
            name: other.label().into(),
            href: asked.path(&action, other.name(), ""),
            current: other == period,
        });
        let to = |cursor: &str| asked.path(&action, period.name(), cursor);
        Self {
            shell,
            periods: periods.into(),
            sorts: SORTS.into(),
            rows,
            is_all: asked.query.is_empty() && asked.cursor.is_empty(),
            unavailable: false,
            environments: Vec::new(),
            no_sessions: releases.0.iter().all(|row| row.sessions.is_none()),
            previous: pagination.previous_cursor().map(to),
            next: pagination.next_cursor().map(to),
            action,
            asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use mayday_catalog::releases::{NewDeploy, ReleaseChange};

    use super::*;
    use crate::{
        fixture::{Server, main_part, now},
        pages::sample,
    };

    #[actix_web::test]
    async fn releases_are_listed_while_sessions_cannot_be_read() {
        let server = Server::start().await;
        let browser = server.browser().await;
        let path = "/projects/mayday/app/releases/";
        let empty = server.visit(&browser, path).await;
        assert!(empty.body.contains("data-testid=\"no-releases\""), "{}", empty.body);
        let (catalog, organization) = (&server.query.catalog, server.project.organization_id);
        let change = ReleaseChange { projects: vec![server.project.id], ..ReleaseChange::default() };
        catalog.create_release(organization, "shop@1.2.3+45", &change).await.unwrap();
        let deploy = NewDeploy { environment: "production".into(), ..NewDeploy::default() };
        catalog.create_deploy(organization, "shop@1.2.3+45", deploy).await.unwrap();
        server.issue("IllegalStateException: no view").await;
        let page = server.visit(&browser, path).await.body;
        for part in ["releases-unavailable", "data-version=\"shop@1.2.3+45\"", "1 deploy", "app@1.0.0"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let found = server.visit(&browser, &format!("{path}?query=1.2")).await.body;
        assert!(
            found.contains("shop@1.2.3+45") && !found.contains("app@1.0.0"),
            "by the version's beginning"
        );
    }

    #[test]
    fn a_list_of_releases() {
        let asked = ReleasesQuery { sort: "sessions".into(), ..ReleasesQuery::default() };
        let page = ReleasesPage::new(
            sample::shell(),
            "/projects/mayday/app/releases/".into(),
            "/projects/mayday/app/issues/",
            (asked, None),
            &release::sample_releases(),
            now(),
        );
        insta::assert_snapshot!(main_part(&page.render().unwrap()));
    }
}
