//! What helps to search while one types, and what came since a list was shown; asked for by the page's script.

use actix_web::{HttpResponse, http::header, web};
use mayday_event::IssueId;
use mayday_store::queries::EventFilter;
use serde::{Deserialize, Serialize};

use super::{
    error::PageError,
    list_address::{ListQuery, Wanted},
    visit::{ProjectPath, Visit},
};
use crate::{
    QueryError,
    read::{
        self,
        period::Period,
        stats::Of,
        tags::{Narrowed, facet},
    },
    search::KEYS,
};

/// Values that are offered.
const VALUES: usize = 12;
/// Values that are looked through for those that begin as typed.
const LOOKED_AT: usize = 500;
const STATES: [&str; 6] = ["unresolved", "resolved", "ignored", "new", "regressed", "unassigned"];
const LEVELS: [&str; 5] = ["fatal", "error", "warning", "info", "debug"];

/// The keys of a search, separated by spaces, for the search field to know.
pub(super) fn keys() -> String {
    KEYS.join(" ")
}

#[derive(Deserialize)]
pub(crate) struct ValuesQuery {
    key: String,
    #[serde(default)]
    text: String,
}

/// `GET /projects/{organization}/{project}/issues/values`: what stands behind a key in the events of the last fortnight and
/// begins as typed, a list of texts.
pub(crate) async fn values(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<ValuesQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let typed = asked.text.to_lowercase();
    let fitting = |value: &String| value.to_lowercase().starts_with(&typed);
    let known = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let all: Vec<String> = match asked.key.trim_start_matches('!') {
        "is" => known(&STATES),
        "level" => known(&LEVELS),
        "error.handled" => known(&["true", "false"]),
        "assigned" | "assignee" => {
            let members = read::projects::members(&visit.query, &visit.principal).await?;
            let emails = members.into_iter().map(|member| member.email);
            ["me", "none"].map(str::to_owned).into_iter().chain(emails).collect()
        }
        "has" => KEYS.iter().map(|key| (*key).to_owned()).collect(),
        key => {
            let window = Some(Period::Fortnight.window(visit.now));
            let narrowed = Narrowed { window, filter: EventFilter::default() };
            match facet(&visit.query, Of::Project(&project), &narrowed, key, LOOKED_AT).await {
                Ok(facet) => facet.top.into_iter().map(|value| value.value).collect(),
                Err(QueryError::NotFound(_)) => Vec::new(),
                Err(error) => return Err(error.into()),
            }
        }
    };
    Ok(fresh(&all.into_iter().filter(fitting).take(VALUES).collect::<Vec<_>>()))
}

#[derive(Deserialize)]
pub(crate) struct ArrivedQuery {
    after: IssueId,
    #[serde(flatten)]
    list: ListQuery,
}

#[derive(Serialize)]
struct Arrived {
    count: usize,
}

/// `GET /projects/{organization}/{project}/issues/arrived`: how many issues of the same list were made after one.
pub(crate) async fn arrived(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<ArrivedQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let wanted = Wanted::new(&project, &asked.list);
    let count = match &wanted.search {
        Ok(search) => {
            let params = wanted.params(search.clone(), None, visit.now);
            read::issue_list::arrived(&visit.query, &visit.principal, &project, &params, asked.after).await?
        }
        Err(_) => 0,
    };
    Ok(fresh(&Arrived { count }))
}

fn fresh(json: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json)
}
