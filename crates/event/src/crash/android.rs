//! Android's tombstones as text, and what the protobuf ones share with them.

use super::{
    CrashError,
    found::{Found, Frame, from_hex},
};
use crate::time::Timestamp;

/// Lines that are looked at.
const LINES: usize = 100_000;
/// Frames of one thread that are read.
const FRAMES: usize = 2000;

pub(super) fn read(report: &[u8]) -> Result<Found, CrashError> {
    let text = String::from_utf8_lossy(report);
    let mut found = Found { platform: "native", mechanism: "tombstone", ..Found::default() };
    found.os_name = "Android".to_owned();
    let (mut signal, mut fault, mut abort) = (String::new(), String::new(), String::new());
    let (mut is_tombstone, mut in_backtrace) = (false, false);
    for line in text.lines().take(LINES).map(plain) {
        if let Some(backtrace) = frame(line).filter(|_| in_backtrace) {
            if found.frames.len() < FRAMES {
                found.frames.push(backtrace);
            }
        } else if line.starts_with("backtrace:") {
            // The first is the crashed thread's.
            (is_tombstone, in_backtrace) = (true, found.frames.is_empty());
        } else if line.starts_with("--- --- ---") {
            break;
        } else if let Some(rest) = line.strip_prefix("Build fingerprint:") {
            is_tombstone = true;
            fingerprint(rest.trim().trim_matches('\''), &mut found);
        } else if let Some(rest) = line.strip_prefix("Timestamp:") {
            found.timestamp = time(rest);
        } else if let Some(rest) = line.strip_prefix("ABI:") {
            found.device_arch = rest.trim().trim_matches('\'').to_owned();
        } else if let Some(rest) = line.strip_prefix("Cmdline:") {
            process(rest.trim(), &mut found);
        } else if let Some(rest) = line.strip_prefix("Abort message:") {
            abort = rest.trim().trim_matches('\'').to_owned();
        } else if line.starts_with("pid:") && line.contains(">>>") {
            thread(line, &mut found);
        } else if line.starts_with("signal ") {
            is_tombstone = true;
            (signal, fault) = of_signal(line);
        } else if !line.is_empty() && !line.starts_with("NOTE:") {
            in_backtrace = false;
        }
    }
    if !is_tombstone {
        let problem = "it has neither a build fingerprint nor a signal nor a backtrace".to_owned();
        return Err(CrashError { expected: "an Android tombstone as text", problem });
    }
    found.ty = if signal.is_empty() { "Crash".to_owned() } else { signal.clone() };
    found.value = if abort.is_empty() { fault } else { abort };
    found.signal = (!signal.is_empty()).then(|| serde_json::json!({ "signal": { "name": signal } }));
    Ok(found)
}

/// Without what logcat puts before it.
fn plain(line: &str) -> &str {
    let line = line.trim_end();
    line.split_once("DEBUG   : ").or_else(|| line.split_once(" F DEBUG : ")).map_or(line, |(_, rest)| rest)
}

/// `pid: 5113, tid: 5113, name: main  >>> com.example <<<`
fn thread(line: &str, found: &mut Found) {
    let field = |name: &str| {
        let (_, rest) = line.split_once(name)?;
        Some(rest.split([',', '>']).next().unwrap_or_default().trim().to_owned())
    };
    found.thread_id = field("tid:").and_then(|tid| tid.parse().ok());
    found.thread_name = field("name:").unwrap_or_default();
    if let Some((_, name)) = line.split_once(">>> ") {
        process(name.split(" <<<").next().unwrap_or_default().trim(), found);
    }
}

/// A process is named by its package, with its own name behind a colon.
pub(super) fn process(name: &str, found: &mut Found) {
    let package = name.split([':', ' ']).next().unwrap_or_default();
    found.app_name = name.to_owned();
    if package.contains('.') && !package.contains('/') {
        found.app_id = package.to_owned();
    }
}

/// `signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x8`: the signal's name, and the rest for people.
fn of_signal(line: &str) -> (String, String) {
    let name = |part: &str| {
        let (_, rest) = part.split_once('(')?;
        Some(rest.split([')', ' ']).next().unwrap_or_default().to_owned())
    };
    let mut parts = line.split(", ");
    let signal = parts.next().and_then(name).unwrap_or_default();
    let code = parts.next().and_then(name).unwrap_or_default();
    let fault = parts.next().and_then(|part| part.strip_prefix("fault addr ")).unwrap_or_default();
    let address = fault.split(' ').next().unwrap_or_default();
    let fault = if address.starts_with("0x") { format!("{code} at {address}") } else { code };
    (signal, fault)
}

/// `google/bluejay/bluejay:16/BP3A.250905.014/13873947:user/release-keys`: maker, product, device, version, build.
pub(super) fn fingerprint(fingerprint: &str, found: &mut Found) {
    let mut parts = fingerprint.split('/');
    let (_maker, _product) = (parts.next(), parts.next());
    if let Some((device, version)) = parts.next().and_then(|part| part.split_once(':')) {
        (found.device_model, found.os_version) = (device.to_owned(), version.to_owned());
        found.os_build = parts.next().unwrap_or_default().to_owned();
    }
}

/// `2025-11-24 16:26:18.007439439+0100`
pub(super) fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text)
}

/// `#00 pc 0000000000012345  /path/lib.so (function+12) (BuildId: abc)`
pub(super) fn frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    number.parse::<u32>().ok()?;
    let rest = rest.trim_start().strip_prefix("pc ")?;
    let (address, rest) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
    let (place, notes) = rest.trim().split_once(" (").unwrap_or((rest.trim(), ""));
    let symbol = Some(notes).filter(|notes| !notes.starts_with("BuildId:") && !notes.starts_with("offset "));
    let symbol = symbol.map(|symbol| symbol.split(") (").next().unwrap_or_default().trim_end_matches(')'));
    let function = symbol.map_or("", |symbol| {
        let (name, offset) = symbol.rsplit_once('+').unwrap_or((symbol, ""));
        if offset.bytes().all(|byte| byte.is_ascii_digit()) { name } else { symbol }
    });
    Some(Frame {
        function: function.to_owned(),
        in_app: is_in_app(place),
        package: place.to_owned(),
        instruction_addr: from_hex(address),
        ..Frame::default()
    })
}

/// Whether a binary is the app's rather than the system's, by its path.
pub(super) fn is_in_app(path: &str) -> Option<bool> {
    if path.is_empty() || path == "<unknown>" {
        return None;
    }
    let system = ["/system/", "/apex/", "/vendor/", "/product/", "/odm/", "[vdso", "[anon:dalvik"];
    Some(!system.iter().any(|prefix| path.starts_with(prefix)))
}
