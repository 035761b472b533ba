//! A project's issues, and changing many at once.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use mayday_catalog::{access::Principal, projects::Project};
use mayday_event::IssueId;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    issue_json::{Asked, IssueChangeJson, issue_value},
    limits,
    params::Params,
    respond::{Answer, no_content, ok, page, series},
};
use crate::{
    Query, QueryError,
    auth::{EventAdmin, EventRead, EventWrite},
    change,
    read::{
        self,
        issue_list::{IssueRow, ListParams, MAX_ISSUES, Sort},
    },
    search::Search,
};

/// What is searched for when nothing is said.
const DEFAULT_SEARCH: &str = "is:unresolved";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/issues/").get(list).put(change).delete(remove)]
}

async fn list(
    project: InProject<EventRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let list = list_params(&query, &params)?;
    let found = read::issue_list::list(&query, &project.principal, &project, &list).await?;
    // As in Sentry, an empty period asks for no series.
    let with_series = params.one("statsPeriod")? != Some("");
    let rows = found
        .rows
        .iter()
        .map(|row| row_json(&query, &list, row, with_series))
        .collect::<Result<Vec<_>, _>>()?;
    page(&query, &request, &rows, &found.pagination, Some((found.total, MAX_ISSUES)))
}

fn list_params(query: &Query, params: &Params) -> Result<ListParams, QueryError> {
    Ok(ListParams {
        search: search(params, DEFAULT_SEARCH)?,
        sort: sort(params.one("sort")?.unwrap_or_default())?,
        cursor: params.cursor()?,
        limit: params.limit()?,
        period: params.stats_period()?.unwrap_or_default(),
        window: params.window(query)?,
    })
}

/// `query`, or `default` if it is absent, narrowed by `environment`.
fn search(params: &Params, default: &str) -> Result<Search, QueryError> {
    let mut search = Search::parse(params.one("query")?.unwrap_or(default))?;
    if let Some(environment) = params.event_filter()?.environment {
        search.narrow_environment(environment);
    }
    Ok(search)
}

fn sort(name: &str) -> Result<Sort, QueryError> {
    match name {
        "date" | "" => Ok(Sort::Date),
        "new" => Ok(Sort::New),
        "freq" => Ok(Sort::Freq),
        "user" => Ok(Sort::User),
        "trends" => Ok(Sort::Trend),
        _ => Err(QueryError::Invalid(format!("sort: {name:?} is not date, new, freq, user or trends"))),
    }
}

/// `count` and `userCount` are of all that is kept; `filtered` of what the list's window and search leave, if they
/// narrow anything.
fn row_json(
    query: &Query,
    list: &ListParams,
    row: &IssueRow,
    with_series: bool,
) -> Result<Value, QueryError> {
    let stats = if with_series { json!({ list.period.name(): series(&row.series) }) } else { json!({}) };
    let filtered = list
        .narrows_events()
        .then(|| json!({ "count": row.counts.events.to_string(), "userCount": row.counts.users }));
    issue_value(query, &row.issue, row.lifetime, [("stats", stats), ("filtered", filtered.into())])
}

/// Changes the issues given by `id`; else those that `query` or `status` finds; else all of the project. Answers
/// with what it was asked to change, as Sentry does.
async fn change(
    project: InProject<EventWrite>,
    query: Data<Query>,
    params: Params,
    body: Json<Value>,
) -> Answer {
    let asked = body.into_inner();
    let wanted = IssueChangeJson::read(asked.clone())?.into_asked(&query, &project.principal).await?;
    if matches!(wanted, Asked::Merge) && params.all("id").next().is_none() {
        return Err(QueryError::Invalid("merge: takes issues given by id".into()));
    }
    if matches!(wanted, Asked::Discard) {
        project.principal.check::<EventAdmin>()?;
    }
    let ids = asked_for(&query, &project.principal, &project, &params).await?;
    match wanted {
        Asked::Change(change) => {
            change::issues::change_all(&query, &project.principal, &ids, &change).await?;
        }
        Asked::Merge => {
            let (parent, children) = change::issues::merge(&query, &project.principal, &ids).await?;
            let children: Vec<String> = children.iter().map(ToString::to_string).collect();
            return ok(json!({ "merge": { "parent": parent.to_string(), "children": children } }));
        }
        Asked::Discard => {
            for id in &ids {
                change::issues::discard(&query, &project.principal, *id).await?;
            }
            return no_content();
        }
    }
    ok(asked)
}

/// Deletes the issues given by `id`, else those that `query` or `status` finds; never all for want of both.
async fn remove(project: InProject<EventAdmin>, query: Data<Query>, params: Params) -> Answer {
    if ["id", "query", "status"].iter().all(|name| params.all(name).all(|value| value.trim().is_empty())) {
        return Err(QueryError::Invalid("id, query: one must say which issues are to be deleted".into()));
    }
    for id in asked_for(&query, &project.principal, &project, &params).await? {
        change::issues::delete(&query, &project.principal, id).await?;
    }
    no_content()
}

/// The issues given by `id`; else those that `query` or `status` finds; else all of the project.
async fn asked_for(
    query: &Query,
    principal: &Principal,
    project: &Project,
    params: &Params,
) -> Result<Vec<IssueId>, QueryError> {
    if let Some(ids) = ids(params)? {
        return read::issues::of_project(query, project, &ids).await;
    }
    let list = ListParams { search: bulk_search(params)?, ..ListParams::default() };
    read::issue_list::matching(query, principal, project, &list, limits::BULK_ISSUES).await
}

fn ids(params: &Params) -> Result<Option<Vec<IssueId>>, QueryError> {
    let ids: Vec<IssueId> = params
        .all("id")
        .map(|text| text.parse().map_err(|error| QueryError::Invalid(format!("id: {error}"))))
        .collect::<Result<_, _>>()?;
    if ids.len() > limits::BULK_ISSUES {
        return Err(QueryError::Invalid(format!("id: is given more than {} times", limits::BULK_ISSUES)));
    }
    Ok((!ids.is_empty()).then_some(ids))
}

fn bulk_search(params: &Params) -> Result<Search, QueryError> {
    let of_status = match params.one("status")? {
        Some(status @ ("unresolved" | "resolved" | "ignored")) => {
            Some(Search::parse(&format!("is:{status}"))?)
        }
        Some(other) => {
            let unknown = format!("status: {other:?} is not unresolved, resolved or ignored");
            return Err(QueryError::Invalid(unknown));
        }
        None => None,
    };
    match (of_status, params.one("query")?) {
        (Some(search), None) => Ok(search),
        _ => search(params, ""),
    }
}
