//! Refusals: the one place that turns a kind into status, outcome and log line.

use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode};
use mayday_blobs::BlobError;
use mayday_event::{
    Category, EventId, Outcome, ProjectId,
    capped::InflateError,
    crash::CrashError,
    raw::RefusedEvent,
    wire::{WireError, envelope::EnvelopeError},
};
use mayday_journal::AppendError;
use serde_json::json;
use uuid::Uuid;

use crate::{
    Ingest,
    limits::{self, Limited},
    refusals::Sender,
};

/// After how many seconds a client may try again when the disk is nearly full.
const DISK_RETRY_SECONDS: u64 = 60;

/// Why a request was refused. The text is what the client reads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("project id {found:?} in the path is not a number")]
    ProjectPath { found: String },
    #[error(
        "no DSN key: give it as X-Sentry-Auth header, as sentry_key in the query, or as dsn in the envelope header"
    )]
    NoKey,
    #[error("DSN key is not 32 hexadecimal digits")]
    KeyFormat,
    #[error("DSN key is not known: copy the DSN from the project's setup page")]
    UnknownKey,
    #[error("DSN key is disabled: enable it in the project's settings, or use another")]
    DisabledKey,
    #[error("DSN key does not belong to project {project}")]
    OtherProject { project: ProjectId },
    #[error("sentry_version {found:?} is not supported: 7 is the newest")]
    Version { found: String },
    #[error("body is longer than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("body ended early: {problem}")]
    BodyBroken { problem: String },
    #[error("body came too slowly: after {seconds} s it was not there")]
    BodySlow { seconds: u64 },
    #[error("body is empty")]
    BodyEmpty,
    #[error("server is receiving as many large bodies as it has memory for: try again")]
    Busy,
    #[error(transparent)]
    Inflate(InflateError),
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    #[error("event is not a JSON object: {problem}")]
    EventJson { problem: String },
    #[error("event of {length} bytes exceeds {limit}")]
    EventTooLarge { length: usize, limit: usize },
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error(transparent)]
    Crash(#[from] CrashError),
    #[error("multipart body: {problem}")]
    Multipart { problem: String },
    #[error(
        "format {found:?} is not known: one of ips, apple, plcrash, kscrash, metrickit, tombstone, tombstone-text, anr"
    )]
    UnknownFormat { found: String },
    #[error("rate limit is reached ({}): try again in {} s", reasons(limited), limits::retry_after(limited))]
    RateLimited { limited: Vec<Limited> },
    #[error("{method} is not allowed here: POST a report")]
    Method { method: String },
    #[error("server is stopping: try again")]
    Stopping,
    #[error("server cannot take reports for the moment: try again")]
    Journal(#[from] AppendError),
    #[error("server cannot take large reports for the moment: try again")]
    Blobs(#[from] BlobError),
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::KeyFormat | Self::UnknownKey => StatusCode::UNAUTHORIZED,
            Self::DisabledKey | Self::OtherProject { .. } => StatusCode::FORBIDDEN,
            Self::BodyTooLarge { .. } | Self::EventTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Inflate(error) if error.is_too_large() => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Envelope(error) if error.is_too_large() => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Wire(error) if error.is_too_large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodySlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Journal(AppendError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy | Self::Stopping | Self::Journal(_) | Self::Blobs(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::ProjectPath { .. }
            | Self::Version { .. }
            | Self::BodyBroken { .. }
            | Self::BodyEmpty
            | Self::Inflate(_)
            | Self::Envelope(_)
            | Self::Wire(_)
            | Self::Crash(_)
            | Self::Multipart { .. }
            | Self::UnknownFormat { .. }
            | Self::EventJson { .. } => StatusCode::BAD_REQUEST,
        }
    }

    /// The verdict and its stable reason, as the ledger counts them.
    pub(crate) fn outcome(&self) -> (Outcome, &'static str) {
        match self {
            Self::ProjectPath { .. } => (Outcome::Invalid, "project_path"),
            Self::NoKey => (Outcome::Invalid, "no_key"),
            Self::KeyFormat | Self::UnknownKey => (Outcome::Invalid, "unknown_key"),
            Self::DisabledKey => (Outcome::Invalid, "disabled_key"),
            Self::OtherProject { .. } => (Outcome::Invalid, "other_project"),
            Self::Version { .. } => (Outcome::Invalid, "protocol_version"),
            Self::BodyTooLarge { .. } | Self::EventTooLarge { .. } => (Outcome::Invalid, "too_large"),
            Self::BodyBroken { .. } | Self::BodySlow { .. } => (Outcome::Invalid, "body_incomplete"),
            Self::BodyEmpty => (Outcome::Invalid, "body_empty"),
            Self::Inflate(error) => (Outcome::Invalid, error.reason()),
            Self::Envelope(error) => (Outcome::Invalid, error.reason()),
            Self::EventJson { .. } => (Outcome::Invalid, "event_json"),
            Self::Wire(error) if error.is_too_large => (Outcome::Invalid, "too_large"),
            Self::Wire(_) => (Outcome::Invalid, "wire_format"),
            Self::Crash(_) => (Outcome::Invalid, "crash_format"),
            Self::Multipart { .. } => (Outcome::Invalid, "multipart"),
            Self::UnknownFormat { .. } => (Outcome::Invalid, "unknown_format"),
            Self::RateLimited { .. } => (Outcome::RateLimited, "rate_limit"),
            Self::Method { .. } => (Outcome::Invalid, "method"),
            Self::Busy => (Outcome::Unavailable, "busy"),
            Self::Stopping => (Outcome::Unavailable, "stopping"),
            Self::Journal(AppendError::DiskNearlyFull { .. }) => (Outcome::Unavailable, "disk_nearly_full"),
            Self::Journal(AppendError::TooLarge { .. }) => (Outcome::Invalid, "too_large"),
            Self::Journal(AppendError::Closed) => (Outcome::Unavailable, "stopping"),
            Self::Blobs(BlobError::DiskNearlyFull { .. }) => (Outcome::Unavailable, "disk_nearly_full"),
            Self::Blobs(_) => (Outcome::Unavailable, "blobs"),
            Self::Journal(AppendError::Io(_)) => (Outcome::Unavailable, "journal"),
        }
    }

    /// The answer; also writes the log line.
    pub(crate) fn answer(&self, project: Option<ProjectId>) -> HttpResponse {
        let (status, (_, reason)) = (self.status(), self.outcome());
        let mut response = HttpResponse::build(status);
        let mut detail = self.to_string();
        if status.is_server_error() {
            // What failed is the operator's to know; the id finds it in the log.
            let id = Uuid::new_v4();
            let cause = std::error::Error::source(self).map(ToString::to_string);
            tracing::error!(%id, project = project.map(|project| project.0), reason, cause, "report refused");
            detail = format!("{detail} (id {id})");
        } else {
            tracing::debug!(project = project.map(|project| project.0), reason, detail, "report refused");
        }
        self.add_headers(&mut response);
        response.insert_header(("X-Sentry-Error", header_text(&detail)));
        response.json(json!({ "detail": detail, "causes": [] }))
    }

    fn add_headers(&self, response: &mut HttpResponseBuilder) {
        match self {
            Self::RateLimited { limited } => {
                response.insert_header(("Retry-After", limits::retry_after(limited).to_string()));
                response.insert_header(("X-Sentry-Rate-Limits", limits::header(limited)));
            }
            Self::Journal(AppendError::DiskNearlyFull { .. })
            | Self::Blobs(BlobError::DiskNearlyFull { .. }) => {
                response.insert_header(("Retry-After", DISK_RETRY_SECONDS.to_string()));
            }
            Self::Busy | Self::Journal(_) | Self::Blobs(_) | Self::Stopping => {
                response.insert_header(("Retry-After", "5"));
            }
            Self::Method { .. } => {
                response.insert_header(("Allow", "POST, OPTIONS"));
            }
            _ => {}
        }
    }
}

/// A refusal, and what is known of what was refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) refused: Refused,
    pub(crate) project: Option<ProjectId>,
    /// 0 where it could not be told.
    pub(crate) key_id: i64,
    /// `None` for a body of unknown content, not yet counted.
    pub(crate) content: Option<Box<Content>>,
}

/// What is known of a refused body.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) event_id: Option<EventId>,
    /// What was counted as received.
    pub(crate) counted: Vec<(Category, u64)>,
}

impl Refusal {
    /// A refusal of a body whose content is not known.
    pub(crate) fn unread(refused: Refused, project: Option<ProjectId>) -> Self {
        Self { refused, project, key_id: 0, content: None }
    }

    /// Counts it and makes the answer.
    pub(crate) fn answer(self, ingest: &Ingest) -> HttpResponse {
        let Self { refused, project, key_id, content } = self;
        let Content { event_id, counted } = content.map_or_else(
            || {
                ingest.ledger.received(project, Category::Default, 1);
                Content { event_id: None, counted: vec![(Category::Default, 1)] }
            },
            |content| *content,
        );
        let (outcome, reason) = refused.outcome();
        let sender = Sender { project: project.unwrap_or(ProjectId(0)), key_id, at: ingest.clock.now() };
        for (category, quantity) in counted {
            let reason = refused.limit(category).unwrap_or(reason);
            ingest.ledger.outcome(project, category, outcome, reason, quantity);
            ingest.refusals.add(sender, category, quantity, outcome, reason);
        }
        if let (Some(project_id), Some(event_id)) = (project, event_id) {
            let reason = refused.limit(Category::Error).unwrap_or(reason).to_owned();
            let (received, detail) = (sender.at, refused.to_string());
            ingest.refusals.add_event(RefusedEvent {
                project_id,
                event_id,
                received,
                outcome,
                reason,
                detail,
            });
        }
        refused.answer(project)
    }
}

impl Refused {
    /// The limit that a category is over.
    fn limit(&self, category: Category) -> Option<&'static str> {
        let Self::RateLimited { limited } = self else { return None };
        limited.iter().find(|limit| limit.category == category).map(|limit| limit.reason)
    }
}

fn reasons(limited: &[Limited]) -> String {
    let mut reasons: Vec<&str> = limited.iter().map(|limit| limit.reason).collect();
    reasons.dedup();
    reasons.join(", ")
}

/// A header holds visible ASCII only.
fn header_text(detail: &str) -> String {
    detail.chars().map(|char| if char == ' ' || char.is_ascii_graphic() { char } else { '?' }).collect()
}
