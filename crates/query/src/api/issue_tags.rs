//! The tags of an issue's events.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_store::queries::tags::{TagFacet, TagValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    issue::{self, IssuePath, PREFIXES},
    limits,
    params::Params,
    respond::{Answer, date, ok, page, whole},
};
use crate::{
    Query, QueryError,
    auth::{EventRead, Granted},
    cursor::{Cursor, Direction, Neighbour, Pagination},
    read::{
        stats::Of,
        tags::{self, Narrowed},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = PREFIXES.map(|prefix| {
        [
            Endpoint::at(format!("{prefix}/tags/")).get(list),
            Endpoint::at(format!("{prefix}/tags/{{key}}/")).get(show),
            Endpoint::at(format!("{prefix}/tags/{{key}}/values/")).get(values),
        ]
    });
    endpoints.into_iter().flatten().collect()
}

#[derive(Deserialize)]
struct TagPath {
    key: String,
}

async fn list(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let narrowed = narrowed(&query, &params)?;
    let issue = issue::find(&query, &principal, &path).await?;
    let facets = tags::facets(&query, Of::Issue(&issue), &narrowed, limits::TOP_TAG_VALUES).await?;
    whole(&query, &request, &facets.iter().map(facet_json).collect::<Vec<_>>())
}

async fn show(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    tag: Path<TagPath>,
    params: Params,
) -> Answer {
    let narrowed = narrowed(&query, &params)?;
    let issue = issue::find(&query, &principal, &path).await?;
    let facet = tags::facet(&query, Of::Issue(&issue), &narrowed, &tag.key, limits::TOP_TAG_VALUES).await?;
    ok(facet_json(&facet))
}

async fn values(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    tag: Path<TagPath>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let (narrowed, place) = (narrowed(&query, &params)?, Place::of(&params)?);
    let issue = issue::find(&query, &principal, &path).await?;
    let facet = tags::facet(&query, Of::Issue(&issue), &narrowed, &tag.key, limits::TAG_VALUES).await?;
    place.page(&query, &request, &facet)
}

/// All that is kept, unless a window, an environment or a release is given.
fn narrowed(query: &Query, params: &Params) -> Result<Narrowed, QueryError> {
    Ok(Narrowed { window: params.optional_span(query)?, filter: params.event_filter()? })
}

/// Where in the values of a tag, the most frequent first. A cursor's id is how many were shown before; counts change
/// between pages, so there is no better key.
pub(super) struct Place {
    shown: usize,
    limit: usize,
}

impl Place {
    pub(super) fn of(params: &Params) -> Result<Self, QueryError> {
        let limit = params.limit()?;
        let shown = params.cursor::<usize>()?.map_or(0, |cursor| match cursor.direction {
            Direction::Next => cursor.id,
            Direction::Previous => cursor.id.saturating_sub(limit),
        });
        Ok(Self { shown: shown.min(limits::TAG_VALUES), limit })
    }

    pub(super) fn page(&self, query: &Query, request: &HttpRequest, facet: &TagFacet) -> Answer {
        let Self { shown, limit } = *self;
        let rows: Vec<_> =
            facet.top.iter().skip(shown).take(limit).map(|value| value_json(&facet.key, value)).collect();
        let end = shown + rows.len();
        let neighbour = |id, direction, results| Neighbour {
            cursor: Cursor { value: 0, id, direction }.to_string(),
            results,
        };
        let pagination = Pagination {
            previous: neighbour(shown, Direction::Previous, shown > 0),
            next: neighbour(end, Direction::Next, end < facet.top.len()),
        };
        page(query, request, &rows, &pagination, None)
    }
}

pub(super) fn facet_json(facet: &TagFacet) -> Value {
    json!({
        "key": facet.key,
        "name": facet.key,
        "totalValues": facet.total,
        "uniqueValues": facet.distinct,
        "estimated": facet.step > 1,
        "topValues": facet.top.iter().map(|value| value_json(&facet.key, value)).collect::<Vec<_>>(),
    })
}

fn value_json(key: &str, value: &TagValue) -> Value {
    json!({
        "key": key,
        "name": value.value,
        "value": value.value,
        "count": value.count,
        "firstSeen": date(Some(value.first_seen)),
        "lastSeen": date(Some(value.last_seen)),
    })
}
