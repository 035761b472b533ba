//! Minidumps: the streams that say what crashed on what, and the modules.
//!
//! <https://learn.microsoft.com/windows/win32/api/minidumpapiset/>, and Breakpad's `minidump_format.h` for the systems
//! besides Windows. Every read is checked against the file's end; stacks are symbolication's to unwind.

use serde_json::{Value, json};

use super::{
    CrashError,
    found::{Found, hex},
    minidump_codes::{Reason, reason},
};
use crate::limits;

const SIGNATURE: u32 = 0x504d_444d;
/// Streams that are looked at.
const STREAMS: u32 = 128;
const MODULE_LIST: u32 = 4;
const EXCEPTION: u32 = 6;
const SYSTEM_INFO: u32 = 7;
const MODULE_BYTES: usize = 108;
/// Longest name of a module, bytes of UTF-16.
const NAME_BYTES: usize = 2048;

/// The system of a minidump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Windows,
    Apple,
    Unix,
    Unknown,
}

pub(super) fn read(dump: &[u8]) -> Result<Found, CrashError> {
    let dump = Dump { bytes: dump };
    let error = |problem: &str| CrashError { expected: "a minidump", problem: problem.to_owned() };
    match dump.u32(0) {
        Some(SIGNATURE) => {}
        Some(other) if other.swap_bytes() == SIGNATURE => return Err(error("big-endian ones are not read")),
        _ => return Err(error("it does not begin with MDMP")),
    }
    let (count, directory) =
        dump.u32(8).zip(dump.u32(12)).ok_or_else(|| error("it ends within its header"))?;
    let mut found = Found { platform: "native", mechanism: "minidump", ..Found::default() };
    let stream = |wanted: u32| {
        (0..count.min(STREAMS)).find_map(|index| {
            let at = (directory as usize).checked_add(index as usize * 12)?;
            let (ty, length, offset) = (dump.u32(at)?, dump.u32(at + 4)?, dump.u32(at + 8)?);
            (ty == wanted && offset > 0).then_some((offset as usize, length as usize))
        })
    };
    let system = stream(SYSTEM_INFO).map_or(System::Unknown, |(at, _)| dump.system(at, &mut found));
    match stream(EXCEPTION) {
        Some((at, _)) => dump.exception(at, system, &mut found),
        None => found.ty = "Minidump".to_owned(),
    }
    if let Some((at, length)) = stream(MODULE_LIST) {
        found.images = dump.modules(at, length, system);
    }
    Ok(found)
}

struct Dump<'a> {
    bytes: &'a [u8],
}

impl Dump<'_> {
    fn slice(&self, at: usize, length: usize) -> Option<&[u8]> {
        self.bytes.get(at..at.checked_add(length)?)
    }

    fn u16(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(self.slice(at, 2)?.try_into().ok()?))
    }

    fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.slice(at, 4)?.try_into().ok()?))
    }

    fn u64(&self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.slice(at, 8)?.try_into().ok()?))
    }

    fn system(&self, at: usize, found: &mut Found) -> System {
        let arch = match self.u16(at) {
            Some(0) => "x86",
            Some(5) => "arm",
            Some(9) => "x86_64",
            Some(12 | 0x8003) => "arm64",
            _ => "",
        };
        found.device_arch = arch.to_owned();
        let (name, system) = match self.u32(at + 20) {
            Some(1 | 2) => ("Windows", System::Windows),
            Some(0x8101) => ("macOS", System::Apple),
            Some(0x8102) => ("iOS", System::Apple),
            Some(0x8201) => ("Linux", System::Unix),
            Some(0x8203) => ("Android", System::Unix),
            Some(0x8202) => ("Solaris", System::Unix),
            _ => ("", System::Unknown),
        };
        found.os_name = name.to_owned();
        if let (Some(major), Some(minor), Some(build)) =
            (self.u32(at + 8), self.u32(at + 12), self.u32(at + 16))
            && major > 0
        {
            found.os_version = format!("{major}.{minor}.{build}");
        }
        system
    }

    fn exception(&self, at: usize, system: System, found: &mut Found) {
        found.thread_id = self.u32(at).map(u64::from);
        let (code, flags) = (self.u32(at + 8).unwrap_or(0), self.u32(at + 12).unwrap_or(0));
        let mut address = self.u64(at + 24).unwrap_or(0);
        let parameters = self.u32(at + 32).unwrap_or(0);
        let parameter = |index: u32| {
            (index < parameters.min(15)).then(|| self.u64(at + 40 + index as usize * 8)).flatten()
        };
        let access = parameter(0);
        if let (System::Windows, Some(accessed)) = (system, parameter(1)) {
            address = accessed;
        }
        let Reason { ty, detail, signal } = reason(system, code, flags, access);
        found.value = match detail {
            Some(detail) => format!("{detail} at {}", hex(address)),
            None => format!("{ty} at {}", hex(address)),
        };
        found.ty = ty;
        found.signal = signal;
    }

    fn modules(&self, at: usize, length: usize, system: System) -> Vec<Value> {
        let count = self.u32(at).unwrap_or(0) as usize;
        // Some writers align the list to eight bytes.
        let is_aligned =
            count.checked_mul(MODULE_BYTES).and_then(|bytes| bytes.checked_add(8)) == Some(length);
        let first = at + if is_aligned { 8 } else { 4 };
        let count = count.min(limits::DEBUG_IMAGES);
        (0..count).filter_map(|index| self.module(first + index * MODULE_BYTES, system)).collect()
    }

    fn module(&self, at: usize, system: System) -> Option<Value> {
        let (base, size) = (self.u64(at)?, self.u32(at + 8)?);
        let (stamp, name) = (self.u32(at + 16)?, self.text(self.u32(at + 20)? as usize));
        let (cv_size, cv_at) = (self.u32(at + 76)? as usize, self.u32(at + 80)? as usize);
        let ty = match system {
            System::Windows => "pe",
            System::Apple => "macho",
            System::Unix | System::Unknown => "elf",
        };
        let mut image = json!({
            "type": ty,
            "code_file": name.unwrap_or_default(),
            "image_addr": hex(base),
            "image_size": size,
        });
        if let Some(CodeView { debug_id, code_id, debug_file }) = self.code_view(cv_at, cv_size, system) {
            image["debug_id"] = debug_id.into();
            if let Some(file) = debug_file {
                image["debug_file"] = file.into();
            }
            if let Some(code_id) = code_id {
                image["code_id"] = code_id.into();
            }
        }
        if system == System::Windows {
            image["code_id"] = format!("{stamp:08x}{size:x}").into();
        }
        Some(image)
    }

    /// A UTF-16 text behind its length in bytes.
    fn text(&self, at: usize) -> Option<String> {
        let length = (self.u32(at)? as usize).min(NAME_BYTES);
        let units = self.slice(at + 4, length)?.chunks_exact(2);
        let units: Vec<u16> = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        Some(String::from_utf16_lossy(&units))
    }

    fn code_view(&self, at: usize, size: usize, system: System) -> Option<CodeView> {
        let record = self.slice(at, size.min(NAME_BYTES))?;
        match record.get(..4)? {
            b"RSDS" => {
                let guid: [u8; 16] = record.get(4..20)?.try_into().ok()?;
                let age = u32::from_le_bytes(record.get(20..24)?.try_into().ok()?);
                let file = record.get(24..)?.split(|byte| *byte == 0).next().unwrap_or_default();
                let id = uuid::Uuid::from_bytes_le(guid);
                let suffix = if age == 0 { String::new() } else { format!("-{age:x}") };
                let code_id = (system == System::Apple).then(|| id.simple().to_string());
                Some(CodeView {
                    debug_id: format!("{id}{suffix}"),
                    code_id,
                    debug_file: Some(String::from_utf8_lossy(file).into_owned()),
                })
            }
            // An ELF build id: its first 16 bytes, read as a GUID, are the debug id.
            b"LEpB" => {
                let build_id = record.get(4..)?;
                let mut guid = [0; 16];
                for (byte, given) in guid.iter_mut().zip(build_id) {
                    *byte = *given;
                }
                let debug_id = uuid::Uuid::from_bytes_le(guid).to_string();
                Some(CodeView { debug_id, code_id: Some(::hex::encode(build_id)), debug_file: None })
            }
            _ => None,
        }
    }
}

struct CodeView {
    debug_id: String,
    code_id: Option<String>,
    debug_file: Option<String>,
}
