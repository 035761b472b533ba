//! Events over time, of an issue or a project, and how they are distributed over an attribute.

use actix_web::web::{Data, Path};
use mayday_event::Timestamp;
use mayday_store::queries::{
    dimensions::Dimension,
    issues::USERS_ERROR,
    series::{Buckets, Distribution},
};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    issue::{self, IssuePath, PREFIXES},
    limits,
    params::Params,
    respond::{Answer, date, known, ok, series},
};
use crate::{
    Query, QueryError,
    auth::{EventRead, Granted, ProjectRead},
    read::{self, stats::Of},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let of_issues = PREFIXES.map(|prefix| {
        [
            Endpoint::at(format!("{prefix}/stats/")).get(issue_series),
            Endpoint::at(format!("{prefix}/distribution/")).get(issue_distribution),
        ]
    });
    let of_projects = [
        Endpoint::at("/projects/{organization}/{project}/stats/").get(project_series),
        Endpoint::at("/projects/{organization}/{project}/distribution/").get(project_distribution),
    ];
    of_issues.into_iter().flatten().chain(of_projects).collect()
}

async fn issue_series(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
) -> Answer {
    let (buckets, filter) = (params.buckets(&query)?, params.event_filter()?);
    let issue = issue::find(&query, &principal, &path).await?;
    ok(series(&read::stats::series(&query, Of::Issue(&issue), &buckets, &filter).await?))
}

async fn project_series(project: InProject<ProjectRead>, query: Data<Query>, params: Params) -> Answer {
    if let Some(stat) = params.one("stat")?.filter(|stat| *stat != "generated") {
        return Err(QueryError::Invalid(format!(
            "stat: {stat:?} is not counted here, only generated, the events that are stored; what was received \
             and rejected is at /outcomes/"
        )));
    }
    let (buckets, filter) = (params.buckets(&query)?, params.event_filter()?);
    ok(series(&read::stats::series(&query, Of::Project(&project), &buckets, &filter).await?))
}

async fn issue_distribution(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
) -> Answer {
    let asked = Asked::new(&query, &params)?;
    let issue = issue::find(&query, &principal, &path).await?;
    asked.answer(&query, &params, Of::Issue(&issue)).await
}

async fn project_distribution(project: InProject<EventRead>, query: Data<Query>, params: Params) -> Answer {
    let asked = Asked::new(&query, &params)?;
    asked.answer(&query, &params, Of::Project(&project)).await
}

/// What a distribution is asked for.
struct Asked {
    by: Dimension,
    buckets: Buckets,
    top: usize,
}

impl Asked {
    fn new(query: &Query, params: &Params) -> Result<Self, QueryError> {
        Ok(Self {
            by: params.dimension("by", "release")?,
            buckets: params.buckets(query)?,
            top: params.limit_or(limits::TOP_SERIES)?,
        })
    }

    async fn answer(&self, query: &Query, params: &Params, of: Of<'_>) -> Answer {
        let filter = params.event_filter()?;
        let found = read::stats::distribution(query, of, &self.by, &self.buckets, &filter, self.top).await?;
        ok(self.json(&found))
    }

    fn json(&self, found: &Distribution) -> Value {
        let starts = self.buckets.starts();
        let window = self.buckets.window();
        let values: Vec<Value> = found
            .values
            .iter()
            .map(|value| {
                json!({
                    "value": known(&value.value),
                    "events": value.events,
                    "share": if found.events > 0 { value.events as f64 / found.events as f64 } else { 0.0 },
                    "users": value.users,
                    "series": points(starts, &value.counts),
                })
            })
            .collect();
        json!({
            "by": self.by.name(),
            "start": date(Some(window.from)),
            "end": date(Some(window.to)),
            "events": found.events,
            "users": found.users,
            "usersError": USERS_ERROR,
            "series": points(starts, &found.counts),
            "values": values,
        })
    }
}

fn points(starts: &[Timestamp], counts: &[u64]) -> Value {
    series(&starts.iter().copied().zip(counts.iter().copied()).collect())
}
