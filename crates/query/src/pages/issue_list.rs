//! A project's issues.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::{
    issues::{IssueFilter, Status},
    projects::Project,
};
use mayday_event::{IssueId, Timestamp};
use serde::Deserialize;

use super::{
    answer,
    badge::{Badge, badges},
    chart::Sparkline,
    error::{PageError, sentence},
    moment::{Count, Moment},
    path::with_query,
    setup::Setup,
    shell::{Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::{
    cursor::Cursor,
    read::{
        self, DEFAULT_LIMIT,
        issue_list::{IssuePage, IssueRow, ListParams, Sort},
        period::Period,
    },
    search::Search,
};

/// What is searched when nobody says.
const DEFAULT_QUERY: &str = "is:unresolved";
/// Most environments to choose from.
const ENVIRONMENTS: usize = 20;

/// The list as its address describes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ListQuery {
    query: Option<String>,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    environment: String,
    #[serde(default, rename = "statsPeriod")]
    period: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Template)]
#[template(path = "issues.html")]
pub(crate) struct ListPage {
    shell: Shell,
    action: String,
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

/// A tab, a period or a column to sort by.
struct Link {
    id: &'static str,
    name: &'static str,
    class: &'static str,
    href: String,
    current: bool,
}

struct Environment {
    name: String,
    current: bool,
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

/// The span that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Of(Period),
    All,
}

impl Span {
    const CHOICES: [Self; 4] =
        [Self::Of(Period::Day), Self::Of(Period::Fortnight), Self::Of(Period::Month), Self::All];

    fn of(name: &str) -> Self {
        Self::CHOICES.into_iter().find(|span| span.value() == name).unwrap_or(Self::Of(Period::Fortnight))
    }

    fn value(self) -> &'static str {
        match self {
            Self::Of(period) => period.name(),
            Self::All => "all",
        }
    }

    /// What the trend covers.
    fn trend(self) -> Period {
        match self {
            Self::Of(period) => period,
            Self::All => Period::Month,
        }
    }

    fn trend_name(self) -> &'static str {
        match self.trend() {
            Period::Day => "24 hours",
            Period::Fortnight => "14 days",
            Period::Month => "30 days",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Of(Period::Day) => "24 h",
            Self::Of(Period::Fortnight) => "14 d",
            Self::Of(Period::Month) => "30 d",
            Self::All => "All",
        }
    }
}

const SORTS: [(&str, Sort); 4] =
    [("freq", Sort::Freq), ("user", Sort::User), ("date", Sort::Date), ("new", Sort::New)];

/// An address of the list, understood.
struct Wanted {
    path: String,
    query: String,
    search: Result<Search, String>,
    sort: (&'static str, Sort),
    span: Span,
    environment: String,
}

impl Wanted {
    fn new(project: &Project, asked: &ListQuery) -> Self {
        let query = asked.query.clone().unwrap_or_else(|| DEFAULT_QUERY.into());
        let search = Search::parse(&query).map_err(|error| sentence(&error.to_string()));
        Self {
            path: Section::Issues.path(project),
            search: search.and_then(|search| narrowed(search, &asked.environment)),
            query,
            sort: SORTS.into_iter().find(|(name, _)| *name == asked.sort).unwrap_or(("date", Sort::Date)),
            span: Span::of(&asked.period),
            environment: asked.environment.clone(),
        }
    }

    fn params(&self, search: Search, cursor: Option<Cursor<IssueId>>, now: Timestamp) -> ListParams {
        let window = match self.span {
            Span::Of(period) => Some(period.window(now)),
            Span::All => None,
        };
        ListParams {
            search,
            sort: self.sort.1,
            cursor,
            limit: DEFAULT_LIMIT,
            period: self.span.trend(),
            window,
        }
    }

    /// The address of this list, but for what is given.
    fn href(&self, query: &str, sort: &str, span: Span, cursor: &str) -> String {
        let mut pairs = vec![("sort", sort), ("statsPeriod", span.value()), ("cursor", cursor)];
        pairs.push(("environment", &self.environment));
        let path = with_query(&self.path, &pairs);
        // Unlike the others, an empty query means something: everything.
        format!(
            "{path}&{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish()
        )
    }

    fn tabs(&self) -> Vec<Link> {
        let status = self.search.as_ref().ok().map(|search| search.status);
        let tab = |id, name, is: &str, of: Option<Status>| {
            let query = format!("{is} {}", without_status(&self.query));
            Link {
                id,
                name,
                class: "",
                href: self.href(query.trim(), self.sort.0, self.span, ""),
                current: status == Some(of),
            }
        };
        vec![
            tab("unresolved", "Unresolved", "is:unresolved", Some(Status::Unresolved)),
            tab("resolved", "Resolved", "is:resolved", Some(Status::Resolved)),
            tab("ignored", "Ignored", "is:ignored", Some(Status::Ignored)),
            tab("all", "All", "", None),
        ]
    }

    fn periods(&self) -> Vec<Link> {
        let link = |span: Span| Link {
            id: span.value(),
            name: span.name(),
            class: "",
            href: self.href(&self.query, self.sort.0, span, ""),
            current: span == self.span,
        };
        Span::CHOICES.map(link).into()
    }

    fn columns(&self) -> Vec<Link> {
        let column = |sort, name, class| Link {
            id: sort,
            name,
            class,
            href: self.href(&self.query, sort, self.span, ""),
            current: sort == self.sort.0,
        };
        vec![
            column("freq", "Events", "count"),
            column("user", "Users", "count users"),
            column("date", "Last seen", "when"),
            column("new", "First seen", "when"),
        ]
    }

    fn page(&self, cursor: Option<&str>) -> Option<String> {
        cursor.map(|cursor| self.href(&self.query, self.sort.0, self.span, cursor))
    }

    fn is_default(&self) -> bool {
        without_status(&self.query).is_empty() && self.environment.is_empty()
    }
}

/// A search within the environment that is chosen beside it.
fn narrowed(mut search: Search, environment: &str) -> Result<Search, String> {
    match &search.environment {
        _ if environment.is_empty() => Ok(search),
        Some(typed) if typed != environment => Err(format!(
            "The search names the environment {typed:?}, but {environment:?} is chosen beside it."
        )),
        _ => {
            search.environment = Some(environment.to_owned());
            Ok(search)
        }
    }
}

/// A query without what chooses a status.
fn without_status(query: &str) -> String {
    const STATUS: [&str; 4] = ["is:unresolved", "is:resolved", "is:ignored", "is:archived"];
    let mut quoted = false;
    let parts = query.split(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    });
    let kept: Vec<&str> = parts.filter(|part| !part.is_empty() && !STATUS.contains(part)).collect();
    kept.join(" ")
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
    let first_steps = match &found {
        Some(found) if found.rows.is_empty() => first_steps(&visit, &project).await?,
        _ => None,
    };
    let shell = visit.project_shell(format!("Issues · {}", project.name), &project, Section::Issues).await?;
    answer::page(&ListPage::new(shell, &wanted, found, environments, first_steps, visit.now))
}

/// Environments that reported in the last day, and the one that is chosen. Only a comfort: a list without them
/// is better than none.
async fn environments(visit: &Visit, project: &Project, chosen: &str) -> Vec<Environment> {
    let window = Period::Day.window(visit.now);
    let facet = visit.query.store.tag_facet(project.id, &[], "environment", window, ENVIRONMENTS).await;
    let facet = facet.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "environments cannot be listed");
        None
    });
    let mut names: Vec<String> =
        facet.into_iter().flat_map(|facet| facet.top).map(|value| value.value).collect();
    if !chosen.is_empty() && !names.iter().any(|name| name == chosen) {
        names.push(chosen.to_owned());
    }
    names.sort_unstable();
    names.into_iter().map(|name| Environment { current: name == chosen, name }).collect()
}

/// How to connect an app, while the project has no issue at all.
async fn first_steps(visit: &Visit, project: &Project) -> Result<Option<Setup>, PageError> {
    let any = visit.query.catalog.issue_keys(project.id, &IssueFilter::default(), 1).await?;
    if !any.is_empty() {
        return Ok(None);
    }
    let keys = read::projects::keys(&visit.query, project).await?;
    Ok(Setup::of_project(&visit.query, project, &keys))
}

impl ListPage {
    fn new(
        shell: Shell,
        wanted: &Wanted,
        found: Option<IssuePage>,
        environments: Vec<Environment>,
        first_steps: Option<Setup>,
        now: Timestamp,
    ) -> Self {
        let (rows, pagination) = found.map(|found| (found.rows, found.pagination)).unwrap_or_default();
        let in_span = wanted.span != Span::All;
        Self {
            shell,
            action: wanted.path.clone(),
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
            first_steps,
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

    fn project() -> Project {
        let issue = sample::issue();
        Project {
            id: issue.project_id,
            organization_id: issue.organization_id,
            organization_slug: "mayday".into(),
            slug: issue.project_slug,
            name: issue.project_name,
            platform: issue.project_platform,
            created: now(),
        }
    }

    fn rendered(asked: &ListQuery, rows: Vec<IssueRow>, pagination: Pagination) -> String {
        let wanted = Wanted::new(&project(), asked);
        let found = wanted.search.is_ok().then_some(IssuePage { total: rows.len(), rows, pagination });
        let environment = |name: &str| Environment { name: name.into(), current: name == asked.environment };
        let environments = vec![environment("beta"), environment("production")];
        let page = ListPage::new(sample::shell(), &wanted, found, environments, None, now());
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
        let wrong = empty(Some("is:new"), "");
        assert!(wrong.contains("data-testid=\"query-error\"") && wrong.contains("is:new is not known"));
    }

    #[actix_web::test]
    async fn a_project_without_issues_shows_how_to_connect_an_app() {
        let server = fixture::Server::start().await;
        let (project, query) = (&server.project, &server.query);
        let keys = read::projects::keys(query, project).await.unwrap();
        let setup = Setup::of_project(query, project, &keys);
        let wanted = Wanted::new(project, &ListQuery::default());
        let found = IssuePage { rows: Vec::new(), pagination: Pagination::whole(), total: 0 };
        let page = ListPage::new(sample::shell(), &wanted, Some(found), Vec::new(), setup, now());
        let page = page.render().unwrap();
        let dsn = format!("http://{}@mayday.example:8000/1</code>", server.bootstrap.public_key);
        assert!(page.contains("data-testid=\"empty-project\"") && page.contains(&dsn), "{page}");
    }

    #[test]
    fn tabs_change_the_status_and_keep_the_rest_of_a_query() {
        assert_eq!(without_status("is:unresolved out  release:1"), "out release:1");
        assert_eq!(
            without_status("\"is:unresolved in quotes\" is:unassigned"),
            "\"is:unresolved in quotes\" is:unassigned"
        );
        assert_eq!(without_status("is:ignored"), "");
    }
}
