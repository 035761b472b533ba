//! Apple's crash reports.

pub(super) mod ips;
pub(super) mod text;

/// `iOS`, `macOS` … of a version line such as `iPhone OS 15.4 (19E241)`, with version and build.
fn os_of(line: &str) -> (String, String, String) {
    const NAMES: [(&str, &str); 8] = [
        ("iPhone OS", "iOS"),
        ("iPad OS", "iPadOS"),
        ("Mac OS X", "macOS"),
        ("macOS", "macOS"),
        ("Apple TVOS", "tvOS"),
        ("Watch OS", "watchOS"),
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
    (name.to_owned(), version.to_owned(), build.to_owned())
}

/// Whether a binary belongs to the app rather than to the system, by its path.
pub(super) fn is_in_app(path: &str) -> Option<bool> {
    if path.is_empty() {
        return None;
    }
    let system = ["/usr/lib/", "/System/", "/Library/Apple/", "/private/preboot/", "/Developer/"];
    Some(!system.iter().any(|prefix| path.starts_with(prefix)))
}
