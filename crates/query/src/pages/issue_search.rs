//! What helps to search while one types, and what came since a list was shown; asked for by the page's script.

use actix_web::{HttpResponse, http::header, web};
use mayday_catalog::projects::Project;
use mayday_event::IssueId;
use mayday_store::queries::{EventFilter, Field};
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
    search::{KEYS, field},
};

/// Values that are offered.
const VALUES: usize = 12;
/// Values that are looked through for those that begin as typed.
const LOOKED_AT: usize = 500;
const STATES: [&str; 8] =
    ["unresolved", "resolved", "ignored", "new", "ongoing", "regressed", "assigned", "unassigned"];
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
        "firstSeen" | "lastSeen" | "timesSeen" | "users" | "userCount" => Vec::new(),
        "firstRelease" => of_field(&visit, &project, &Field::Release, &asked.text).await?,
        key => match field(key) {
            Field::Tag(tag) => of_tag(&visit, &project, &tag).await?,
            // Whole messages are nothing to choose from.
            Field::Message => Vec::new(),
            field => of_field(&visit, &project, &field, &asked.text).await?,
        },
    };
    Ok(fresh(&all.into_iter().filter(fitting).take(VALUES).collect::<Vec<_>>()))
}

async fn of_field(
    visit: &Visit,
    project: &Project,
    field: &Field,
    typed: &str,
) -> Result<Vec<String>, QueryError> {
    let window = Period::Fortnight.window(visit.now);
    Ok(visit.query.store.field_values(project.id, window, field, typed, VALUES).await?)
}

async fn of_tag(visit: &Visit, project: &Project, tag: &str) -> Result<Vec<String>, QueryError> {
    let window = Some(Period::Fortnight.window(visit.now));
    let narrowed = Narrowed { window, filter: EventFilter::default() };
    match facet(&visit.query, Of::Project(project), &narrowed, tag, LOOKED_AT).await {
        Ok(facet) => Ok(facet.top.into_iter().map(|value| value.value).collect()),
        Err(QueryError::NotFound(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
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

#[cfg(test)]
mod tests {
    use mayday_event::Timestamp;
    use mayday_store::rows::{EventRow, StackNames};

    use crate::fixture::{Server, now};

    #[actix_web::test]
    async fn behind_a_key_stands_what_its_events_have() {
        let server = Server::with_engine().await;
        let browser = server.browser().await;
        let row = |number, function: &str, error_type: &str| EventRow {
            timestamp: now().plus_ms(-Timestamp::HOUR_MS),
            error_type: error_type.into(),
            user_email: "ann@example.com".into(),
            stack: StackNames {
                functions: vec!["main".into(), function.into()],
                modules: vec!["com.example.Cart".into()],
                ..StackNames::default()
            },
            flags: [("new_checkout".to_owned(), "on".to_owned())].into(),
            tags: [("Screen".to_owned(), "Cart %".to_owned())].into(),
            ..server.row(number, 1)
        };
        let rows = [
            row(1, "onPay", "IllegalStateException"),
            row(2, "onPay", "IOException"),
            row(3, "onOpen", "IOException"),
        ];
        server.events(&rows).await;
        for (key, typed, expected) in [
            ("stack.function", "", r#"["main","onPay","onOpen"]"#),
            ("stack.function", "ONP", r#"["onPay"]"#),
            ("!stack.module", "com.", r#"["com.example.Cart"]"#),
            ("stack.package", "", "[]"),
            ("error.type", "i", r#"["IOException","IllegalStateException"]"#),
            ("user.email", "ann", r#"["ann@example.com"]"#),
            ("user.id", "", r#"["1","2","3"]"#),
            ("firstRelease", "app", r#"["app@1.0.0"]"#),
            ("flags[new_checkout]", "", r#"["on"]"#),
            ("Screen", "Cart %25", r#"["Cart %"]"#),
            ("error.type", "%25", "[]"),
            ("message", "", "[]"),
            ("timesSeen", "1", "[]"),
        ] {
            let path =
                format!("/projects/mayday/app/issues/values?key={key}&text={}", typed.replace(' ', "%20"));
            let reply = server.visit(&browser, &path).await;
            assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, expected), "{key}:{typed}");
        }
    }
}
