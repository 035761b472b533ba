//! The tags of a project's events.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    issue_tags::{Place, facet_json},
    limits,
    params::Params,
    respond::{Answer, whole},
};
use crate::{
    Query, QueryError,
    auth::ProjectRead,
    read::{
        stats::Of,
        tags::{self, Narrowed},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/tags/").get(list),
        Endpoint::at("/projects/{organization}/{project}/tags/{key}/values/").get(values),
    ]
}

async fn list(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let narrowed = narrowed(&query, &params)?;
    let facets = tags::facets(&query, Of::Project(&project), &narrowed, limits::TOP_TAG_VALUES).await?;
    whole(&query, &request, &facets.iter().map(facet_json).collect::<Vec<_>>())
}

async fn values(
    project: InProject<ProjectRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let (narrowed, place) = (narrowed(&query, &params)?, Place::of(&params)?);
    let (.., key) = path.into_inner();
    let facet = tags::facet(&query, Of::Project(&project), &narrowed, &key, limits::TAG_VALUES).await?;
    place.page(&query, &request, &facet)
}

/// The last 24 hours, unless another time is given: a project has many events.
fn narrowed(query: &Query, params: &Params) -> Result<Narrowed, QueryError> {
    Ok(Narrowed { window: Some(params.span(query)?), filter: params.event_filter()? })
}
