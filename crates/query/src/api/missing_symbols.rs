//! Symbol files that a project's events lack.

use actix_web::{HttpRequest, web::Data};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, known, whole},
};
use crate::{
    Query,
    auth::ProjectRead,
    read::{self, missing_symbols::MissingFile, period::Period},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/missing-symbols/").get(list)]
}

/// Of the last 30 days, unless `statsPeriod` says otherwise.
async fn list(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let window = params.stats_period()?.unwrap_or(Period::Month).window(query.clock.now());
    let files = read::missing_symbols::list(&query, &project, window, params.limit()?).await?;
    whole(&query, &request, &files.iter().map(file_json).collect::<Vec<_>>())
}

fn file_json(file: &MissingFile) -> Value {
    let MissingFile { symbol, command } = file;
    json!({
        "id": symbol.symbol,
        "kind": symbol.kind,
        "debugId": (!symbol.symbol.starts_with("code:") && symbol.kind != "source_map").then_some(&symbol.symbol),
        "codeId": known(&symbol.code_id),
        "file": known(&symbol.file),
        "arch": known(&symbol.arch),
        "status": symbol.status,
        "reason": symbol.reason,
        "release": known(&symbol.release),
        "dist": known(&symbol.dist),
        "count": symbol.events.to_string(),
        "userCount": symbol.users,
        "firstSeen": date(Some(symbol.first_seen)),
        "lastSeen": date(Some(symbol.last_seen)),
        "command": command,
    })
}
