//! Foreign formats as they come over the wire. Each protocol but Sentry's own is translated to the items of a Sentry
//! envelope, so that what follows knows one shape.

pub mod bugsnag;
pub mod envelope;
pub mod minidump;
pub mod msgpack;
pub mod multipart;
pub mod otlp;
pub(crate) mod protobuf;
pub mod reports;
pub mod rollbar;
pub mod store;
pub(crate) mod translate;

/// Why a body is not what its endpoint takes (400; 413 when too large). The text says where and what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{format}: {problem}")]
pub struct WireError {
    /// `Bugsnag payload`, `OTLP logs`, `mayday reports` …
    pub format: &'static str,
    /// What is wrong, where.
    pub problem: String,
    /// Too large rather than malformed.
    pub is_too_large: bool,
}

impl WireError {
    /// Not what the format wants (400).
    pub(crate) fn malformed(format: &'static str, problem: impl ToString) -> Self {
        Self { format, problem: problem.to_string(), is_too_large: false }
    }

    /// More than mayday takes at once (413).
    pub(crate) fn too_large(format: &'static str, problem: impl ToString) -> Self {
        Self { format, problem: problem.to_string(), is_too_large: true }
    }
}
