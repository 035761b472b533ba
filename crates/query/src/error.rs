//! What can go wrong for whoever asks, by kind; the one place that says which status that is.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use mayday_catalog::CatalogError;
use mayday_event::settings::RuleError;
use mayday_journal::AppendError;
use mayday_store::StoreError;
use serde_json::json;
use uuid::Uuid;

use crate::cursor::InvalidCursor;

/// Kinds: a caller decides by variant, never by text.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// What was asked makes no sense; the text says where and why.
    #[error("{0}")]
    Invalid(String),
    /// Settings that cannot be used; says where and why.
    #[error(transparent)]
    Rule(RuleError),
    /// No token, or nobody's.
    #[error("authentication credentials were not provided or are not valid")]
    Unauthenticated,
    /// The token may not do this.
    #[error("this token lacks the scope {0}")]
    Forbidden(&'static str),
    /// Whoever asks may not decide this.
    #[error(
        "only an administrator of the organization may do this: ask one, or use an administrator's token"
    )]
    NotAdministrator,
    /// Not there, or not this organisation's.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// It is there already.
    #[error("{0} exists already")]
    Conflict(&'static str),
    /// A request body beyond its limit.
    #[error("request body is longer than {limit} bytes")]
    TooLarge { limit: usize },
    /// A store does not answer; may pass.
    #[error("temporarily unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A bug or damage.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub detail: String,
}

impl QueryError {
    /// A parameter that names nothing that is known.
    pub(crate) fn none_of(param: &str, name: &str, known: &[&str]) -> Self {
        Self::Invalid(format!("{param}: {name:?} is none of {}", known.join(", ")))
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::Rule(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::NotAdministrator => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to tell the client. The cause of a 5xx is logged, not told; the id in both connects them.
    pub fn answer(&self) -> Answer {
        let status = self.status();
        let cause = match self {
            Self::Unavailable(cause) | Self::Internal(cause) => cause,
            _ => return Answer { status, detail: self.to_string() },
        };
        let error_id = Uuid::new_v4().simple();
        let cause = chain(cause.as_ref());
        tracing::error!(%error_id, status = status.as_u16(), cause, "request failed");
        Answer { status, detail: format!("{self} (error {error_id})") }
    }
}

/// The API's form; the pages make their own of [`QueryError::answer`].
impl ResponseError for QueryError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let Answer { status, detail } = self.answer();
        let mut response = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"api\""));
        }
        response.json(json!({ "detail": detail }))
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl From<CatalogError> for QueryError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::NotFound(what) => Self::NotFound(what),
            CatalogError::Conflict(what) => Self::Conflict(what),
            CatalogError::Invalid(why) => Self::Invalid(why),
            CatalogError::Rule(error) => Self::Rule(error),
            CatalogError::Database(_) => Self::Unavailable(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.into()),
            StoreError::LimitExceeded(_) => Self::Invalid(error.to_string()),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<AppendError> for QueryError {
    fn from(error: AppendError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<InvalidCursor> for QueryError {
    fn from(error: InvalidCursor) -> Self {
        Self::Invalid(error.to_string())
    }
}
