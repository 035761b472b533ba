//! Crash reports of operating systems: what is cheap to read of them, as an event. Full parsing is symbolication's.

mod android;
mod anr;
mod anr_culprit;
mod apple;
mod detect;
mod found;
mod minidump;
mod plcrash;
mod render;
mod tombstone;
mod tombstone_text;

use serde_json::{Map, Value};

pub(crate) use self::found::elf_debug_id;
use crate::{
    ids::EventId,
    wire::{protobuf::Shape, translate::derived_id},
};

/// A system crash format, as `/api/{project_id}/crash/?format=` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrashFormat {
    /// Apple's `.ips`: two JSON documents.
    Ips,
    /// Apple's older `.crash` text.
    Apple,
    /// PLCrashReporter's protobuf.
    PlCrash,
    /// KSCrash's JSON.
    KsCrash,
    /// MetricKit's JSON: the diagnostics of a day, or one of them.
    MetricKit,
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
const FORMATS: [(CrashFormat, &str, &str, &str); 9] = [
    (CrashFormat::Ips, "ips", "report.ips", "event.applecrashreport"),
    (CrashFormat::Apple, "apple", "report.crash", "event.applecrashreport"),
    (CrashFormat::PlCrash, "plcrash", "report.plcrash", "event.plcrash"),
    (CrashFormat::KsCrash, "kscrash", "kscrash.json", "event.kscrash"),
    (CrashFormat::MetricKit, "metrickit", "metrickit.json", "event.metrickit"),
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

    /// For people, with its article.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Ips => "an Apple .ips report",
            Self::Apple => "an Apple crash report as text",
            Self::PlCrash => "a PLCrashReporter report",
            Self::KsCrash => "a KSCrash report",
            Self::MetricKit => "a MetricKit payload",
            Self::Tombstone => "an Android tombstone as protobuf",
            Self::TombstoneText => "an Android tombstone as text",
            Self::Anr => "an Android ANR trace",
            Self::Minidump => "a minidump",
        }
    }

    fn row(self) -> (Self, &'static str, &'static str, &'static str) {
        FORMATS.into_iter().find(|(format, ..)| *format == self).unwrap_or(FORMATS[8])
    }
}

/// Largest report that is looked into, bytes: what is read of one costs many times its size. A real one has some hundred
/// kilobytes. Of minidumps only small parts are read, whatever their size.
const REPORT_BYTES: usize = 8 << 20;
/// Most messages in a report that is a protobuf message.
const MESSAGES: usize = 500_000;

/// Reads what is cheap to read. The event's JSON is smaller than [`limits::EVENT_BYTES`](crate::limits::EVENT_BYTES). Of
/// several diagnostics in one report it is the first.
pub fn glance(format: CrashFormat, report: &[u8]) -> Result<Glance, CrashError> {
    let mut all = glances(format, report)?;
    Ok(all.swap_remove(0))
}

/// What [`glance`] reads, of each crash in the report; at least one. Only MetricKit puts several into one.
pub fn glances(format: CrashFormat, report: &[u8]) -> Result<Vec<Glance>, CrashError> {
    let expected = format.expected();
    if report.len() > REPORT_BYTES && format != CrashFormat::Minidump {
        let problem = format!("its {} bytes exceed {REPORT_BYTES}", report.len());
        return Err(CrashError { expected, problem });
    }
    let found = match format {
        CrashFormat::Ips | CrashFormat::Apple => apple::read(report).map(one),
        CrashFormat::PlCrash => plcrash::read(report).map(one),
        CrashFormat::KsCrash => apple::kscrash::read(report).map(one),
        CrashFormat::MetricKit => apple::metrickit::read(report),
        CrashFormat::Tombstone => tombstone::read(report).map(one),
        CrashFormat::TombstoneText => tombstone_text::read(report).map(one),
        CrashFormat::Anr => anr::read(report).map(one),
        CrashFormat::Minidump => minidump::read(report).map(one),
    };
    let found = found.map_err(|problem| CrashError { expected, problem })?;
    Ok(found.into_iter().map(|found| Glance { event: found.into_event() }).collect())
}

fn one(found: found::Found) -> Vec<found::Found> {
    vec![found]
}

/// The id of a report that has none: made from it, so that one sent twice counts once.
pub fn id_of(report: &[u8]) -> EventId {
    id_of_part(report, 0)
}

/// The id of one of several crashes in a report, by its place.
pub fn id_of_part(report: &[u8], place: usize) -> EventId {
    match place {
        0 => EventId(derived_id(&[b"crash report", report])),
        place => EventId(derived_id(&[b"crash report", report, &place.to_le_bytes()])),
    }
}

/// An empty message costs two bytes to send and a hundred to hold.
fn check_messages(report: &[u8], shape: &Shape) -> Result<(), String> {
    match shape.count(report)? {
        count if count > MESSAGES => Err(format!("{count} messages in it exceed {MESSAGES}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
