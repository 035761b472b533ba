//! What was found in a crash report.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{ids::EventId, limits, time::Timestamp};

/// Frames of one stack that are taken, from both ends: normalisation keeps fewer and says so.
const FRAMES: usize = 2 * limits::FRAMES;
/// Threads that are taken.
const THREADS: usize = 2 * limits::THREADS;

/// A crash report as far as it was read. Empty texts were not found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// `native`, `cocoa` or `java`.
    pub(super) platform: &'static str,
    pub(super) event_id: Option<EventId>,
    pub(super) timestamp: Option<Timestamp>,
    /// Of the exception: `EXC_BAD_ACCESS`, `SIGSEGV`, `NSRangeException` …
    pub(super) ty: String,
    pub(super) value: String,
    /// How the crash was noticed: `minidump`, `applecrashreport`, `tombstone` …
    pub(super) mechanism: &'static str,
    /// More about why, for people.
    pub(super) description: String,
    /// The mechanism's `meta`: signal and Mach exception.
    pub(super) meta: Map<String, Value>,
    /// The app went on: a report that was asked for.
    pub(super) went_on: bool,
    /// Where an exception was raised, the innermost call first; empty where the thread that crashed says it.
    pub(super) raised: Vec<Frame>,
    pub(super) threads: Vec<Thread>,
    pub(super) app: App,
    pub(super) os: Os,
    pub(super) device_model: String,
    pub(super) device_arch: String,
    pub(super) images: Vec<Image>,
}

#[derive(Debug, Default)]
pub(super) struct App {
    /// Bundle id or package.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) build: String,
}

#[derive(Debug, Default)]
pub(super) struct Os {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) build: String,
}

/// One thread.
#[derive(Debug, Default)]
pub(super) struct Thread {
    pub(super) id: Option<u64>,
    pub(super) name: String,
    pub(super) state: String,
    /// The one that the report is about.
    pub(super) is_crashed: bool,
    pub(super) is_main: bool,
    /// The innermost call first, as crash reports have it.
    pub(super) frames: Vec<Frame>,
    pub(super) registers: Vec<(String, u64)>,
}

/// One frame.
#[derive(Debug, Default, Clone)]
pub(super) struct Frame {
    pub(super) function: String,
    /// Java class.
    pub(super) module: String,
    /// Binary.
    pub(super) package: String,
    pub(super) filename: String,
    pub(super) lineno: Option<u64>,
    pub(super) address: Option<u64>,
    /// The image that the address counts from, by its place among them.
    pub(super) relative_to: Option<usize>,
    pub(super) in_app: Option<bool>,
    /// Native code in a stack of Java.
    pub(super) is_native: bool,
    /// How sure it is: `context` …
    pub(super) trust: &'static str,
    pub(super) lock: Option<Lock>,
}

/// A monitor that a thread holds or waits for.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    /// As `model::Lock` counts them.
    pub(super) ty: u8,
    pub(super) address: String,
    /// With its package.
    pub(super) class: String,
    /// Who holds it.
    pub(super) thread_id: Option<u64>,
}

/// A binary.
#[derive(Debug, Default)]
pub(super) struct Image {
    pub(super) ty: &'static str,
    pub(super) debug_id: String,
    pub(super) code_id: String,
    pub(super) code_file: String,
    pub(super) debug_file: String,
    pub(super) arch: String,
    pub(super) address: Option<u64>,
    pub(super) size: u64,
}

impl Found {
    pub(super) fn crashed(&self) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.is_crashed)
    }

    /// Puts frames into the binaries that their addresses are in, and says whose these are.
    pub(super) fn place_frames(&mut self, in_app: impl Fn(&str) -> Option<bool>) {
        let mut images: Vec<&Image> = self.images.iter().filter(|image| image.address.is_some()).collect();
        images.sort_by_key(|image| image.address);
        let image_at = |address: u64| {
            let after = images.partition_point(|image| image.address.is_some_and(|start| start <= address));
            let image = images.get(after.checked_sub(1)?)?;
            (address - image.address? < image.size).then_some(*image)
        };
        let frames = self.threads.iter_mut().flat_map(|thread| &mut thread.frames).chain(&mut self.raised);
        for frame in frames {
            if let Some(image) = frame.address.and_then(image_at) {
                frame.package.clone_from(&image.code_file);
            }
            frame.in_app = frame.in_app.or_else(|| in_app(&frame.package));
        }
    }

    /// Adds a thread, its frames from both ends.
    pub(super) fn add_thread(&mut self, mut thread: Thread) {
        both_ends(&mut thread.frames);
        if self.threads.len() < THREADS || thread.is_crashed {
            self.threads.push(thread);
        }
    }

    /// The binary of this path and build id (in hexadecimal, or empty), added if it is not there; where it was loaded is
    /// not known.
    pub(super) fn elf_image(&mut self, path: &str, build_id: &str) -> usize {
        let is_it = |image: &Image| image.code_file == path && image.code_id == build_id;
        self.images.iter().position(is_it).unwrap_or_else(|| {
            self.images.push(Image::elf(path, build_id));
            self.images.len() - 1
        })
    }
}

/// Leaves out what is between the ends of a deep stack.
pub(super) fn both_ends(frames: &mut Vec<Frame>) {
    let surplus = frames.len().saturating_sub(FRAMES);
    if surplus > 0 {
        frames.drain(FRAMES / 2..FRAMES / 2 + surplus);
    }
}

impl Image {
    pub(super) fn elf(path: &str, build_id: &str) -> Self {
        let bytes = ::hex::decode(build_id).unwrap_or_default();
        let debug_id = if bytes.is_empty() { String::new() } else { elf_debug_id(&bytes).to_string() };
        Self {
            ty: "elf",
            code_file: path.to_owned(),
            code_id: build_id.to_owned(),
            debug_id,
            ..Self::default()
        }
    }

    pub(super) fn mach_o(uuid: Uuid) -> Self {
        Self {
            ty: "macho",
            debug_id: uuid.to_string(),
            code_id: uuid.simple().to_string(),
            ..Self::default()
        }
    }
}

/// As symbol files are found by: the first 16 bytes of a build id, read as a GUID.
pub(crate) fn elf_debug_id(build_id: &[u8]) -> Uuid {
    let mut first = [0; 16];
    for (to, from) in first.iter_mut().zip(build_id) {
        *to = *from;
    }
    Uuid::from_bytes_le(first)
}

/// `0x…`
pub(super) fn hex(number: u64) -> String {
    format!("{number:#x}")
}

/// A number in hexadecimal digits, `0x` before them or not.
pub(super) fn from_hex(text: &str) -> Option<u64> {
    let text = text.trim();
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}
