//! A project's issues.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::Project;
use mayday_event::{IssueId, Timestamp};

use super::{
    answer,
    badge::{Badge, badges},
    chart::Sparkline,
    environments::{Environment, environments},
    error::PageError,
    fate, issue_bulk, issue_search,
    list_address::{Link, ListQuery, Span, Wanted},
    moment::{Count, Moment},
    path::with_query,
    setup::Setup,
    shell::{Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::read::{
    self,
    issue_list::{IssuePage, IssueRow},
};

#[derive(Template)]
#[template(path = "issues.html")]
pub(crate) struct ListPage {
    shell: Shell,
    action: String,
    csrf: String,
    /// What may be done with ticked issues: value and name.
    changes: &'static [(&'static str, &'static str)],
    /// The keys of a search, separated by spaces.
    keys: String,
    /// The project's newest issue; `None` on later pages: what comes does not belong there.
    newest: Option<IssueId>,
    /// The list's own parameters.
    same: String,
    query: String,
    error: Option<String>,
    sort: &'static str,
    period: &'static str,
    period_name: &'static str,
    tabs: Vec<Link>,
    periods: Vec<Link>,
    columns: Vec<Link>,
    environments: Vec<Environment>,
    environment: Option<String>,
    rows: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
    /// Where to go for the same list without a search; `None`: nothing is searched.
    clear: Option<String>,
    nothing: &'static str,
    nothing_detail: &'static str,
    /// Set while the project has no issue at all.
    first_steps: Option<Setup>,
}

/// What stands around the rows.
#[derive(Default)]
pub(crate) struct Around {
    first_steps: Option<Setup>,
    csrf: String,
    newest: Option<IssueId>,
}

/// An issue to show.
struct Row {
    id: IssueId,
    href: String,
    level: &'static str,
    /// The exception's type; empty if the title has none.
    heading: String,
    /// What follows it in the title.
    rest: String,
    short_id: String,
    culprit: String,
    badges: Vec<Badge>,
    trend: Sparkline,
    events: Count,
    users: Count,
    first_seen: Moment,
    last_seen: Moment,
    assignee: Option<Assignee>,
}

struct Assignee {
    email: String,
    initial: String,
}

/// `GET /projects/{organization}/{project}/`
pub(crate) async fn lead_on(visit: Visit, path: web::Path<ProjectPath>) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    Ok(answer::see(&Section::Issues.path(&project)))
}

/// `GET /projects/{organization}/{project}/issues/`
pub(crate) async fn list(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    if let Some(event) = asked.query.as_deref().and_then(fate::event_id) {
        return Ok(answer::see(&fate::path(&project, event)));
    }
    let wanted = Wanted::new(&project, &asked);
    let found = match &wanted.search {
        Ok(search) => {
            let cursor = Some(asked.cursor.as_str()).filter(|cursor| !cursor.is_empty());
            let cursor = cursor.map(str::parse).transpose().map_err(crate::QueryError::from)?;
            let params = wanted.params(search.clone(), cursor, visit.now);
            Some(read::issue_list::list(&visit.query, &visit.principal, &project, &params).await?)
        }
        Err(_) => None,
    };
    let environments = environments(&visit, &project, &wanted.environment).await;
    let (is_first, is_empty) =
        (asked.cursor.is_empty(), found.as_ref().is_some_and(|found| found.rows.is_empty()));
    let newest = match is_first || is_empty {
        true => visit.query.catalog.newest_issue(project.id).await?,
        false => None,
    };
    let first_steps = match (is_empty, newest) {
        (true, None) => first_steps(&visit, &project).await?,
        _ => None,
    };
    let around = Around { first_steps, csrf: visit.csrf.clone(), newest: newest.filter(|_| is_first) };
    let shell = visit.project_shell(format!("Issues · {}", project.name), &project, Section::Issues).await?;
    answer::page(&ListPage::new(shell, &wanted, found, environments, around, visit.now))
}

/// How to connect an app, while the project has no issue at all.
async fn first_steps(visit: &Visit, project: &Project) -> Result<Option<Setup>, PageError> {
    let keys = read::projects::keys(&visit.query, project).await?;
    Ok(Setup::of_project(&visit.query, project, &keys))
}

impl ListPage {
    fn new(
        shell: Shell,
        wanted: &Wanted,
        found: Option<IssuePage>,
        environments: Vec<Environment>,
        around: Around,
        now: Timestamp,
    ) -> Self {
        let (rows, pagination) = found.map(|found| (found.rows, found.pagination)).unwrap_or_default();
        let in_span = wanted.span != Span::All;
        Self {
            shell,
            action: wanted.path.clone(),
            csrf: around.csrf,
            changes: &issue_bulk::CHANGES,
            keys: issue_search::keys(),
            newest: around.newest,
            same: wanted.parameters(),
            error: wanted.search.as_ref().err().cloned(),
            sort: wanted.sort.0,
            period: wanted.span.value(),
            period_name: wanted.span.trend_name(),
            tabs: wanted.tabs(),
            periods: wanted.periods(),
            columns: wanted.columns(),
            environment: environments.iter().find(|it| it.current).map(|it| it.name.clone()),
            environments,
            rows: rows.iter().map(|row| Row::new(row, wanted.span, now)).collect(),
            previous: wanted.page(pagination.previous_cursor()),
            next: wanted.page(pagination.next_cursor()),
            clear: (!wanted.is_default())
                .then(|| with_query(&wanted.path, &[("statsPeriod", wanted.span.value())])),
            query: wanted.query.clone(),
            nothing: if wanted.is_default() { "Nothing here" } else { "No issue matches" },
            nothing_detail: if in_span {
                "No issue of this kind had events in the chosen period. A longer one may have."
            } else {
                "This project has no issue of this kind."
            },
            first_steps: around.first_steps,
        }
    }
}

impl Row {
    fn new(row: &IssueRow, span: Span, now: Timestamp) -> Self {
        let issue = &row.issue;
        let (heading, rest) = match issue.title.strip_prefix(&issue.error_type) {
            Some(rest) => (issue.error_type.clone(), rest.to_owned()),
            None => (String::new(), issue.title.clone()),
        };
        let assignee = issue
            .assignee
            .as_ref()
            .map(|email| Assignee { initial: email.chars().take(1).collect(), email: email.clone() });
        Self {
            id: issue.id,
            href: format!("/issues/{}/", issue.id),
            level: issue.level.name(),
            heading,
            rest,
            short_id: issue.short_id.clone(),
            culprit: issue.culprit.clone(),
            badges: badges(issue, now),
            trend: Sparkline::new(&row.series, span.trend_name()),
            events: row.counts.events.into(),
            users: row.counts.users.into(),
            first_seen: Moment::ago(issue.first_seen, now),
            last_seen: Moment::ago(issue.last_seen, now),
            assignee,
        }
    }
}

#[cfg(test)]
mod tests {
    use mayday_catalog::json::IssueCounts;

    use super::*;
    use crate::{
        cursor::{Neighbour, Pagination},
        fixture::{self, main_part, now},
        pages::sample,
    };

    fn rendered(asked: &ListQuery, rows: Vec<IssueRow>, pagination: Pagination) -> String {
        let wanted = Wanted::new(&sample::project(), asked);
        let found = wanted.search.is_ok().then_some(IssuePage { total: rows.len(), rows, pagination });
        let environment = |name: &str| Environment { name: name.into(), current: name == asked.environment };
        let environments = vec![environment("beta"), environment("production")];
        let page = ListPage::new(sample::shell(), &wanted, found, environments, Around::default(), now());
        main_part(&page.render().unwrap()).to_owned()
    }

    #[test]
    fn a_list_of_issues() {
        let row = IssueRow {
            issue: sample::issue(),
            counts: IssueCounts { events: 1_204, users: 67 },
            lifetime: IssueCounts { events: 12_345, users: 678 },
            series: sample::series(3, Timestamp::DAY_MS),
        };
        let pagination = Pagination {
            previous: Neighbour { cursor: "9:1:1".into(), results: false },
            next: Neighbour { cursor: "5:2:0".into(), results: true },
        };
        let asked = ListQuery {
            query: Some("is:unresolved \"no view\"".into()),
            sort: "freq".into(),
            environment: "beta".into(),
            ..ListQuery::default()
        };
        insta::assert_snapshot!(rendered(&asked, vec![row], pagination));
    }

    #[test]
    fn an_empty_list_says_why() {
        let empty = |query: Option<&str>, period: &str| {
            let query = query.map(str::to_owned);
            let asked = ListQuery { query, period: period.into(), ..ListQuery::default() };
            rendered(&asked, Vec::new(), Pagination::whole())
        };
        assert!(empty(None, "").contains("had events in the chosen period"));
        assert!(empty(None, "all").contains("This project has no issue of this kind."));
        let searched = empty(Some("<zzz>"), "");
        assert!(
            searched.contains("<code>&#60;zzz&#62;</code>")
                && searched.contains("data-testid=\"clear-search\"")
        );
        let wrong = empty(Some("is:old"), "");
        assert!(wrong.contains("data-testid=\"query-error\"") && wrong.contains("is:old is not known"));
    }

    #[actix_web::test]
    async fn a_project_without_issues_shows_how_to_connect_an_app() {
        let server = fixture::Server::start().await;
        let (project, query) = (&server.project, &server.query);
        let keys = read::projects::keys(query, project).await.unwrap();
        let setup = Setup::of_project(query, project, &keys);
        let around = Around { first_steps: setup, ..Around::default() };
        let wanted = Wanted::new(project, &ListQuery::default());
        let found = IssuePage { rows: Vec::new(), pagination: Pagination::whole(), total: 0 };
        let page = ListPage::new(sample::shell(), &wanted, Some(found), Vec::new(), around, now());
        let page = page.render().unwrap();
        let dsn = format!("http://{}@mayday.example:8000/1</code>", server.bootstrap.public_key);
        assert!(page.contains("data-testid=\"empty-project\"") && page.contains(&dsn), "{page}");
    }
}
