//! The address of a list of issues, read and written.

use mayday_catalog::{issues::Status, projects::Project};
use mayday_event::{IssueId, Timestamp};
use serde::Deserialize;

use super::{error::sentence, path::with_query, shell::Section};
use crate::{
    cursor::Cursor,
    read::{
        DEFAULT_LIMIT,
        issue_list::{ListParams, Sort},
        period::Period,
    },
    search::Search,
};

/// What is searched when nobody says.
const DEFAULT_QUERY: &str = "is:unresolved";
/// The list as its address describes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ListQuery {
    pub(super) query: Option<String>,
    #[serde(default)]
    pub(super) sort: String,
    #[serde(default)]
    pub(super) environment: String,
    #[serde(default, rename = "statsPeriod")]
    pub(super) period: String,
    #[serde(default)]
    pub(super) cursor: String,
}

/// A tab, a period or a column to sort by.
pub(super) struct Link {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) href: String,
    pub(super) current: bool,
}

/// The span that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Of(Period),
    All,
}

impl Span {
    const CHOICES: [Self; 4] =
        [Self::Of(Period::Day), Self::Of(Period::Fortnight), Self::Of(Period::Month), Self::All];

    fn of(name: &str) -> Self {
        Self::CHOICES.into_iter().find(|span| span.value() == name).unwrap_or(Self::Of(Period::Fortnight))
    }

    pub(super) fn value(self) -> &'static str {
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

    pub(super) fn trend_name(self) -> &'static str {
        match self.trend() {
            Period::Day => "24 hours",
            Period::Fortnight => "14 days",
            Period::Month => "30 days",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Of(period) => period.label(),
            Self::All => "All",
        }
    }
}

const SORTS: [(&str, Sort); 5] = [
    ("freq", Sort::Freq),
    ("user", Sort::User),
    ("date", Sort::Date),
    ("new", Sort::New),
    ("trends", Sort::Trend),
];

/// An address of the list, understood.
pub(super) struct Wanted {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) search: Result<Search, String>,
    pub(super) sort: (&'static str, Sort),
    pub(super) span: Span,
    pub(super) environment: String,
}

impl Wanted {
    pub(super) fn new(project: &Project, asked: &ListQuery) -> Self {
        let query = asked.query.clone().unwrap_or_else(|| DEFAULT_QUERY.into());
        let search = Search::parse(&query).map_err(|error| sentence(&error.to_string()));
        Self {
            path: Section::Issues.path(project),
            search: search.map(|search| narrowed(search, &asked.environment)),
            query,
            sort: SORTS.into_iter().find(|(name, _)| *name == asked.sort).unwrap_or(("date", Sort::Date)),
            span: Span::of(&asked.period),
            environment: asked.environment.clone(),
        }
    }

    pub(super) fn params(
        &self,
        search: Search,
        cursor: Option<Cursor<IssueId>>,
        now: Timestamp,
    ) -> ListParams {
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

    /// What makes this list, as parameters of an address.
    pub(super) fn parameters(&self) -> String {
        let href = self.href(&self.query, self.sort.0, self.span, "");
        href.split_once('?').map_or(String::new(), |(_, parameters)| parameters.to_owned())
    }

    pub(super) fn tabs(&self) -> Vec<Link> {
        let status = self.search.as_ref().ok().map(Search::status);
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

    pub(super) fn periods(&self) -> Vec<Link> {
        let link = |span: Span| Link {
            id: span.value(),
            name: span.name(),
            class: "",
            href: self.href(&self.query, self.sort.0, span, ""),
            current: span == self.span,
        };
        Span::CHOICES.map(link).into()
    }

    pub(super) fn columns(&self) -> Vec<Link> {
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

    pub(super) fn page(&self, cursor: Option<&str>) -> Option<String> {
        cursor.map(|cursor| self.href(&self.query, self.sort.0, self.span, cursor))
    }

    pub(super) fn is_default(&self) -> bool {
        without_status(&self.query).is_empty() && self.environment.is_empty()
    }
}

/// A search within the environment that is chosen beside it.
fn narrowed(mut search: Search, environment: &str) -> Search {
    if !environment.is_empty() {
        search.narrow_environment(environment.to_owned());
    }
    search
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

#[cfg(test)]
mod tests {
    use super::*;

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
