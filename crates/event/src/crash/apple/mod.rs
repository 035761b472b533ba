//! Apple's crash reports.

mod ips;
pub(super) mod kscrash;
pub(super) mod metrickit;
mod reason;
mod text;

use super::found::{Found, Os};
use crate::{system_code, time::Timestamp};

/// Reads either of Apple's formats: files of one are often named like the other.
pub(super) fn read(report: &[u8]) -> Result<Found, String> {
    let is_json = report.trim_ascii_start().starts_with(b"{");
    let mut found = if is_json { ips::read(report) } else { text::read(&String::from_utf8_lossy(report)) }?;
    let process = found.app.name.clone();
    found.place_frames(|package| is_in_app(package, &process));
    Ok(found)
}

/// `iOS`, `macOS` … of a version line such as `iPhone OS 15.4 (19E241)`, with version and build.
fn os_of(line: &str) -> Os {
    const NAMES: [(&str, &str); 9] = [
        ("iPhone OS", "iOS"),
        ("iPad OS", "iPadOS"),
        ("Mac OS X", "macOS"),
        ("macOS", "macOS"),
        ("Apple TVOS", "tvOS"),
        ("Watch OS", "watchOS"),
        ("watchOS", "watchOS"),
        ("xrOS", "visionOS"),
        ("iOS", "iOS"),
    ];
    let line = line.trim();
    let (before, build) = match line.rsplit_once('(') {
        Some((before, build)) => (before.trim(), build.trim_end_matches(')').trim()),
        None => (line, ""),
    };
    let known = NAMES.iter().find_map(|(prefix, name)| Some((*name, before.strip_prefix(prefix)?.trim())));
    let (name, version) = known.unwrap_or_else(|| before.rsplit_once(' ').unwrap_or((before, "")));
    Os { name: name.to_owned(), version: version.to_owned(), build: build.to_owned() }
}

/// Whether a binary belongs to the app rather than to the system: by its path, or, where only its name is known, if it is
/// the app's own.
pub(super) fn is_in_app(package: &str, process: &str) -> Option<bool> {
    match package {
        "" | "???" => None,
        path if path.contains('/') => system_code::is_own_binary(path),
        name => Some(!process.is_empty() && name.eq_ignore_ascii_case(process)),
    }
}

/// Architecture names as debug files have them: `ARM-64 (Native)` is `arm64`.
fn arch_of(code_type: &str) -> String {
    let name = code_type.split([' ', '(']).next().unwrap_or_default().to_ascii_lowercase();
    match name.as_str() {
        "arm-64" => "arm64".to_owned(),
        "x86-64" => "x86_64".to_owned(),
        _ => name,
    }
}

/// The architecture of Mach's CPU types.
pub(super) fn mach_arch(ty: u64, subtype: u64) -> &'static str {
    const SUBTYPE: u64 = 0xff_ffff;
    match (ty, subtype & SUBTYPE) {
        (7, _) => "x86",
        (0x0100_0007, _) => "x86_64",
        (12, 9) => "armv7",
        (12, 11) => "armv7s",
        (12, _) => "arm",
        (0x0100_000c, 2) => "arm64e",
        (0x0100_000c, _) => "arm64",
        (0x0200_000c, _) => "arm64_32",
        _ => "",
    }
}

/// `2022-01-19 05:10:14.7211 +0100`: RFC 3339 but for the space before the offset, which has no colon.
fn time(text: &str) -> Option<Timestamp> {
    let (date_time, offset) = text.trim().rsplit_once(' ')?;
    Timestamp::parse(&format!("{date_time}{offset}")).or_else(|| Timestamp::parse(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_have_their_names_of_today() {
        let os = os_of("iPhone OS 15.4 (19E241)");
        assert_eq!((os.name.as_str(), os.version.as_str(), os.build.as_str()), ("iOS", "15.4", "19E241"));
        assert_eq!(arch_of("ARM-64 (Native)"), "arm64");
    }
}
