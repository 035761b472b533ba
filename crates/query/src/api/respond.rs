//! How answers are written.

use actix_web::{HttpRequest, HttpResponse, http::header};
use mayday_event::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use crate::{Query, QueryError, cursor::Pagination, read::Series};

/// What a handler gives back.
pub(super) type Answer = Result<HttpResponse, QueryError>;

/// 200.
pub(super) fn ok(body: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

/// 201.
pub(super) fn created(body: impl Serialize) -> Answer {
    Ok(HttpResponse::Created().json(body))
}

/// 204.
pub(super) fn no_content() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}

/// 200 with a page of a list and where its neighbours are; `hits`: rows in all pages and the most that are counted.
pub(super) fn page(
    query: &Query,
    request: &HttpRequest,
    rows: &[Value],
    pagination: &Pagination,
    hits: Option<(usize, usize)>,
) -> Answer {
    let link = pagination.link_header(&url_without_cursor(query, request)?);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::LINK, link));
    if let Some((hits, max_hits)) = hits {
        response.insert_header(("X-Hits", hits.to_string()));
        response.insert_header(("X-Max-Hits", max_hits.to_string()));
    }
    Ok(response.json(rows))
}

/// 200 with a list that is short enough to be given whole.
pub(super) fn whole(query: &Query, request: &HttpRequest, rows: &[Value]) -> Answer {
    page(query, request, rows, &Pagination::whole(), None)
}

fn url_without_cursor(query: &Query, request: &HttpRequest) -> Result<Url, QueryError> {
    let mut url = Url::parse(&format!("{}{}", query.base_url, request.path()))
        .map_err(|error| QueryError::Internal(error.into()))?;
    let kept: Vec<_> = url::form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| name != "cursor")
        .collect();
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Ok(url)
}

/// `[[unix seconds, events], …]`.
pub(super) fn series(series: &Series) -> Value {
    series.iter().map(|(start, count)| json!([start.seconds(), count])).collect()
}

/// RFC 3339, or null.
pub(super) fn date(timestamp: Option<Timestamp>) -> Value {
    timestamp.map_or(Value::Null, |timestamp| timestamp.to_string().into())
}

/// A string that is empty when it is not known, as null.
pub(super) fn known(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
