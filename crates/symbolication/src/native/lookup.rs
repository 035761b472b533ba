//! From an address in a binary to frames.

use std::collections::BTreeMap;

use mayday_event::{limits, model::Frame};
use symbolic::{
    common::{InstructionInfo, Language},
    symcache::{SourceLocation, SymCache},
};

use super::{demangle, images::Found, place::number};
use crate::{Status, outcome};

/// Calls inlined into each other at one address; more are a damaged file.
const INLINED_DEPTH: usize = 64;

/// What else decides which instruction a frame stands at.
pub(super) struct Lookup<'a> {
    /// It is the innermost frame of its stack.
    pub(super) is_top: bool,
    /// The address is that of the call already.
    pub(super) is_exact: bool,
    pub(super) registers: &'a BTreeMap<String, String>,
    pub(super) signal: Option<u32>,
}

impl Lookup<'_> {
    /// The frames at an address counted from the binary's start, the outermost first; none if no function is there.
    pub(super) fn frames(
        &self,
        frame: &Frame,
        address: u64,
        start: Option<u64>,
        found: &Found,
    ) -> Vec<Frame> {
        let Some(cache) = found.cache() else { return Vec::new() };
        let address = self.call_address(address, start, &cache);
        let locations = cache.lookup(address).take(INLINED_DEPTH);
        let frames = locations.map(|location| resolved(frame, &location, start, &found.source));
        let mut frames: Vec<Frame> = frames.collect();
        let knows_more = frame.lineno.is_some() && frame.function.as_deref().is_some_and(super::is_name);
        if knows_more && frames.iter().all(|frame| frame.lineno.is_none()) {
            // A mere symbol table says less than the device did.
            return vec![super::unresolved(frame, Status::Found, "the debug file has no line here", None)];
        }
        frames.reverse();
        frames
    }

    /// All but the innermost frame hold return addresses, which may already belong to the next line or function: the call
    /// is before it.
    fn call_address(&self, address: u64, start: Option<u64>, cache: &SymCache<'_>) -> u64 {
        let arch = cache.arch();
        let register = arch.cpu_family().ip_register_name().and_then(|name| self.registers.get(name));
        let register = register.and_then(|value| number(value)).filter(|_| self.is_top);
        let mut info = InstructionInfo::new(arch, address);
        info.is_crashing_frame(self.is_top)
            .signal(self.signal)
            .ip_register_value(register.map(|value| value.wrapping_sub(start.unwrap_or(0))));
        match address {
            // Nothing is before it.
            ..8 => address,
            _ if self.is_exact => info.aligned_address(),
            _ => info.caller_address(),
        }
    }
}

fn resolved(frame: &Frame, location: &SourceLocation<'_, '_>, start: Option<u64>, source: &str) -> Frame {
    let function = location.function();
    let mut frame = frame.clone();
    demangle::name_frame(&mut frame, function.name(), function.language());
    let path = location.file().map(|file| file.full_path()).filter(|path| !path.is_empty());
    frame.filename = path.as_deref().map(|path| cut(file_name(path), limits::PATH_BYTES));
    frame.abs_path = path.map(|path| cut(&path, limits::PATH_BYTES));
    frame.lineno = Some(location.line()).filter(|line| *line > 0);
    frame.colno = None;
    let entry = function.entry_pc();
    // That of an inlined call is nowhere.
    let entry = (entry != u32::MAX).then(|| start?.checked_add(u64::from(entry))).flatten();
    frame.symbol_addr = entry.map(|entry| format!("{entry:#x}"));
    let language = function.language();
    frame.lang = (language != Language::Unknown).then(|| language.name().to_owned());
    frame.symbolication = Some(outcome::found(source));
    frame
}

/// Debug files come from Windows too.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

pub(super) fn cut(text: &str, most: usize) -> String {
    text.split_at(text.floor_char_boundary(most)).0.to_owned()
}
