//! Android's tombstones as text (`/data/tombstones/tombstone_00`, and what logcat shows of them).

use serde_json::json;

use super::{
    android,
    found::{Found, Frame, Thread, from_hex, hex},
};
use crate::limits;

/// Lines that are looked at.
const LINES: usize = 100_000;

pub(super) fn read(report: &[u8]) -> Result<Found, String> {
    let text = String::from_utf8_lossy(report);
    let found = Found { platform: "native", mechanism: "tombstone", ..Found::default() };
    let mut reading = Reading { found, ..Reading::default() };
    reading.found.os.name = "Android".to_owned();
    for line in text.lines().take(LINES).map(plain) {
        reading.line(line);
    }
    if !reading.is_tombstone {
        let problem = "it has neither a build fingerprint nor a signal nor a backtrace".to_owned();
        return Err(problem);
    }
    Ok(reading.finished())
}

#[derive(Debug, Default)]
struct Reading {
    found: Found,
    is_tombstone: bool,
    signal: Signal,
    abort: String,
    thread: Option<Thread>,
    /// The thread has its frames; what looks like some after that is something else.
    has_frames: bool,
}

#[derive(Debug, Default)]
struct Signal {
    name: String,
    code: String,
    fault: Option<u64>,
    number: u32,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if line.starts_with("pid:") && line.contains(">>>") {
            self.begin_thread(line);
        } else if let Some((frame, build_id)) = android::frame(line) {
            self.frame(frame, build_id);
        } else if let Some(rest) = line.strip_prefix("Build fingerprint:") {
            self.is_tombstone = true;
            android::fingerprint(rest, &mut self.found);
        } else if line.starts_with("backtrace:") {
            self.is_tombstone = true;
        } else if line.starts_with("signal ") {
            self.is_tombstone = true;
            self.signal = Signal::of(line);
        } else if let Some(rest) = line.strip_prefix("Timestamp:") {
            self.found.timestamp = android::time(rest);
        } else if let Some(rest) = line.strip_prefix("ABI:") {
            rest.trim().trim_matches('\'').clone_into(&mut self.found.device_arch);
        } else if let Some(rest) = line.strip_prefix("Cmdline:") {
            android::process(rest.trim(), &mut self.found);
        } else if let Some(rest) = line.strip_prefix("Abort message:") {
            rest.trim().trim_matches(['\'', '"']).clone_into(&mut self.abort);
        } else if let Some(rest) = line.strip_prefix("Cause:") {
            rest.trim().clone_into(&mut self.found.description);
        } else {
            self.other(line);
        }
    }

    /// Registers before the frames; anything after them ends these.
    fn other(&mut self, line: &str) {
        let Some(thread) = &mut self.thread else { return };
        if !thread.frames.is_empty() {
            self.has_frames |= !line.trim_start().starts_with("NOTE:");
        } else if line.starts_with("    ") && thread.registers.len() < limits::REGISTERS {
            registers(line, &mut thread.registers);
        }
    }

    /// `pid: 5113, tid: 5113, name: main  >>> com.example <<<`
    fn begin_thread(&mut self, line: &str) {
        self.end_thread();
        let field = |name: &str| {
            let (_, rest) = line.split_once(name)?;
            Some(rest.split([',', '>']).next().unwrap_or_default().trim().to_owned())
        };
        let tid = field("tid:");
        // The first is the one that crashed.
        let is_crashed = self.found.threads.is_empty();
        self.thread = Some(Thread {
            id: tid.as_ref().and_then(|tid| tid.parse().ok()),
            name: field("name:").unwrap_or_default(),
            is_main: tid == field("pid:"),
            is_crashed,
            ..Thread::default()
        });
        self.has_frames = false;
        if is_crashed && let Some((_, name)) = line.split_once(">>> ") {
            android::process(name.split(" <<<").next().unwrap_or_default().trim(), &mut self.found);
        }
    }

    fn frame(&mut self, mut frame: Frame, build_id: &str) {
        if !self.has_frames {
            frame.relative_to = Some(self.found.elf_image(&frame.package, build_id));
            let thread = self.thread.get_or_insert_with(|| Thread { is_crashed: true, ..Thread::default() });
            thread.frames.push(frame);
        }
    }

    fn end_thread(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.found.add_thread(thread);
        }
    }

    fn finished(mut self) -> Found {
        self.end_thread();
        let (mut found, Signal { name, code, fault, number }) = (self.found, self.signal);
        let fault = fault.map(|address| format!("{code} at {}", hex(address)));
        found.value = if self.abort.is_empty() { fault.unwrap_or_else(|| code.clone()) } else { self.abort };
        if !name.is_empty() {
            let signal = json!({ "number": number, "name": name, "code_name": code });
            found.meta.insert("signal".to_owned(), signal);
        }
        found.ty = name;
        found
    }
}

/// Without what logcat puts before it.
fn plain(line: &str) -> &str {
    let line = line.trim_end();
    line.split_once("DEBUG   : ").or_else(|| line.split_once(" F DEBUG : ")).map_or(line, |(_, rest)| rest)
}

impl Signal {
    /// `signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x8`
    fn of(line: &str) -> Self {
        let name = |part: &str| {
            let (_, rest) = part.split_once('(')?;
            Some(rest.split([')', ' ']).next().unwrap_or_default().to_owned())
        };
        let mut parts = line.split(", ");
        let signal = parts.next().unwrap_or_default();
        let code = parts.next().and_then(name).unwrap_or_default();
        let fault = parts.find_map(|part| part.strip_prefix("fault addr "));
        let number = signal.split(' ').nth(1).and_then(|number| number.parse().ok());
        Self {
            name: name(signal).unwrap_or_default(),
            code,
            fault: fault.and_then(|fault| from_hex(fault.split(' ').next()?)),
            number: number.unwrap_or_default(),
        }
    }
}

/// `    x0  0000000000000000  x1  0000000000000008`
fn registers(line: &str, registers: &mut Vec<(String, u64)>) {
    let mut words = line.split_whitespace();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        let is_name = name.len() <= 5 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let Some(value) = from_hex(value).filter(|_| is_name) else { return };
        registers.push((name.to_owned(), value));
    }
}
