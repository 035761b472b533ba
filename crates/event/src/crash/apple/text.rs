//! `.crash`: Apple's older text, which other crash reporters write too.

use uuid::Uuid;

use super::{arch_of, os_of, reason::Reason, time};
use crate::{
    crash::found::{Found, Frame, Image, Thread, both_ends, from_hex},
    limits,
};

/// Lines that are looked at.
const LINES: usize = 100_000;
/// Longest text of `Application Specific Information`, bytes.
const INFORMATION_BYTES: usize = limits::MESSAGE_BYTES;

/// Reads a report; the error says what is missing.
pub(super) fn read(text: &str) -> Result<Found, String> {
    let mut reading = Reading::default();
    for line in text.lines().take(LINES) {
        reading.line(line.trim_end());
    }
    if !reading.is_report {
        return Err("it has no line `Exception Type:` or `Incident Identifier:`".to_owned());
    }
    Ok(reading.finished())
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    Information,
    LastException,
    Thread,
    Registers,
    Images,
    Other,
}

#[derive(Debug, Default)]
struct Reading {
    found: Found,
    part: Part,
    is_report: bool,
    ty: String,
    codes: String,
    subtype: String,
    termination: String,
    information: String,
    /// From `Crashed Thread:`; the mark at the thread itself counts more.
    crashed: Option<u64>,
    /// Of a thread that comes next.
    name: Option<(u64, String)>,
    thread: Option<Thread>,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if self.begins_part(line) {
            return;
        }
        match self.part {
            Part::Head => self.head(line),
            Part::Information => {
                let room = INFORMATION_BYTES.saturating_sub(self.information.len());
                let (kept, _) = line.split_at(line.floor_char_boundary(room));
                self.information.push_str(kept);
                self.information.push('\n');
            }
            Part::LastException => self.last_exception(line),
            Part::Thread => {
                if let Some(thread) = &mut self.thread {
                    thread.frames.extend(frame(line));
                }
            }
            Part::Registers => {
                let crashed = self.found.threads.iter_mut().find(|thread| thread.is_crashed);
                if let Some(thread) = crashed.filter(|thread| thread.registers.len() < limits::REGISTERS) {
                    registers(line, &mut thread.registers);
                }
            }
            Part::Images => {
                let room = self.found.images.len() < limits::DEBUG_IMAGES;
                self.found.images.extend(image(line).filter(|_| room));
            }
            Part::Other => {}
        }
    }

    /// Whether a line is the first of a part; all parts but the head end at an empty line.
    fn begins_part(&mut self, line: &str) -> bool {
        if line.is_empty() {
            self.end_thread();
            self.part = match self.part {
                // Blank lines divide the head, and may stand within what an app says.
                Part::Head | Part::Images => self.part,
                Part::Information => Part::Head,
                _ => Part::Other,
            };
            return true;
        }
        if line.starts_with("Binary Images:") {
            self.part = Part::Images;
        } else if line.starts_with("Last Exception Backtrace:") {
            self.part = Part::LastException;
        } else if line.starts_with("Application Specific Information:") {
            self.part = Part::Information;
        } else if let Some(rest) = line.strip_prefix("Thread ") {
            return self.thread_line(rest);
        } else {
            return false;
        }
        true
    }

    /// `0 Crashed:`, `0 name:  Dispatch queue: com.apple.main-thread`, `0 Crashed:: Dispatch queue: …`, `0:: name`, `0 crashed
    /// with ARM Thread State (64-bit):`
    fn thread_line(&mut self, rest: &str) -> bool {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let Some((number, rest)) = rest.split_at_checked(digits) else { return false };
        let Ok(number) = number.parse::<u64>() else { return false };
        if rest.contains("Thread State") || rest.starts_with(" crashed with ") {
            self.end_thread();
            self.part = Part::Registers;
            return true;
        }
        if let Some(name) = rest.strip_prefix(" name:") {
            self.name = Some((number, thread_name(name)));
            return true;
        }
        self.end_thread();
        let (mark, name) = rest.split_once(':').unwrap_or((rest, ""));
        let told = self.name.take().filter(|(of, _)| *of == number).map(|(_, name)| name);
        self.thread = Some(Thread {
            id: Some(number),
            name: told.unwrap_or_else(|| thread_name(name)),
            is_crashed: mark.trim() == "Crashed",
            is_main: number == 0,
            ..Thread::default()
        });
        self.part = Part::Thread;
        true
    }

    fn end_thread(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.found.add_thread(thread);
        }
    }

    /// Frames like those of a thread, or addresses alone: `(0x1b9d2ec04 0x1048b4c1c)`.
    fn last_exception(&mut self, line: &str) {
        let raised = &mut self.found.raised;
        if line.starts_with('(') {
            let addresses = line.trim_matches(['(', ')']).split_whitespace().filter_map(from_hex);
            raised.extend(addresses.map(|address| Frame { address: Some(address), ..Frame::default() }));
        } else {
            raised.extend(frame(line));
        }
    }

    fn head(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else { return };
        let (found, value) = (&mut self.found, value.trim());
        match name.trim() {
            "Incident Identifier" => {
                self.is_report = true;
                found.event_id = value.parse().ok();
            }
            "Hardware Model" | "Model" => found.device_model = value.to_owned(),
            "Process" => found.app.name = value.split(" [").next().unwrap_or_default().to_owned(),
            "Identifier" => found.app.id = value.to_owned(),
            "Version" => (found.app.version, found.app.build) = version(value),
            "Code Type" => found.device_arch = arch_of(value),
            "Date/Time" => found.timestamp = time(value),
            "OS Version" => found.os = os_of(value),
            "Exception Type" => {
                self.is_report = true;
                value.clone_into(&mut self.ty);
            }
            "Exception Codes" => value.clone_into(&mut self.codes),
            "Exception Subtype" | "Exception Message" => value.clone_into(&mut self.subtype),
            "Termination Reason" => value.clone_into(&mut self.termination),
            "Crashed Thread" | "Triggered by Thread" => {
                let digits = value.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                self.crashed = digits.parse().ok();
            }
            _ => {}
        }
    }

    fn finished(mut self) -> Found {
        self.end_thread();
        let mut found = self.found;
        (found.platform, found.mechanism) = ("cocoa", "applecrashreport");
        both_ends(&mut found.raised);
        if found.crashed().is_none()
            && let Some(thread) = found.threads.iter_mut().find(|thread| thread.id == self.crashed)
        {
            thread.is_crashed = true;
        }
        // `EXC_BAD_ACCESS (SIGSEGV)`, or either.
        let (ty, signal) = match self.ty.split_once(" (") {
            Some((ty, signal)) => (ty.to_owned(), signal.trim_end_matches(')').to_owned()),
            None => (self.ty.clone(), self.ty),
        };
        // `0x0000000000000001, 0x0000000000000000` says nothing to people.
        let codes = Some(self.codes).filter(|codes| !codes.starts_with("0x")).unwrap_or_default();
        let reason = Reason {
            ty,
            signal,
            subtype: if self.subtype.is_empty() { codes } else { self.subtype },
            raised: None,
            message: self.information.trim().to_owned(),
            termination: self.termination,
        };
        reason.tell(&mut found);
        found
    }
}

/// `4.2 (420)`, `420 (4.2)` of old systems, or one alone.
fn version(value: &str) -> (String, String) {
    match value.split_once(" (") {
        // The marketing version has dots where only one of both has.
        Some((first, second)) => {
            let (first, second) = (first.trim(), second.trim_end_matches(')').trim());
            let (version, build) = match (first.contains('.'), second.contains('.')) {
                (false, true) => (second, first),
                _ => (first, second),
            };
            let said = |text: &str| if text == "???" { String::new() } else { text.to_owned() };
            (said(version), said(build))
        }
        None => (value.to_owned(), String::new()),
    }
}

/// `  Dispatch queue: com.apple.main-thread` is named by its queue.
fn thread_name(text: &str) -> String {
    let text = text.trim_start_matches(':').trim();
    let name = text.rsplit("Dispatch queue: ").map(str::trim).find(|part| !part.is_empty());
    name.unwrap_or_default().to_owned()
}

/// `10  YetAnotherMac   0x0000000108b7092b 0x10864e000 + 5384491` or `… -[Class method] + 64 (File.m:16)`.
fn frame(line: &str) -> Option<Frame> {
    let (number, rest) = line.trim_start().split_once(|c: char| c.is_whitespace())?;
    number.parse::<u32>().ok()?;
    // The binary's name may hold spaces: it ends where the address begins.
    let (package, rest) = rest
        .match_indices("0x")
        .find_map(|(at, _)| rest.split_at_checked(at))
        .filter(|(package, _)| package.is_empty() || package.ends_with(|c: char| c.is_whitespace()))?;
    let (address, symbol) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut frame =
        Frame { package: package.trim().to_owned(), address: Some(from_hex(address)?), ..Frame::default() };
    let mut symbol = symbol.trim();
    if let Some((before, place)) = symbol.rsplit_once(" (")
        && let Some((file, line)) = place.trim_end_matches(')').rsplit_once(':')
        && let Ok(line) = line.parse()
    {
        (frame.filename, frame.lineno, symbol) = (file.to_owned(), Some(line), before);
    }
    // A plain name and offset, or the image's start and offset, which is no name.
    let name = symbol.rsplit_once(" + ").map_or(symbol, |(name, _)| name).trim();
    if !name.starts_with("0x") && name != frame.package {
        name.clone_into(&mut frame.function);
    }
    // In no binary.
    if frame.package == "???" {
        frame.package.clear();
    }
    Some(frame)
}

/// `    x0: 0x0000000000000000   x1: 0x0000000000000000`
fn registers(line: &str, registers: &mut Vec<(String, u64)>) {
    let mut words = line.split_whitespace();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        let Some((name, value)) = name.strip_suffix(':').zip(from_hex(value)) else { return };
        registers.push((name.to_owned(), value));
    }
}

/// `0x10864e000 - 0x10ee0ffff +YetAnotherMac x86_64 (400.9.4) <2d903291397d3d14bfca52c7fb8c5e00> /Users/…`
fn image(line: &str) -> Option<Image> {
    let (start, rest) = line.trim().split_once(" - ")?;
    let (end, rest) = rest.trim_start().split_once(' ')?;
    let (start, end) = (from_hex(start)?, from_hex(end)?);
    let (names, rest) = rest.split_once('<')?;
    let (id, path) = rest.split_once('>')?;
    let uuid: Uuid = id.parse().ok()?;
    let names = names.trim().trim_start_matches('+');
    let before_version = names.split(" (").next().unwrap_or_default();
    let (name, arch) = before_version.rsplit_once(' ').unwrap_or((before_version, ""));
    let path = path.trim();
    Some(Image {
        code_file: if path.is_empty() { name.trim().to_owned() } else { path.to_owned() },
        arch: arch.to_owned(),
        address: Some(start),
        size: end.saturating_sub(start).saturating_add(1),
        ..Image::mach_o(uuid)
    })
}
