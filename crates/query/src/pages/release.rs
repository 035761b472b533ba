//! A release: how it does beside another, over time, and what it did to issues.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::{
    issues::Issue,
    releases::{Commit, Deploy, ReleaseIssueKind},
};
use mayday_event::Timestamp;
use mayday_store::queries::{Window, sessions::SessionGroup};
use serde::Deserialize;

use super::{
    answer,
    environments::{Environment, environments},
    error::PageError,
    moment::{Count, Moment, counted},
    path::with_query,
    shell::{NavLink, Section, Shell},
    stacked_chart::{Layer, StackedChart},
    visit::{ProjectPath, Visit},
};
use crate::{
    health::{Assessment, Share},
    read::{
        period::Period,
        release_health::{self, ReleaseHealth, ReleaseRow, Releases},
    },
};

/// Issues of a kind that are shown, and commits and other releases to choose from.
const ISSUES: usize = 25;
const COMMITS: usize = 25;
const CHOICES: usize = 100;

#[derive(Template)]
#[template(path = "release.html")]
struct ReleasePage {
    shell: Shell,
    list: String,
    action: String,
    version: String,
    environment: String,
    environments: Vec<Environment>,
    period: &'static str,
    periods: Vec<NavLink>,
    choices: Vec<(String, bool)>,
    assessment: Option<Assessment>,
    columns: Vec<Column>,
    chart: StackedChart,
    issues: Vec<IssueList>,
    deploys: Vec<(Deploy, Moment)>,
    commits: Vec<Commit>,
}

/// A release's numbers, as people read them.
struct Column {
    version: String,
    sessions: Count,
    users: Count,
    errored: Count,
    abnormal: Count,
    crashed: Count,
    crash_free_sessions: String,
    crash_free_users: String,
    anr_rate: String,
    adoption: String,
    first: Option<Moment>,
    last: Option<Moment>,
    /// `2 new · 1 regressed · 0 resolved`
    issues: String,
}

/// Issues that a release brought, brought back or resolved.
struct IssueList {
    kind: &'static str,
    name: &'static str,
    issues: Vec<(String, Issue)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReleaseQuery {
    baseline: String,
    environment: String,
    #[serde(rename = "statsPeriod")]
    period: String,
}

#[derive(Deserialize)]
pub(crate) struct ReleasePath {
    version: String,
}

/// The address of a release's page, below that of the list.
pub(super) fn path(list: &str, version: &str) -> String {
    let mut url = url::Url::parse("http://localhost/").ok();
    // A URL with a host has segments.
    if let Some(Ok(mut segments)) = url.as_mut().map(url::Url::path_segments_mut) {
        segments.clear().push(version);
    }
    let segment = url.as_ref().map_or("/", |url| url.path());
    format!("{list}{}/", segment.trim_start_matches('/'))
}

/// `99.52%`; what is not quite all is never shown as all.
pub(super) fn percent_free(rate: f64) -> String {
    if rate >= 1.0 { "100%".into() } else { format!("{:.2}%", (rate * 1e4).floor() / 100.0) }
}

/// `GET /projects/{organization}/{project}/releases/{version}/`
pub(crate) async fn show(
    visit: Visit,
    path: web::Path<ProjectPath>,
    of: web::Path<ReleasePath>,
    asked: web::Query<ReleaseQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let period = Period::from_name(&asked.period).unwrap_or(Period::Fortnight);
    let window = period.window(visit.now);
    let environment = Some(asked.environment.trim()).filter(|name| !name.is_empty());
    let baseline = Some(asked.baseline.as_str()).filter(|version| !version.is_empty());
    let (query, version) = (&visit.query, of.version.as_str());
    let (health, releases) =
        release_health::show(query, &project, version, baseline, window, environment).await?;
    let width = width(period);
    let series = release_health::series(query, &project, version, window, width, environment).await?;
    let mut issues = Vec::new();
    for kind in ReleaseIssueKind::ALL {
        issues.push((kind, release_health::issues(query, &project, version, kind, ISSUES).await?));
    }
    let organization = project.organization_id;
    let (deploys, mut commits) = match health.release.known {
        Some(_) => (
            query.catalog.deploys(organization, version).await?,
            query.catalog.release_commits(organization, version).await?,
        ),
        None => Default::default(),
    };
    commits.truncate(COMMITS);
    let shell = visit.project_shell(format!("{version} · {}", project.name), &project, Section::Releases);
    let page =
        ReleasePage::new(shell.await?, Section::Releases.path(&project), &asked, period, &health, visit.now);
    answer::page(&ReleasePage {
        environments: environments(&visit, &project, environment.unwrap_or_default()).await,
        choices: choices(&releases, &health),
        chart: chart(&series, window, width),
        issues: issues.into_iter().map(|(kind, issues)| IssueList::new(kind, issues)).collect(),
        deploys: deploys
            .into_iter()
            .map(|deploy| (Moment::ago(deploy.finished, visit.now), deploy))
            .map(|(at, deploy)| (deploy, at))
            .collect(),
        commits,
        ..page
    })
}

fn width(period: Period) -> i64 {
    match period {
        Period::Day => Timestamp::HOUR_MS,
        Period::Fortnight | Period::Month => Timestamp::DAY_MS,
    }
}

impl ReleasePage {
    fn new(
        shell: Shell,
        list: String,
        asked: &ReleaseQuery,
        period: Period,
        health: &ReleaseHealth,
        now: Timestamp,
    ) -> Self {
        let version = health.release.version.clone();
        let action = path(&list, &version);
        let periods = [Period::Day, Period::Fortnight, Period::Month].map(|other| NavLink {
            name: other.label().into(),
            href: with_query(
                &action,
                &[
                    ("baseline", &asked.baseline),
                    ("environment", &asked.environment),
                    ("statsPeriod", other.name()),
                ],
            ),
            current: other == period,
        });
        let compared = [Some(&health.release), health.baseline.as_ref()];
        Self {
            shell,
            list,
            action,
            version,
            environment: asked.environment.clone(),
            environments: Vec::new(),
            period: period.name(),
            periods: periods.into(),
            choices: Vec::new(),
            assessment: health.assessment.clone(),
            columns: compared.into_iter().flatten().map(|row| Column::new(row, now)).collect(),
            chart: chart(&[], Window { from: now, to: now }, Timestamp::DAY_MS),
            issues: Vec::new(),
            deploys: Vec::new(),
            commits: Vec::new(),
        }
    }
}

impl Column {
    fn new(row: &ReleaseRow, now: Timestamp) -> Self {
        let counts = row.counts();
        let group = row.sessions.as_ref();
        let issues = row.issues;
        Self {
            version: row.version.clone(),
            sessions: counts.sessions.into(),
            users: counts.users.into(),
            errored: counts.errored.into(),
            abnormal: counts.abnormal.into(),
            crashed: counts.crashed.into(),
            crash_free_sessions: with_interval(row.crash_free_sessions()),
            crash_free_users: with_interval(row.crash_free_users()),
            anr_rate: with_interval(row.anr_rate()),
            adoption: row.adoption.sessions.map_or("–".into(), |share| format!("{:.1}%", share * 100.0)),
            first: group.map(|group| Moment::ago(group.first, now)),
            last: group.map(|group| Moment::ago(group.last, now)),
            issues: format!(
                "{} new · {} regressed · {} resolved",
                issues.new, issues.regressed, issues.resolved
            ),
        }
    }
}

impl IssueList {
    fn new(kind: ReleaseIssueKind, issues: Vec<Issue>) -> Self {
        let (kind, name) = match kind {
            ReleaseIssueKind::New => ("new", "New issues"),
            ReleaseIssueKind::Regressed => ("regressed", "Regressed issues"),
            ReleaseIssueKind::Resolved => ("resolved", "Resolved issues"),
        };
        let issues = issues.into_iter().map(|issue| (format!("/issues/{}/", issue.id), issue));
        Self { kind, name, issues: issues.collect() }
    }
}

/// `99.52% (99.10% – 99.74%)`
fn with_interval(share: Option<Share>) -> String {
    let Some(Share { rate, low, high }) = share else { return "–".into() };
    format!("{} ({} – {})", percent_free(rate), percent_free(low), percent_free(high))
}

/// Other releases, and whether it is the one that is compared with.
fn choices(releases: &Releases, health: &ReleaseHealth) -> Vec<(String, bool)> {
    let chosen = health.baseline.as_ref().map(|baseline| baseline.version.as_str());
    let others = releases.0.iter().filter(|row| row.version != health.release.version);
    let mut versions: Vec<&str> = others.map(|row| row.version.as_str()).take(CHOICES).collect();
    versions.extend(chosen.filter(|chosen| !versions.contains(chosen)));
    versions.into_iter().map(|version| (version.to_owned(), Some(version) == chosen)).collect()
}

fn chart(series: &[SessionGroup], window: Window, width_ms: i64) -> StackedChart {
    let count = window.to.since_ms(window.from).max(0) / width_ms;
    let starts: Vec<Timestamp> = (0..count).map(|n| window.from.plus_ms(n * width_ms)).collect();
    let layer = |class, count: fn(&SessionGroup) -> u64| {
        let at = |start: &Timestamp| series.iter().find(|group| group.bucket == *start).map_or(0, count);
        Layer { class, name: class.to_owned(), counts: starts.iter().map(at).collect() }
    };
    let layers = [
        layer("healthy", |group| group.counts.healthy),
        layer("errored", |group| group.counts.errored),
        layer("abnormal", |group| group.counts.abnormal),
        layer("crashed", |group| group.counts.crashed),
    ];
    let sessions: u64 = series.iter().map(|group| group.counts.sessions).sum();
    let crashed: u64 = series.iter().map(|group| group.counts.crashed).sum();
    let summary = format!("{}, {crashed} of them crashed", counted(sessions, "session", "sessions"));
    StackedChart::new(&starts, &layers, summary)
}

/// Releases to show in tests.
#[cfg(test)]
pub(super) fn sample_releases() -> Releases {
    use mayday_catalog::releases::ReleaseIssueCounts;
    use mayday_store::queries::sessions::SessionCounts;

    use crate::{fixture::now, read::release_health::Adoption};

    let row = |version: &str, days: i64, sessions, crashed, share| {
        let counts = SessionCounts {
            sessions,
            healthy: sessions - crashed,
            crashed,
            users: sessions / 4,
            crashed_users: crashed,
            ..SessionCounts::default()
        };
        let group = SessionGroup {
            release: version.into(),
            environment: String::new(),
            bucket: Timestamp(0),
            counts,
            first: now().plus_ms(-days * Timestamp::DAY_MS),
            last: now().plus_ms(-60_000),
        };
        ReleaseRow {
            version: version.into(),
            created: now().plus_ms(-days * Timestamp::DAY_MS),
            known: None,
            sessions: (sessions > 0).then_some(group),
            adoption: Adoption { sessions: Some(share), users: Some(share) },
            issues: ReleaseIssueCounts { new: crashed / 10, regressed: 1, resolved: 0 },
        }
    };
    Releases(vec![
        row("shop@1.2.0", 1, 4_000, 80, 0.2),
        row("shop@1.1.0", 9, 16_000, 80, 0.8),
        row("shop@1.0.0", 30, 0, 0, 0.0),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{main_part, now},
        pages::sample,
    };

    #[test]
    fn a_release_beside_another() {
        let releases = sample_releases();
        let health = ReleaseHealth {
            release: releases.0[0].clone(),
            baseline: Some(releases.0[1].clone()),
            assessment: release_health::quick_assessment(&releases, &releases.0[0]),
            new_issues: Vec::new(),
        };
        let window = Period::Fortnight.window(now());
        let mut bucket = releases.0[0].sessions.clone().unwrap();
        bucket.bucket = window.to.plus_ms(-Timestamp::DAY_MS);
        let list = "/projects/mayday/app/releases/".to_owned();
        let asked = ReleaseQuery::default();
        let page = ReleasePage {
            choices: choices(&releases, &health),
            chart: chart(&[bucket], window, Timestamp::DAY_MS),
            issues: vec![
                IssueList::new(ReleaseIssueKind::New, vec![sample::issue()]),
                IssueList::new(ReleaseIssueKind::Resolved, Vec::new()),
            ],
            ..ReleasePage::new(sample::shell(), list, &asked, Period::Fortnight, &health, now())
        };
        insta::assert_snapshot!(main_part(&page.render().unwrap()));
    }

    #[test]
    fn a_version_is_one_part_of_an_address() {
        assert_eq!(path("/r/", "shop@1.2 (3)"), "/r/shop@1.2%20(3)/");
        assert_eq!(path("/r/", "a/b?c"), "/r/a%2Fb%3Fc/");
    }

    #[test]
    fn what_is_not_all_is_not_shown_as_all() {
        assert_eq!(percent_free(1.0), "100%");
        assert_eq!(percent_free(0.999_999), "99.99%");
    }
}
