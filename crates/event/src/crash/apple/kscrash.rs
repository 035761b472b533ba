//! KSCrash's reports, which several iOS crash reporters write: one JSON document.
//!
//! <https://github.com/kstenerud/KSCrash>, `KSCrashReportFields.h`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::found::{App, Found, Frame, Image, Os, Thread, hex};
use crate::{limits, time::Timestamp};

pub(in crate::crash) fn read(report: &[u8]) -> Result<Found, String> {
    let report: Value =
        serde_json::from_slice(report).map_err(|error| format!("no JSON document: {error}"))?;
    // A report that failed to be written whole holds what was written of another.
    let whole = report.get("crash").is_some();
    let report = if whole { &report } else { report.get("recrash_report").unwrap_or(&report) };
    if report.pointer("/crash/error").is_none() {
        return Err("it has no crash.error".to_owned());
    }
    let mut found = KsCrash { report }.found();
    let process = found.app.name.clone();
    found.place_frames(|package| super::is_in_app(package, &process));
    Ok(found)
}

struct KsCrash<'a> {
    report: &'a Value,
}

impl KsCrash<'_> {
    fn text(&self, pointer: &str) -> String {
        self.report.pointer(pointer).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    }

    fn list(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        self.report.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
    }

    fn found(&self) -> Found {
        let mut found = Found {
            platform: "cocoa",
            mechanism: "kscrash",
            event_id: self.text("/report/id").parse().ok(),
            timestamp: self.report.pointer("/report/timestamp").and_then(time),
            app: App {
                id: self.text("/system/CFBundleIdentifier"),
                name: self.text("/system/CFBundleExecutable"),
                version: self.text("/system/CFBundleShortVersionString"),
                build: self.text("/system/CFBundleVersion"),
            },
            os: Os {
                name: self.text("/system/system_name"),
                version: self.text("/system/system_version"),
                build: self.text("/system/os_version"),
            },
            device_model: self.text("/system/machine"),
            device_arch: self.text("/system/cpu_arch"),
            images: self.list("/binary_images").filter_map(image).take(limits::DEBUG_IMAGES).collect(),
            ..Found::default()
        };
        self.reason(&mut found);
        for thread in self.list("/crash/threads") {
            found.add_thread(self::thread(thread));
        }
        found
    }

    /// By the kind of error, each of which keeps what it knows in a place of its own.
    fn reason(&self, found: &mut Found) {
        let error = |name: &str| self.text(&format!("/crash/error/{name}"));
        let signal = error("signal/name");
        let mach = error("mach/exception_name");
        let number = self.report.pointer("/crash/error/signal/signal").cloned();
        if !signal.is_empty() {
            let meta = json!({ "name": signal, "number": number, "code_name": error("signal/code_name") });
            found.meta.insert("signal".to_owned(), meta);
        }
        if !mach.is_empty() {
            let meta = json!({ "name": mach, "code_name": error("mach/code_name") });
            found.meta.insert("mach_exception".to_owned(), meta);
        }
        let address = self.report.pointer("/crash/error/address").and_then(Value::as_u64);
        let reason = error("reason");
        let (ty, value) = match error("type").as_str() {
            "nsexception" => (error("nsexception/name"), filled(error("nsexception/reason"), reason)),
            "cpp_exception" => (plain_cpp(&error("cpp_exception/name")), reason),
            "user" => (error("user_reported/name"), reason),
            "deadlock" => ("Deadlock".to_owned(), "main thread does not respond".to_owned()),
            "memory_termination" => {
                let level = error("memory_termination/memory_level");
                ("OutOfMemory".to_owned(), format!("ended by the system; memory was {level}"))
            }
            _ => {
                let code = filled(error("mach/code_name"), error("signal/code_name"));
                let at = address.map(|address| format!(" at {}", hex(address))).unwrap_or_default();
                (mach.clone(), filled(reason, format!("{code}{at}").trim().to_owned()))
            }
        };
        found.ty = filled(filled(ty, mach), signal);
        found.value = value;
        found.description = self.text("/crash/diagnosis");
    }
}

fn filled(text: String, other: String) -> String {
    if text.is_empty() { other } else { text }
}

/// `11MyException`: a C++ type's name as compilers write it, its length before it.
fn plain_cpp(name: &str) -> String {
    let letters = name.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let length = name.strip_suffix(letters).and_then(|digits| digits.parse::<usize>().ok());
    if length == Some(letters.len()) { letters.to_owned() } else { name.to_owned() }
}

/// Text, seconds, or, in newer reports, microseconds.
fn time(time: &Value) -> Option<Timestamp> {
    const MICROSECONDS: i64 = 100_000_000_000_000;
    match time {
        Value::String(text) => Timestamp::parse(text),
        time => match time.as_i64()? {
            time if time >= MICROSECONDS => Some(Timestamp(time / 1000)),
            time if time > 0 => Some(Timestamp(time.saturating_mul(1000))),
            _ => None,
        },
    }
}

fn thread(thread: &Value) -> Thread {
    let text = |name: &str| thread[name].as_str().unwrap_or_default();
    let queue = text("dispatch_queue");
    let index = thread["index"].as_u64();
    let frames = thread.pointer("/backtrace/contents").and_then(Value::as_array);
    let registers = thread.pointer("/registers/basic").and_then(Value::as_object);
    let registers = registers.into_iter().flatten();
    Thread {
        id: index,
        name: if text("name").is_empty() { queue } else { text("name") }.to_owned(),
        is_crashed: thread["crashed"].as_bool() == Some(true),
        is_main: index == Some(0) || queue == "com.apple.main-thread",
        frames: frames.into_iter().flatten().map(frame).collect(),
        registers: registers
            .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
            .take(limits::REGISTERS)
            .collect(),
        ..Thread::default()
    }
}

fn frame(frame: &Value) -> Frame {
    let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
    Frame {
        function: text("symbol_name"),
        package: text("object_name"),
        address: frame["instruction_addr"].as_u64(),
        ..Frame::default()
    }
}

fn image(image: &Value) -> Option<Image> {
    let uuid: Uuid = image["uuid"].as_str()?.parse().ok()?;
    let cpu = |name: &str| image[name].as_i64().and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    Some(Image {
        code_file: image["name"].as_str().unwrap_or_default().to_owned(),
        arch: super::mach_arch(cpu("cpu_type"), cpu("cpu_subtype")).to_owned(),
        address: image["image_addr"].as_u64(),
        size: image["image_size"].as_u64().unwrap_or(0),
        ..Image::mach_o(uuid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_cpp_lose_their_lengths() {
        assert_eq!(plain_cpp("11MyException"), "MyException");
        assert_eq!(plain_cpp("St13runtime_error"), "St13runtime_error");
        assert_eq!(plain_cpp("9Other"), "9Other");
    }

    #[test]
    fn times_are_text_seconds_or_microseconds() {
        let time = |value: Value| time(&value).map(|time| time.to_string());
        assert_eq!(time(json!("2016-11-07T23:17:23Z")).as_deref(), Some("2016-11-07T23:17:23.000Z"));
        assert_eq!(time(json!(1_716_226_564)).as_deref(), Some("2024-05-20T17:36:04.000Z"));
        assert_eq!(time(json!(1_716_226_564_474_658_i64)).as_deref(), Some("2024-05-20T17:36:04.474Z"));
    }
}
