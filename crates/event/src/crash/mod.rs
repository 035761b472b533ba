//! Crash reports of operating systems: what is cheap to read of them, as an event. Full parsing is symbolication's.

use serde_json::{Map, Value};

/// A system crash format, as `/api/{project_id}/crash/?format=` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrashFormat {
    /// Apple's `.ips`: two JSON documents.
    Ips,
    /// Apple's older `.crash` text.
    Apple,
    /// PLCrashReporter's protobuf.
    PlCrash,
    /// Android's tombstone as protobuf (`ApplicationExitInfo`).
    Tombstone,
    /// Android's tombstone as text.
    TombstoneText,
    /// An ANR trace (`am_anr`, `traces.txt`).
    Anr,
    /// A minidump; not named in `format=`, it has endpoints of its own.
    Minidump,
}

/// What is cheap to read of a crash report, as fields of a Sentry event (`exception`, `contexts`, `release` …).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glance {
    pub event: Map<String, Value>,
}

/// Why bytes are not this format. The text says what was expected where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}: {problem}")]
pub struct CrashError {
    /// Such as `an Apple .ips report`.
    pub expected: &'static str,
    pub problem: String,
}

impl CrashFormat {
    /// The format with this name.
    pub fn named(_name: &str) -> Option<Self> {
        None
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ""
    }

    /// The file name that the raw report is kept under, and its `attachment_type`.
    pub fn attachment(self) -> (&'static str, &'static str) {
        ("", "")
    }
}

/// Reads what is cheap to read.
pub fn glance(_format: CrashFormat, _report: &[u8]) -> Result<Glance, CrashError> {
    Ok(Glance::default())
}
