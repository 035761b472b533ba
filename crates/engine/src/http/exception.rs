//! ClickHouse's exceptions as HTTP answers.

use actix_web::{HttpResponse, http::StatusCode};

use super::respond::head;
use crate::pool::Pool;

/// Exceptions of this face, not of the engine: code and name as ClickHouse has them.
pub(super) enum Own {
    NotImplemented,
    Authentication,
    BadArguments,
    TooLarge,
    Stopping,
    ClientGone,
}

impl Own {
    fn code_and_name(&self) -> (u16, &'static str) {
        match self {
            Self::NotImplemented => (48, "NOT_IMPLEMENTED"),
            Self::Authentication => (516, "AUTHENTICATION_FAILED"),
            Self::BadArguments => (36, "BAD_ARGUMENTS"),
            Self::TooLarge => (164, "QUERY_IS_TOO_LARGE"),
            Self::Stopping => (236, "ABORTED"),
            Self::ClientGone => (210, "NETWORK_ERROR"),
        }
    }

    /// An exception's text, as the engine would write it.
    pub(super) fn text(&self, detail: &str) -> String {
        let (code, name) = self.code_and_name();
        format!("Code: {code}. DB::Exception: {detail}. ({name})")
    }
}

/// An exception's text with the version behind it, as a server gives it.
pub(super) fn complete(text: &str, pool: &Pool) -> String {
    let text = text.trim_end();
    match text.contains("(version ") {
        true => format!("{text}\n"),
        false => format!("{text} (version {})\n", pool.version()),
    }
}

/// The answer to a statement that failed before any of its output went out.
pub(super) fn answer(text: &str, query_id: &str, pool: &Pool) -> HttpResponse {
    let code = code(text);
    let mut response = HttpResponse::build(status(code));
    head(&mut response, query_id, pool);
    response.insert_header(("X-ClickHouse-Exception-Code", code.to_string()));
    response.content_type("text/plain; charset=UTF-8").body(complete(text, pool))
}

/// `Code: 60. DB::…`
fn code(text: &str) -> u16 {
    let digits = text.strip_prefix("Code: ").and_then(|rest| rest.split('.').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(1002)
}

/// As ClickHouse's `exceptionCodeToHTTPStatus`.
fn status(code: u16) -> StatusCode {
    match code {
        194 => StatusCode::UNAUTHORIZED,
        192 | 193 | 497 | 516 => StatusCode::FORBIDDEN,
        // CANNOT_PARSE_*, ILLEGAL_*, SYNTAX_ERROR, TYPE_MISMATCH, VALUE_IS_OUT_OF_RANGE …
        6 | 26 | 27 | 36 | 38 | 41 | 43 | 50 | 53 | 62 | 69 | 72 | 117 | 130 | 131 | 158 | 271 | 321
        | 456 | 457 => StatusCode::BAD_REQUEST,
        // UNKNOWN_TABLE, UNKNOWN_FUNCTION, UNKNOWN_IDENTIFIER, UNKNOWN_DATABASE, UNKNOWN_SETTING …
        46 | 47 | 51 | 56 | 60 | 63 | 73 | 78 | 81 | 110 | 115 => StatusCode::NOT_FOUND,
        159 => StatusCode::REQUEST_TIMEOUT,
        164 => StatusCode::PAYLOAD_TOO_LARGE,
        48 => StatusCode::NOT_IMPLEMENTED,
        209 | 236 | 439 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
