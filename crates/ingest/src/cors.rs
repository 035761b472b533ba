//! Browsers and WebViews ask before they send, and read only what they are allowed to.
//!
//! Any origin may report: a DSN is public, and an answer tells nothing that its sender does not know.

use actix_web::{
    HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderValue,
    },
    middleware::Next,
};

/// What SDKs send along.
const ALLOWED: &str = "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, \
    authentication, authorization, content-encoding, transfer-encoding, sentry-trace, baggage, x-mayday-key, \
    bugsnag-api-key, bugsnag-payload-version, bugsnag-sent-at, bugsnag-integrity, bugsnag-stacktrace-types, \
    x-rollbar-access-token";
/// What SDKs read.
const EXPOSED: &str = "x-sentry-error, x-sentry-rate-limits, retry-after";

/// Marks every answer as readable by any origin.
pub(crate) async fn allow_any_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    Ok(response)
}

/// The answer to `OPTIONS`.
pub(crate) async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "3600"))
        .finish()
}
