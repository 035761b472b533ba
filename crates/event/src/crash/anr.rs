//! ANR traces: what every thread of a stuck process was doing (`traces.txt`, `ApplicationExitInfo` of an ANR).

use serde_json::json;

use super::{
    CrashError, android,
    found::{Found, Frame},
};

/// Lines that are looked at.
const LINES: usize = 200_000;
/// Frames of one thread that are read.
const FRAMES: usize = 2000;
/// Java packages of the system.
const SYSTEM: [&str; 8] =
    ["android.", "androidx.", "java.", "javax.", "kotlin.", "com.android.", "dalvik.", "libcore."];

pub(super) fn read(report: &[u8]) -> Result<Found, CrashError> {
    let text = String::from_utf8_lossy(report);
    let mut found = Found { platform: "java", mechanism: "AppExitInfo", ..Found::default() };
    found.ty = "ApplicationNotResponding".to_owned();
    found.os_name = "Android".to_owned();
    let (mut is_trace, mut in_main, mut waits_for) = (false, false, None);
    for line in text.lines().take(LINES) {
        let trimmed = line.trim_start();
        if let Some(rest) = line.strip_prefix("----- pid ") {
            is_trace = true;
            found.timestamp = time(rest);
        } else if let Some(rest) = line.strip_prefix("Cmd line:") {
            is_trace = true;
            android::process(rest.trim(), &mut found);
        } else if let Some(rest) = line.strip_prefix("Subject:") {
            found.value = rest.trim().to_owned();
        } else if let Some(rest) = line.strip_prefix("Build fingerprint:") {
            android::fingerprint(rest.trim().trim_matches('\''), &mut found);
        } else if let Some(rest) = line.strip_prefix("ABI:") {
            found.device_arch = rest.trim().trim_matches('\'').to_owned();
        } else if let Some(rest) = line.strip_prefix('"') {
            is_trace |= rest.contains("tid=");
            in_main = rest.starts_with("main\"");
            if in_main {
                (found.thread_name, found.thread_id) = ("main".to_owned(), Some(1));
            }
        } else if in_main && found.frames.len() < FRAMES {
            waits_for = waits_for.or_else(|| waiting(trimmed));
            found.frames.extend(frame(trimmed));
        }
    }
    if !is_trace {
        let problem = "it has neither a line `----- pid` nor a thread with a tid".to_owned();
        return Err(CrashError { expected: "an Android ANR trace", problem });
    }
    if let Some(lock) = &waits_for {
        found.signal = Some(json!({ "lock": lock }));
    }
    if found.value.is_empty() {
        found.value = match waits_for {
            Some(lock) => format!("Main thread is blocked: {lock}"),
            None => "Main thread does not respond".to_owned(),
        };
    }
    Ok(found)
}

/// `28941 at 2023-04-04 22:06:31.064728684+0200 -----`
fn time(rest: &str) -> Option<crate::time::Timestamp> {
    let (_, at) = rest.split_once(" at ")?;
    android::time(at.trim_end_matches(['-', ' ']))
}

/// `- waiting to lock <0x0d3a2f0a> (a java.lang.Object) held by thread 5`, without the address.
fn waiting(line: &str) -> Option<String> {
    let rest = line.strip_prefix("- waiting to lock <")?;
    let (_, what) = rest.split_once("> ")?;
    Some(format!("waiting to lock {}", what.trim_matches(['(', ')']).replace(") held", " held")))
}

/// `at com.example.Main.run(Main.java:177)`, or a native frame as tombstones have it.
fn frame(line: &str) -> Option<Frame> {
    if let Some(native) = line.strip_prefix("native: ") {
        return android::frame(native);
    }
    let (path, place) = line.strip_prefix("at ")?.split_once('(')?;
    let (module, function) = path.rsplit_once('.')?;
    let place = place.split(')').next().unwrap_or_default();
    let (file, number) = place.rsplit_once(':').unwrap_or((place, ""));
    let is_native = file.eq_ignore_ascii_case("native method");
    Some(Frame {
        function: function.to_owned(),
        module: module.to_owned(),
        filename: if is_native { String::new() } else { file.to_owned() },
        lineno: number.parse().ok(),
        in_app: Some(!SYSTEM.iter().any(|prefix| module.starts_with(prefix))),
        ..Frame::default()
    })
}
