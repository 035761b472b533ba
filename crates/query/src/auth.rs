//! Who asks: a Bearer token for the API, a session cookie for the pages.

use actix_web::{HttpRequest, http::header};
use mayday_catalog::access::Principal;

use crate::{Query, QueryError};

/// The cookie that a page session is kept in.
pub(crate) const SESSION_COOKIE: &str = "mayday_session";

/// Who is logged in on the pages.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) principal: Principal,
    /// What forms must send back.
    pub(crate) csrf: String,
}

/// The page session of a request; `None` if there is none or it has ended.
pub(crate) async fn session(query: &Query, request: &HttpRequest) -> Result<Option<Session>, QueryError> {
    let Some(cookie) = request.cookie(SESSION_COOKIE) else { return Ok(None) };
    let found = query.catalog.principal_by_session(cookie.value()).await?;
    Ok(found.map(|(principal, csrf)| Session { principal, csrf }))
}

/// Whose token a request carries in `Authorization: Bearer …`.
pub(crate) async fn bearer(query: &Query, request: &HttpRequest) -> Result<Principal, QueryError> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(QueryError::Unauthenticated)?;
    query.catalog.principal_by_token(token).await?.ok_or(QueryError::Unauthenticated)
}
