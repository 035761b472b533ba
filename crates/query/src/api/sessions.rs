//! Sessions of a project.

use actix_web::web::Data;
use mayday_store::queries::sessions::SessionCounts;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, known, ok},
};
use crate::{Query, auth::ProjectRead, read};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/sessions/").get(list)]
}

async fn list(project: InProject<ProjectRead>, query: Data<Query>, params: Params) -> Answer {
    let (window, filter) = (params.span(&query)?, params.event_filter()?.into());
    let sessions = read::sessions::list(&query, &project, window, &filter).await?;
    let releases: Vec<Value> = sessions
        .releases
        .iter()
        .map(|group| {
            let mut json = counts_json(&group.counts);
            json["release"] = known(&group.release);
            json
        })
        .collect();
    ok(json!({
        "start": date(Some(window.from)),
        "end": date(Some(window.to)),
        "totals": counts_json(&sessions.totals),
        "releases": releases,
    }))
}

/// Rates are shares from 0 to 1, null where there is nothing to share.
pub(super) fn counts_json(counts: &SessionCounts) -> Value {
    let free = |crashed: u64, all: u64| (all > 0).then(|| 1.0 - crashed as f64 / all as f64);
    json!({
        "sessions": counts.sessions,
        "healthy": counts.healthy,
        "errored": counts.errored,
        "abnormal": counts.abnormal,
        "anr": counts.anr,
        "crashed": counts.crashed,
        "users": counts.users,
        "crashedUsers": counts.crashed_users,
        "anrUsers": counts.anr_users,
        "crashFreeRate": free(counts.crashed, counts.sessions),
        "crashFreeUserRate": free(counts.crashed_users, counts.users),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_shares() {
        let counts = SessionCounts { sessions: 8, healthy: 6, crashed: 2, ..SessionCounts::default() };
        let json = counts_json(&counts);
        assert_eq!(json["crashFreeRate"], 0.75);
        assert_eq!(json["crashFreeUserRate"], Value::Null);
    }
}
