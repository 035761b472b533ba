//! Who asks: a Bearer token for the API, a session cookie for the pages.

use std::{future::Future, marker::PhantomData, ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use mayday_catalog::access::Principal;

use crate::{Query, QueryError};

/// The cookie that a page session is kept in.
pub(crate) const SESSION_COOKIE: &str = "mayday_session";
/// Longest token worth hashing and looking up, bytes.
const MAX_TOKEN: usize = 512;

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
    if cookie.value().len() > MAX_TOKEN {
        return Ok(None);
    }
    let found = query.catalog.principal_by_session(cookie.value()).await?;
    Ok(found.map(|(principal, csrf)| Session { principal, csrf }))
}

/// What a handler of the API needs: its token must have one of these scopes.
pub(crate) trait Need {
    /// With Sentry's names; the least that is needed comes first. Empty: any token will do.
    const ANY_OF: &'static [&'static str];
    /// Whether the token must be an administrator's.
    const ADMINISTRATOR: bool = false;
}

/// What decides over what is kept and who may come in: of an administrator's token, besides.
pub(crate) struct Administrator<N>(PhantomData<N>);

impl<N: Need> Need for Administrator<N> {
    const ANY_OF: &'static [&'static str] = N::ANY_OF;
    const ADMINISTRATOR: bool = true;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident: $($scope:literal)|*;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Need for $name {
            const ANY_OF: &'static [&'static str] = &[$($scope),*];
        }
    )*};
}

needs! {
    /// A valid token.
    AnyToken: ;
    OrgRead: "org:read" | "org:write" | "org:admin";
    OrgAdmin: "org:admin";
    MemberRead: "member:read" | "member:write" | "member:admin";
    MemberWrite: "member:write" | "member:admin";
    ProjectRead: "project:read" | "project:write" | "project:admin";
    ProjectWrite: "project:write" | "project:admin";
    /// Sends symbols and tells of releases, as build servers do.
    Upload: "project:releases" | "org:ci" | "project:write" | "project:admin";
    /// Sees symbols and releases.
    UploadRead: "project:read" | "project:releases" | "org:ci" | "project:write" | "project:admin";
    EventRead: "event:read" | "event:write" | "event:admin";
    EventWrite: "event:write" | "event:admin";
    EventAdmin: "event:admin";
}

/// A principal whose token has a scope that the handler needs.
pub(crate) struct Granted<N> {
    principal: Principal,
    need: PhantomData<N>,
}

impl<N> Deref for Granted<N> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<N> Granted<N> {
    /// That its token may do something else, too.
    pub(crate) fn check<More: Need>(&self) -> Result<(), QueryError> {
        check_scope(&self.principal, More::ANY_OF)
    }
}

impl<N: Need + 'static> FromRequest for Granted<N> {
    type Error = QueryError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, QueryError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let query = request
                .app_data::<web::Data<Query>>()
                .ok_or_else(|| QueryError::Internal("the API is configured without its state".into()))?;
            let principal = bearer(query, &request).await?;
            check_scope(&principal, N::ANY_OF)?;
            if N::ADMINISTRATOR {
                check_administrator(&principal)?;
            }
            Ok(Self { principal, need: PhantomData })
        })
    }
}

async fn bearer(query: &Query, request: &HttpRequest) -> Result<Principal, QueryError> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| (1..=MAX_TOKEN).contains(&token.len()))
        .ok_or(QueryError::Unauthenticated)?;
    query.catalog.principal_by_token(token).await?.ok_or(QueryError::Unauthenticated)
}

/// That somebody is an administrator of the organisation.
pub(crate) fn check_administrator(principal: &Principal) -> Result<(), QueryError> {
    if principal.is_admin { Ok(()) } else { Err(QueryError::NotAdministrator) }
}

fn check_scope(principal: &Principal, any_of: &[&'static str]) -> Result<(), QueryError> {
    let has = |scope: &&str| principal.scopes.iter().any(|own| own == scope);
    match any_of.first() {
        Some(least) if !any_of.iter().any(has) => Err(QueryError::Forbidden(least)),
        _ => Ok(()),
    }
}
