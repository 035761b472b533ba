//! What Android's reports share: processes, builds and frames.

use super::found::{Found, Frame, from_hex};
use crate::{system_code, time::Timestamp};

/// A process is named by its package, with its own name behind a colon.
pub(super) fn process(name: &str, found: &mut Found) {
    let package = name.split([':', ' ']).next().unwrap_or_default();
    name.clone_into(&mut found.app.name);
    if package.contains('.') && !package.contains('/') {
        package.clone_into(&mut found.app.id);
    }
}

/// `google/bluejay/bluejay:16/BP3A.250905.014/13873947:user/release-keys`: maker, product, device, version, build.
pub(super) fn fingerprint(fingerprint: &str, found: &mut Found) {
    let mut parts = fingerprint.trim().trim_matches('\'').split('/');
    let (_maker, _product) = (parts.next(), parts.next());
    if let Some((device, version)) = parts.next().and_then(|part| part.split_once(':')) {
        (found.device_model, found.os.version) = (device.to_owned(), version.to_owned());
        found.os.build = parts.next().unwrap_or_default().to_owned();
    }
}

/// `2025-11-24 16:26:18.007439439+0100`
pub(super) fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text)
}

/// A frame, and the build id of its binary: `#00 pc 0000000000012345  /path/lib.so (function+12) (BuildId: abc)`. Its
/// address counts from where the binary was loaded.
pub(super) fn frame(line: &str) -> Option<(Frame, &str)> {
    let rest = line.trim_start().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    number.parse::<u32>().ok()?;
    let rest = rest.trim_start().strip_prefix("pc ")?;
    let (address, rest) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
    let (place, notes) = match rest.trim().split_once(" (") {
        Some((place, notes)) => (place, notes.strip_suffix(')').unwrap_or(notes)),
        None => (rest.trim(), ""),
    };
    let (notes, build_id) = match notes.rsplit_once("BuildId: ") {
        Some((notes, build_id)) => (notes.trim_end_matches(") ("), build_id),
        None => (notes, ""),
    };
    let frame = Frame {
        function: function(notes).to_owned(),
        in_app: system_code::is_own_binary(place),
        package: place.to_owned(),
        address: from_hex(address),
        ..Frame::default()
    };
    Some((frame, build_id))
}

/// Of notes such as `offset 0x1000) (deleted) (function(args)+12`: only a function's may hold brackets.
fn function(notes: &str) -> &str {
    let mut notes = notes;
    while notes.starts_with("offset ") || notes.starts_with("deleted") {
        notes = notes.split_once(") (").map_or("", |(_, rest)| rest);
    }
    match notes.rsplit_once('+') {
        Some((name, offset)) if offset.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_keep_their_brackets() {
        let function = |notes: &str| {
            let line = format!("      #03 pc 000000000004df5c  /apex/libc.so {notes}");
            let (frame, build_id) = frame(&line).unwrap();
            format!("{} [{build_id}]", frame.function)
        };
        assert_eq!(function("(syscall+28) (BuildId: 01ab)"), "syscall [01ab]");
        assert_eq!(
            function("(__futex_wait_ex(void volatile*, bool)+144) (BuildId: 01)"),
            "__futex_wait_ex(void volatile*, bool) [01]"
        );
        assert_eq!(function("(offset 0x1000) (a::b(int)+4)"), "a::b(int) []");
        assert_eq!(function("(BuildId: 01)"), " [01]");
        assert_eq!(
            function("(void* std::f<void (a::*)(), a*>(void*)+80) (BuildId: 0a)"),
            "void* std::f<void (a::*)(), a*>(void*) [0a]"
        );
        assert_eq!(function(""), " []");
    }
}
