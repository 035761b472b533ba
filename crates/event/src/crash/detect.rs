//! Which format a crash report has, by its beginning.

use serde::de::IgnoredAny;
use std::collections::BTreeMap;

use super::CrashFormat;

/// Text that is looked at: headers come first.
const HEAD_BYTES: usize = 64 << 10;
/// Largest JSON document that is looked through for its keys.
const JSON_BYTES: usize = super::REPORT_BYTES;

impl CrashFormat {
    /// The format of a report whose format nobody said; `None` if it is none of these. Whether the report is whole shows
    /// when it is read.
    pub fn detect(report: &[u8]) -> Option<Self> {
        let trimmed = report.trim_ascii_start();
        match trimmed {
            _ if report.starts_with(b"MDMP") || report.starts_with(b"PMDM") => Some(Self::Minidump),
            _ if report.starts_with(b"plcrash") => Some(Self::PlCrash),
            [b'{', ..] => json(trimmed),
            _ => text(trimmed).or_else(|| is_tombstone(report).then_some(Self::Tombstone)),
        }
    }
}

/// By the keys of the first document.
fn json(report: &[u8]) -> Option<CrashFormat> {
    let report = report.get(..JSON_BYTES).unwrap_or(report);
    let mut documents =
        serde_json::Deserializer::from_slice(report).into_iter::<BTreeMap<String, IgnoredAny>>();
    let keys = documents.next()?.ok()?;
    let has = |key: &str| keys.contains_key(key);
    let is_metrickit = has("callStackTree") || keys.keys().any(|key| key.ends_with("Diagnostics"));
    if has("bug_type") || has("usedImages") || (has("incident_id") && has("os_version")) {
        Some(CrashFormat::Ips)
    } else if is_metrickit {
        Some(CrashFormat::MetricKit)
    } else if has("crash") || has("recrash_report") {
        Some(CrashFormat::KsCrash)
    } else {
        None
    }
}

/// By lines that only this format has.
fn text(report: &[u8]) -> Option<CrashFormat> {
    let head = String::from_utf8_lossy(report.get(..HEAD_BYTES).unwrap_or(report));
    let has = |start: &str| head.lines().any(|line| line.trim_start().starts_with(start));
    let is_tombstone = head.contains("*** *** *** ***") || (has("backtrace:") && has("#00 pc"));
    if has("Incident Identifier:") || (has("Process:") && has("Exception Type:")) {
        Some(CrashFormat::Apple)
    } else if is_tombstone && (has("Build fingerprint:") || head.contains(">>> ") || has("backtrace:")) {
        Some(CrashFormat::TombstoneText)
    } else if has("DALVIK THREADS")
        || has("----- pid ")
        || has("ANR in ")
        || head.contains("\" prio=") && head.contains(" tid=")
    {
        Some(CrashFormat::Anr)
    } else {
        None
    }
}

/// Binary, and the first field is one of a tombstone's: processor, build, revision, time or process.
fn is_tombstone(report: &[u8]) -> bool {
    let is_binary = report.iter().take(256).any(|byte| *byte < 9);
    is_binary && super::tombstone::read(report).is_ok()
}
