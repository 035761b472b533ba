//! The tags of a project's events.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};

use super::{
    endpoint::Endpoint,
    issue_tags::{Place, facet_json},
    limits,
    params::Params,
    respond::{Answer, whole},
};
use crate::{
    Query, QueryError,
    auth::{Granted, ProjectRead},
    read::{
        self,
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
    principal: Granted<ProjectRead>,
    query: Data<Query>,
    path: Path<(String, String)>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let narrowed = narrowed(&query, &params)?;
    let (organization, project) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    let facets = tags::facets(&query, Of::Project(&project), &narrowed, limits::TOP_TAG_VALUES).await?;
    whole(&query, &request, &facets.iter().map(facet_json).collect::<Vec<_>>())
}

async fn values(
    principal: Granted<ProjectRead>,
    query: Data<Query>,
    path: Path<(String, String, String)>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let (narrowed, place) = (narrowed(&query, &params)?, Place::of(&params)?);
    let (organization, project, key) = path.into_inner();
    let project = read::projects::find(&query, &principal, &organization, &project).await?;
    let facet = tags::facet(&query, Of::Project(&project), &narrowed, &key, limits::TAG_VALUES).await?;
    place.page(&query, &request, &facet)
}

/// The last 24 hours, unless another time is given: a project has many events.
fn narrowed(query: &Query, params: &Params) -> Result<Narrowed, QueryError> {
    Ok(Narrowed { window: Some(params.span(query)?), filter: params.event_filter()? })
}
