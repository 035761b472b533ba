//! Sessions over all projects, in the shape of Sentry's endpoint of that name.

use std::cmp::Ordering;

use actix_web::web::{Data, Path};
use mayday_catalog::{access::Principal, projects::Project};
use mayday_store::queries::sessions::{SessionCounts, SessionFilter};
use serde_json::{Map, Value, json};

use super::{
    endpoint::Endpoint,
    limits,
    params::Params,
    respond::{Answer, date, ok},
};
use crate::{
    Query, QueryError,
    auth::{Granted, OrgRead},
    read::{
        self,
        organization_sessions::{Asked, Group, GroupKey, Numbers},
        outcomes::Buckets,
    },
    search::Search,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/sessions/").get(list)]
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Count(Of),
    CrashRate(Of),
    CrashFreeRate(Of),
    /// Of users.
    AnrRate,
    /// Milliseconds.
    Duration(Length),
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Mean,
    /// What so many in a hundred sessions do not last longer than.
    Percentile(u8),
    Longest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Sessions,
    Users,
}

const FIELDS: [(&str, Field); 14] = [
    ("sum(session)", Field::Count(Of::Sessions)),
    ("count_unique(user)", Field::Count(Of::Users)),
    ("crash_rate(session)", Field::CrashRate(Of::Sessions)),
    ("crash_rate(user)", Field::CrashRate(Of::Users)),
    ("crash_free_rate(session)", Field::CrashFreeRate(Of::Sessions)),
    ("crash_free_rate(user)", Field::CrashFreeRate(Of::Users)),
    ("anr_rate()", Field::AnrRate),
    ("avg(session.duration)", Field::Duration(Length::Mean)),
    ("p50(session.duration)", Field::Duration(Length::Percentile(50))),
    ("p75(session.duration)", Field::Duration(Length::Percentile(75))),
    ("p90(session.duration)", Field::Duration(Length::Percentile(90))),
    ("p95(session.duration)", Field::Duration(Length::Percentile(95))),
    ("p99(session.duration)", Field::Duration(Length::Percentile(99))),
    ("max(session.duration)", Field::Duration(Length::Longest)),
];

/// What sessions are told apart by.
const GROUPS: [&str; 4] = ["project", "release", "environment", STATUS];
const STATUS: &str = "session.status";

/// Sessions of a status, and their users.
type OfStatus = fn(&SessionCounts) -> [u64; 2];

/// How sessions end.
const STATUSES: [(&str, OfStatus); 4] = [
    ("healthy", |counts| [counts.healthy, counts.users.saturating_sub(counts.unhealthy_users)]),
    ("errored", |counts| [counts.errored, counts.errored_users]),
    ("abnormal", |counts| [counts.abnormal, counts.abnormal_users]),
    ("crashed", |counts| [counts.crashed, counts.crashed_users]),
];

impl Field {
    fn is_of_users(self) -> bool {
        matches!(
            self,
            Self::AnrRate
                | Self::Count(Of::Users)
                | Self::CrashRate(Of::Users)
                | Self::CrashFreeRate(Of::Users)
        )
    }

    fn of(self, Numbers { counts, durations }: &Numbers) -> Value {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part.min(whole) as f64 / whole as f64);
        let crashed = |of: Of| match of {
            Of::Sessions => share(counts.crashed, counts.sessions),
            Of::Users => share(counts.crashed_users, counts.users),
        };
        match self {
            Self::Count(Of::Sessions) => json!(counts.sessions),
            Self::Count(Of::Users) => json!(counts.users),
            Self::CrashRate(of) => json!(crashed(of)),
            Self::CrashFreeRate(of) => json!(crashed(of).map(|share| 1.0 - share)),
            Self::AnrRate => json!(share(counts.anr_users, counts.users)),
            Self::Duration(Length::Mean) => json!(durations.mean_ms()),
            Self::Duration(Length::Percentile(n)) => json!(durations.quantile_ms(f64::from(n) / 100.0)),
            Self::Duration(Length::Longest) => json!(durations.longest_ms()),
        }
    }
}

/// What the answer shows of what was read.
struct Shown {
    fields: Vec<(&'static str, Field)>,
    groups: Vec<&'static str>,
    /// The field, and whether the greatest comes first; without one, the group with most sessions does.
    order: Option<(Field, bool)>,
    totals: bool,
    series: bool,
}

async fn list(
    principal: Granted<OrgRead>,
    query: Data<Query>,
    organization: Path<String>,
    params: Params,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let shown = shown(&params)?;
    let window = params.span(&query)?;
    let buckets = match params.length("interval")? {
        Some(width) => Buckets::with_width(window, width),
        None => Buckets::of(window),
    };
    let asked = Asked {
        projects: projects(&query, &principal, &params).await?,
        buckets,
        filter: filter(&params)?,
        by_project: shown.groups.contains(&"project"),
        by_release: shown.groups.contains(&"release"),
        by_environment: shown.groups.contains(&"environment"),
        with_series: shown.series,
        with_users: shown.fields.iter().any(|(_, field)| field.is_of_users()),
        with_durations: shown.fields.iter().any(|(_, field)| matches!(field, Field::Duration(_))),
        limit: params.limit_or(limits::SESSION_GROUPS)?,
    };
    let mut found = read::organization_sessions::list(&query, &asked).await?;
    shown.sort(&mut found);
    let intervals: Vec<Value> = buckets.starts().into_iter().map(|start| date(Some(start))).collect();
    ok(json!({
        "start": date(Some(buckets.window.from)),
        "end": date(Some(buckets.window.to)),
        "query": params.one("query")?.unwrap_or_default(),
        "intervals": intervals,
        "groups": found.iter().flat_map(|group| shown.json(group)).collect::<Vec<_>>(),
    }))
}

fn shown(params: &Params) -> Result<Shown, QueryError> {
    let mut fields = Vec::new();
    for name in params.names("field") {
        let known = FIELDS.into_iter().find(|(known, _)| *known == name);
        fields
            .push(known.ok_or_else(|| QueryError::none_of("field", name, &FIELDS.map(|(known, _)| known)))?);
    }
    if fields.is_empty() {
        let known = FIELDS.map(|(known, _)| known).join(", ");
        return Err(QueryError::Invalid(format!("field: give one at least; there are {known}")));
    }
    let mut groups = Vec::new();
    for name in params.names("groupBy") {
        let known = GROUPS.into_iter().find(|known| *known == name);
        groups.push(known.ok_or_else(|| QueryError::none_of("groupBy", name, &GROUPS))?);
    }
    let is_count = |(_, field): &(&str, Field)| matches!(field, Field::Count(_));
    if groups.contains(&STATUS) && !fields.iter().all(is_count) {
        let reason = "groupBy: session.status goes with sum(session) and count_unique(user) only";
        return Err(QueryError::Invalid(reason.into()));
    }
    let order = match params.filled("orderBy")? {
        None => None,
        Some(name) => {
            let (name, is_greatest_first) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
            let field = fields.iter().find(|(known, _)| *known == name);
            let (_, field) = field
                .ok_or_else(|| QueryError::Invalid(format!("orderBy: {name:?} is none of the fields")))?;
            Some((*field, is_greatest_first))
        }
    };
    let totals = params.switch("includeTotals", true)?;
    Ok(Shown { fields, groups, order, totals, series: params.switch("includeSeries", true)? })
}

/// Those given by `project`, slug or id; `None`, if none is or -1.
pub(super) async fn named_projects(
    query: &Query,
    principal: &Principal,
    params: &Params,
) -> Result<Option<Vec<Project>>, QueryError> {
    let wanted: Vec<&str> = params.names("project").filter(|name| *name != "-1").collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut projects = read::projects::list(query, principal).await?;
    if let Some(name) = wanted.iter().find(|name| !projects.iter().any(|project| project.is_called(name))) {
        return Err(QueryError::Invalid(format!("project: {name:?} is none of this organization")));
    }
    projects.retain(|project| wanted.iter().any(|name| project.is_called(name)));
    Ok(Some(projects))
}

/// Those given by `project`, else all; no more than may be counted at once.
pub(super) async fn projects(
    query: &Query,
    principal: &Principal,
    params: &Params,
) -> Result<Vec<Project>, QueryError> {
    let projects = match named_projects(query, principal, params).await? {
        Some(named) => named,
        None => read::projects::list(query, principal).await?,
    };
    if projects.len() > limits::PROJECTS_AT_ONCE {
        let most = limits::PROJECTS_AT_ONCE;
        return Err(QueryError::Invalid(format!("project: name those that are meant, at most {most}")));
    }
    Ok(projects)
}

/// `environment`, and what `query` says of release and environment.
fn filter(params: &Params) -> Result<SessionFilter, QueryError> {
    let mut filter = Search::parse(params.one("query")?.unwrap_or_default())?.of_sessions()?;
    filter.environments.extend(params.names("environment").map(str::to_owned));
    Ok(filter)
}

impl Shown {
    fn sort(&self, groups: &mut [Group]) {
        let Some((field, is_greatest_first)) = self.order else { return };
        // What has no rate comes last, either way.
        groups.sort_by(|one, other| {
            match (field.of(&one.totals).as_f64(), field.of(&other.totals).as_f64()) {
                (Some(one), Some(other)) if is_greatest_first => other.total_cmp(&one),
                (Some(one), Some(other)) => one.total_cmp(&other),
                (one, other) => match (one.is_none(), other.is_none()) {
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    _ => Ordering::Equal,
                },
            }
        });
    }

    /// A group; by status, one for each that is not empty.
    fn json(&self, group: &Group) -> Vec<Value> {
        if !self.groups.contains(&STATUS) {
            return vec![self.group_json(group, None)];
        }
        let narrowed = |of: OfStatus| {
            let counts = |numbers: &Numbers| {
                let [sessions, users] = of(&numbers.counts);
                let counts = SessionCounts { sessions, users, ..SessionCounts::default() };
                Numbers { counts, ..Numbers::default() }
            };
            Group {
                totals: counts(&group.totals),
                series: group.series.iter().map(counts).collect(),
                ..group.clone()
            }
        };
        let of_status =
            |(name, of)| Some((name, narrowed(of))).filter(|(_, group)| group.totals.counts.sessions > 0);
        STATUSES
            .into_iter()
            .filter_map(of_status)
            .map(|(name, group)| self.group_json(&group, Some(name)))
            .collect()
    }

    fn group_json(&self, group: &Group, status: Option<&str>) -> Value {
        let by: Map<String, Value> =
            self.groups.iter().map(|name| ((*name).to_owned(), said(&group.key, status, name))).collect();
        let mut json = json!({ "by": by });
        if self.totals {
            let totals =
                self.fields.iter().map(|(name, field)| ((*name).to_owned(), field.of(&group.totals)));
            json["totals"] = Value::Object(totals.collect());
        }
        if self.series {
            let series = |field: &Field| group.series.iter().map(|numbers| field.of(numbers)).collect();
            let all = self.fields.iter().map(|(name, field)| ((*name).to_owned(), series(field)));
            json["series"] = Value::Object(all.collect());
        }
        json
    }
}

fn said(key: &GroupKey, status: Option<&str>, group: &str) -> Value {
    match group {
        "project" => json!(key.project.map(|project| project.0)),
        "release" => json!(key.release),
        "environment" => json!(key.environment),
        _ => json!(status),
    }
}
