//! Crash reports of operating systems: what is cheap to read of them, as an event. Full parsing is symbolication's.

mod android;
mod anr;
mod apple;
mod found;
mod minidump;
mod minidump_codes;
mod plcrash;
mod tombstone;

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

/// Name, file name and attachment type of each format.
const FORMATS: [(CrashFormat, &str, &str, &str); 7] = [
    (CrashFormat::Ips, "ips", "crash.ips", "event.applecrashreport"),
    (CrashFormat::Apple, "apple", "crash.crash", "event.applecrashreport"),
    (CrashFormat::PlCrash, "plcrash", "crash.plcrash", "event.plcrash"),
    (CrashFormat::Tombstone, "tombstone", "tombstone.pb", "event.tombstone"),
    (CrashFormat::TombstoneText, "tombstone-text", "tombstone.txt", "event.tombstone_text"),
    (CrashFormat::Anr, "anr", "anr.txt", "event.anr"),
    (CrashFormat::Minidump, "minidump", "minidump.dmp", "event.minidump"),
];

impl CrashFormat {
    /// The format with this name; minidumps have endpoints of their own.
    pub fn named(name: &str) -> Option<Self> {
        let mut formats = FORMATS.iter().filter(|(format, ..)| *format != Self::Minidump);
        formats.find(|(_, known, ..)| *known == name).map(|(format, ..)| *format)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The file name that the raw report is kept under, and its `attachment_type`.
    pub fn attachment(self) -> (&'static str, &'static str) {
        let (_, _, file, ty) = self.row();
        (file, ty)
    }

    fn row(self) -> (Self, &'static str, &'static str, &'static str) {
        FORMATS.into_iter().find(|(format, ..)| *format == self).unwrap_or(FORMATS[6])
    }
}

/// Reads what is cheap to read.
pub fn glance(format: CrashFormat, report: &[u8]) -> Result<Glance, CrashError> {
    let found = match format {
        CrashFormat::Ips => apple::ips::read(report),
        CrashFormat::Apple => apple::text::read(report),
        CrashFormat::PlCrash => plcrash::read(report),
        CrashFormat::Tombstone => tombstone::read(report),
        CrashFormat::TombstoneText => android::read(report),
        CrashFormat::Anr => anr::read(report),
        CrashFormat::Minidump => minidump::read(report),
    }?;
    Ok(Glance { event: found.into_event() })
}

#[cfg(test)]
mod tests;
