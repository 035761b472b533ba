//! `.crash`: Apple's older text, which other crash reporters write too.

use serde_json::{Value, json};

use super::{ips::time, is_in_app, os_of};
use crate::{
    crash::{
        CrashError,
        found::{Found, Frame, from_hex, hex},
    },
    limits,
};

/// Lines that are looked at.
const LINES: usize = 100_000;
/// Frames of one thread that are read.
const FRAMES: usize = 2000;

pub(in crate::crash) fn read(report: &[u8]) -> Result<Found, CrashError> {
    let text = String::from_utf8_lossy(report);
    let mut reading = Reading::default();
    for line in text.lines().take(LINES) {
        reading.line(line);
    }
    if !reading.is_report {
        let problem = "it has no line `Exception Type:` or `Incident Identifier:`".to_owned();
        return Err(CrashError { expected: "an Apple crash report as text", problem });
    }
    Ok(reading.finished())
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    /// A thread's frames; whether they are those that tell most.
    Thread {
        wanted: bool,
    },
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
    reason: String,
    /// From `Crashed Thread:`.
    crashed: Option<u64>,
    /// The next line is `Application Specific Information`'s.
    is_information: bool,
    has_last_exception: bool,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if self.begins_part(line) {
            return;
        }
        match self.part {
            Part::Head => self.head(line),
            Part::Thread { wanted: true } => {
                let room = self.found.frames.len() < FRAMES;
                self.found.frames.extend(frame(line).filter(|_| room));
            }
            Part::Images => {
                let room = self.found.images.len() < limits::DEBUG_IMAGES;
                self.found.images.extend(image(line).filter(|_| room));
            }
            Part::Thread { wanted: false } | Part::Other => {}
        }
    }

    fn begins_part(&mut self, line: &str) -> bool {
        if line.starts_with("Binary Images:") {
            self.part = Part::Images;
        } else if line.starts_with("Last Exception Backtrace:") {
            self.has_last_exception = true;
            self.found.frames.clear();
            self.part = Part::Thread { wanted: true };
        } else if let Some(rest) =
            line.strip_prefix("Thread ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let number: Option<u64> = digits.parse().ok();
            if rest.contains("Thread State") || rest.contains(" crashed with ") {
                self.part = Part::Other;
            } else if rest.contains(" name:")
                || rest.contains(" Dispatch queue:") && !rest.contains("Crashed")
            {
                if number == self.crashed {
                    self.found.thread_name =
                        rest.rsplit_once(':').map_or("", |(_, name)| name).trim().to_owned();
                }
            } else {
                let crashed = rest.contains("Crashed") || (number.is_some() && number == self.crashed);
                if crashed {
                    self.found.thread_id = number;
                }
                self.part = Part::Thread { wanted: crashed && !self.has_last_exception };
            }
        } else {
            return false;
        }
        true
    }

    fn head(&mut self, line: &str) {
        if std::mem::take(&mut self.is_information) && self.reason.is_empty() {
            self.reason = line.trim().to_owned();
            return;
        }
        let Some((name, value)) = line.split_once(':') else { return };
        let value = value.trim();
        match name.trim() {
            "Incident Identifier" => {
                self.is_report = true;
                self.found.event_id = value.parse().ok();
            }
            "Hardware Model" | "Model" => self.found.device_model = value.to_owned(),
            "Process" => self.found.app_name = value.split(" [").next().unwrap_or_default().to_owned(),
            "Identifier" => self.found.app_id = value.to_owned(),
            "Version" => match value.split_once(" (") {
                Some((version, build)) if version.contains(|c: char| c.is_ascii_digit()) => {
                    self.found.app_version = version.trim().to_owned();
                    self.found.app_build = build.trim_end_matches(')').trim().to_owned();
                }
                _ => self.found.app_version = value.to_owned(),
            },
            "Code Type" => {
                self.found.device_arch = value.split(' ').next().unwrap_or_default().to_lowercase();
            }
            "Date/Time" => self.found.timestamp = time(value),
            "OS Version" => {
                let (name, version, build) = os_of(value);
                (self.found.os_name, self.found.os_version, self.found.os_build) = (name, version, build);
            }
            "Exception Type" => {
                self.is_report = true;
                self.ty = value.to_owned();
            }
            "Exception Codes" | "Exception Subtype" if self.codes.is_empty() => self.codes = value.to_owned(),
            "Termination Reason" | "Exception Message" if self.reason.is_empty() => {
                self.reason = value.to_owned();
            }
            "Application Specific Information" => self.is_information = true,
            "Crashed Thread" | "Triggered by Thread" => {
                let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
                self.crashed = digits.parse().ok();
            }
            _ => {}
        }
    }

    fn finished(mut self) -> Found {
        self.found.platform = "cocoa";
        self.found.mechanism = "applecrashreport";
        // `EXC_BAD_ACCESS (SIGSEGV)`
        let (ty, signal) = match self.ty.split_once(" (") {
            Some((ty, signal)) => (ty.to_owned(), signal.trim_end_matches(')').to_owned()),
            None => (self.ty.clone(), String::new()),
        };
        let detail = if self.reason.is_empty() { self.codes } else { self.reason };
        self.found.value = if detail.is_empty() { self.ty } else { detail };
        self.found.signal =
            Some(json!({ "signal": { "name": if signal.is_empty() { &ty } else { &signal } } }));
        self.found.ty = if ty.is_empty() { "Crash".to_owned() } else { ty };
        self.found
    }
}

/// `10  YetAnotherMac   0x0000000108b7092b 0x10864e000 + 5384491` or `… -[Class method] + 64 (File.m:16)`.
fn frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().split_once(|c: char| c.is_whitespace());
    let (number, rest) = rest?;
    number.parse::<u32>().ok()?;
    // The binary's name may hold spaces: it ends where the address begins.
    let at = rest
        .find("0x")
        .filter(|at| rest.as_bytes().get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace))?;
    let (package, rest) = rest.split_at_checked(at)?;
    let (address, symbol) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
    let mut frame = Frame {
        package: package.trim().to_owned(),
        instruction_addr: Some(from_hex(address)?),
        ..Frame::default()
    };
    let mut symbol = symbol.trim();
    if let Some((before, place)) = symbol.rsplit_once(" (")
        && let Some((file, line)) = place.trim_end_matches(')').rsplit_once(':')
        && let Ok(line) = line.parse()
    {
        (frame.filename, frame.lineno, symbol) = (file.to_owned(), Some(line), before);
    }
    if !symbol.starts_with("0x") {
        frame.function = symbol.rsplit_once(" + ").map_or(symbol, |(name, _)| name).trim().to_owned();
    }
    Some(frame)
}

/// `0x10864e000 - 0x10ee0ffff +YetAnotherMac x86_64 (400.9.4) <2d903291397d3d14bfca52c7fb8c5e00> /Users/…`
fn image(line: &str) -> Option<Value> {
    let (start, rest) = line.trim().split_once(" - ")?;
    let (end, rest) = rest.trim_start().split_once(' ')?;
    let (start, end) = (from_hex(start)?, from_hex(end)?);
    let (names, rest) = rest.split_once('<')?;
    let (id, path) = rest.split_once('>')?;
    let uuid: uuid::Uuid = id.parse().ok()?;
    let name = names.trim().trim_start_matches('+').split(' ').next().unwrap_or_default();
    let path = path.trim();
    Some(json!({
        "type": "macho",
        "debug_id": uuid.to_string(),
        "code_file": if path.is_empty() { name } else { path },
        "image_addr": hex(start),
        "image_size": end.saturating_sub(start).saturating_add(1),
        "in_app": is_in_app(path),
    }))
}
