//! From an address in a binary to frames.

use std::collections::BTreeMap;

use mayday_event::model::Frame;
use symbolic::{common::InstructionInfo, symcache::SymCache};

use super::{images::Found, names::Names, place::number};
use crate::Status;

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
    /// The frames at an address counted from the start of the binary, the outermost first; none if no function is there.
    pub(super) fn frames(
        &self,
        frame: &Frame,
        (image, address): (usize, u64),
        start: Option<u64>,
        found: &Found,
        names: &mut Names,
    ) -> Vec<Frame> {
        let Some(cache) = found.cache() else { return Vec::new() };
        let address = self.call_address(address, start, &cache);
        let named = names.at(image, address, start, &cache);
        let knows_more = frame.lineno.is_some() && frame.function.as_deref().is_some_and(super::is_name);
        if knows_more && named.iter().all(|named| named.lineno.is_none()) {
            // A mere symbol table says less than the device did.
            return vec![super::unresolved(
                frame.clone(),
                Status::Found,
                "the debug file has no line here",
                None,
            )];
        }
        named.iter().rev().map(|named| named.frame(frame, found)).collect()
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
