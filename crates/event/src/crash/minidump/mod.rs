//! Minidumps: what crashed on what, where, and the modules.
//!
//! <https://learn.microsoft.com/windows/win32/api/minidumpapiset/>, and Breakpad's `minidump_format.h` for the systems
//! besides Windows. Every read is checked against the file's end; stacks are symbolication's to unwind.

mod codes;
mod modules;

use self::codes::{Crash, Reason, reason};
use super::found::{Found, Frame, Thread};
use crate::{system_code, time::Timestamp};

const SIGNATURE: u32 = 0x504d_444d;
/// Streams that are looked at.
const STREAMS: u32 = 256;
const MODULE_LIST: u32 = 4;
const EXCEPTION: u32 = 6;
const SYSTEM_INFO: u32 = 7;
const THREAD_NAMES: u32 = 24;
/// Thread names that are looked at.
const NAMES: usize = 4096;
/// Longest text, bytes of UTF-16.
const TEXT_BYTES: usize = 2048;

/// The system of a minidump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Windows,
    Apple,
    Unix,
    Unknown,
}

pub(super) fn read(dump: &[u8]) -> Result<Found, String> {
    let dump = Dump { bytes: dump };
    match dump.u32(0) {
        Some(SIGNATURE) => {}
        Some(other) if other.swap_bytes() == SIGNATURE => {
            return Err("big-endian ones are not read".to_owned());
        }
        _ => return Err("it does not begin with MDMP".to_owned()),
    }
    let count = dump.u32(8).ok_or("it ends within its header")?;
    let directory = dump.offset(12).ok_or("it ends within its header")?;
    let streams = Streams { dump: &dump, count, directory };
    let mut found = Found { platform: "native", mechanism: "minidump", ..Found::default() };
    let written = dump.u32(20).filter(|seconds| *seconds > 0);
    found.timestamp = written.map(|seconds| Timestamp(i64::from(seconds) * 1000));
    let (system, arch) =
        streams.find(SYSTEM_INFO).map_or((System::Unknown, u16::MAX), |at| dump.system(at.start, &mut found));
    if let Some(at) = streams.find(MODULE_LIST) {
        found.images = dump.modules(at, system);
    }
    match streams.find(EXCEPTION) {
        Some(at) => {
            let names = streams.find(THREAD_NAMES);
            dump.exception(at.start, system, arch, names.map(|at| at.start), &mut found);
        }
        None => "Minidump".clone_into(&mut found.ty),
    }
    // The executable is the first of the modules.
    let main = found.images.first().map(|image| image.code_file.clone()).unwrap_or_default();
    crate::file_name(&main).clone_into(&mut found.app.name);
    found.place_frames(system_code::is_own_binary);
    Ok(found)
}

/// Where a stream lies.
#[derive(Debug, Clone, Copy)]
struct Extent {
    start: usize,
    length: usize,
}

struct Streams<'a> {
    dump: &'a Dump<'a>,
    count: u32,
    directory: usize,
}

impl Streams<'_> {
    fn find(&self, wanted: u32) -> Option<Extent> {
        (0..self.count.min(STREAMS)).find_map(|index| {
            let at = self.directory.checked_add(index as usize * 12)?;
            let (ty, length, start) =
                (self.dump.u32(at)?, self.dump.offset(at + 4)?, self.dump.offset(at + 8)?);
            (ty == wanted && start > 0).then_some(Extent { start, length })
        })
    }
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

    /// A 32-bit offset or length.
    fn offset(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// A UTF-16 text behind its length in bytes.
    fn text(&self, at: usize) -> Option<String> {
        let length = self.offset(at)?.min(TEXT_BYTES);
        let units = self.slice(at.checked_add(4)?, length)?.chunks_exact(2);
        let units: Vec<u16> = units.filter_map(|unit| unit.try_into().ok()).map(u16::from_le_bytes).collect();
        Some(String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned())
    }

    /// The system, and the processor's number.
    fn system(&self, at: usize, found: &mut Found) -> (System, u16) {
        let processor = self.u16(at).unwrap_or(u16::MAX);
        let arch = match processor {
            0 => "x86",
            5 => "arm",
            9 => "x86_64",
            12 | 0x8003 => "arm64",
            _ => "",
        };
        arch.clone_into(&mut found.device_arch);
        let (name, system) = match self.u32(at + 20) {
            Some(1 | 2) => ("Windows", System::Windows),
            Some(0x8101) => ("macOS", System::Apple),
            Some(0x8102) => ("iOS", System::Apple),
            Some(0x8201) => ("Linux", System::Unix),
            Some(0x8203) => ("Android", System::Unix),
            Some(0x8205) => ("Fuchsia", System::Unix),
            _ => ("", System::Unknown),
        };
        name.clone_into(&mut found.os.name);
        let part = |offset: usize| self.u32(at + offset).unwrap_or(0);
        if part(8) > 0 {
            found.os.version = format!("{}.{}.{}", part(8), part(12), part(16));
        }
        let more = self.offset(at + 24).filter(|at| *at > 0).and_then(|at| self.text(at)).unwrap_or_default();
        match more.strip_prefix("Linux ").and_then(|uname| uname.split_once(' ')) {
            // What uname says: `4.9.60-linuxkit #1 SMP Mon Nov 6 16:00:12 UTC 2017 x86_64`.
            Some((version, build)) => {
                let (build, _) = build.rsplit_once(' ').unwrap_or((build, ""));
                (found.os.version, found.os.build) = (version.to_owned(), build.to_owned());
            }
            None => found.os.build = more,
        }
        (system, processor)
    }

    fn exception(&self, at: usize, system: System, arch: u16, names: Option<usize>, found: &mut Found) {
        let thread_id = self.u32(at);
        let parameters = self.u32(at + 32).unwrap_or(0).min(15);
        let parameter =
            |index: u32| (index < parameters).then(|| self.u64(at + 40 + index as usize * 8)).flatten();
        let crash = Crash {
            code: self.u32(at + 8).unwrap_or(0),
            flags: self.u32(at + 12).unwrap_or(0),
            address: self.u64(at + 24).unwrap_or(0),
            access: parameter(0).zip(parameter(1)),
        };
        let Reason { ty, value, meta } = reason(system, &crash);
        (found.ty, found.value) = (ty, value);
        found.meta = meta;
        let context = self.offset(at + 164);
        // Windows says itself where it was.
        let said = (system == System::Windows).then_some(crash.address);
        let address = context.and_then(|at| self.program_counter(at, arch)).or(said).filter(|pc| *pc > 0);
        let frame =
            address.map(|address| Frame { address: Some(address), trust: "context", ..Frame::default() });
        let name = thread_id.zip(names).and_then(|(id, at)| self.thread_name(at, id));
        found.add_thread(Thread {
            id: thread_id.map(u64::from),
            name: name.unwrap_or_default(),
            is_crashed: true,
            frames: frame.into_iter().collect(),
            ..Thread::default()
        });
    }

    /// Of a thread's context, which each processor lays out in its own way.
    fn program_counter(&self, at: usize, arch: u16) -> Option<u64> {
        match arch {
            0 => self.u32(at.checked_add(184)?).map(u64::from),
            5 => self.u32(at.checked_add(64)?).map(u64::from),
            9 => self.u64(at.checked_add(248)?),
            12 | 0x8003 => self.u64(at.checked_add(264)?),
            _ => None,
        }
    }

    fn thread_name(&self, at: usize, thread: u32) -> Option<String> {
        let count = self.offset(at)?.min(NAMES);
        (0..count).find_map(|index| {
            let entry = at.checked_add(4 + index * 12)?;
            let name = usize::try_from(self.u64(entry + 4)?).ok()?;
            (self.u32(entry)? == thread).then(|| self.text(name))?
        })
    }
}
