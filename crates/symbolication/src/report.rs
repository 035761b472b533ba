//! A crash in a file: which kind of file it is, the event in it, and that event symbolicated; all without a server.

use bytes::Bytes;
use mayday_event::{
    Entry, EventId, ProjectId, RawReport, Timestamp,
    capped::{InflateError, InflateLimits, inflate},
    crash::{self, CrashError, CrashFormat, glances},
    entries_of,
    model::{DebugImage, Event},
    normalize::{Arrival, EventError, event_from_json},
    raw::{Body, Format},
    wire::otlp::stack_event,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Artifacts,
    jvm::PROGUARD,
    minidump::{MinidumpError, UnwindTables},
    symbolicate,
};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A crash report of an operating system or of a crash reporter.
    Crash(CrashFormat),
    /// A Sentry event as JSON.
    Event,
    /// A Sentry envelope with an event.
    Envelope,
    /// A stack as a runtime prints it: Java, Kotlin, JavaScript, Hermes, Python, obfuscated Dart.
    StackText,
}

impl Kind {
    /// For people, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash(format) => format.expected(),
            Self::Event => "a Sentry event",
            Self::Envelope => "a Sentry envelope",
            Self::StackText => "a stack trace as text",
        }
    }
}

/// A crash out of a file.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the file is.
    pub kind: Kind,
    /// The crash, as far as the file says it.
    pub event: Event,
    /// The minidump that the event is of or came with.
    minidump: Option<Bytes>,
}

/// Why no crash can be read out of a file.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Compressed, and damaged or a bomb.
    #[error(transparent)]
    Inflate(#[from] InflateError),
    /// Of a kind that nothing is known about.
    #[error(
        "no crash report that is known: neither a minidump nor a report of iOS or Android, nor a Sentry event or envelope, nor a stack trace"
    )]
    Unknown,
    /// It begins like a known kind, and is not readable as one.
    #[error(transparent)]
    Crash(#[from] CrashError),
    /// Like an event, and none.
    #[error(transparent)]
    Event(#[from] EventError),
    /// An envelope without an event that can be read.
    #[error("the envelope has no event: {0}")]
    Envelope(String),
}

/// Compressed files inflate to at most this many times their size: dumps of idle memory compress very well.
const INFLATE_RATIO: usize = 1_000;
/// Longest stack in text that is looked at, bytes; the rest is not.
const TEXT_BYTES: usize = 1 << 20;
/// Largest inflated file, bytes.
const INFLATED_BYTES: usize = 1 << 30;

impl Report {
    /// Finds out what a file is, gzip and zstd undone, and reads the crashes in it: at least one, and several only of MetricKit
    /// payloads and envelopes. `received` stands in where a report does not say when it happened.
    pub fn read(file: Bytes, received: Timestamp) -> Result<Vec<Self>, ReportError> {
        let file = inflated(file)?;
        if let Some(format) = CrashFormat::detect(&file) {
            return of_crash(format, &file, received);
        }
        let object: Option<Value> = serde_json::from_slice(&file).ok().filter(Value::is_object);
        match (object, file.trim_ascii_start().first()) {
            (Some(event), _) => Ok(vec![of_event(&event, &file, received)?]),
            (None, Some(b'{')) => of_envelope(&file, received),
            _ => of_stack_text(&file, received),
        }
    }

    /// Lets the mapping with the nil id count for a JVM's crash that names none, as stacks in text do.
    pub fn assume_mapping(&mut self) {
        let event = &mut self.event;
        let is_named = event.debug_images.iter().any(|image| image.ty == PROGUARD);
        if !is_named && matches!(event.platform.as_str(), "java" | "android" | "kotlin") {
            let debug_id = Some(Uuid::nil().to_string());
            let image = DebugImage { ty: PROGUARD.to_owned(), debug_id, ..DebugImage::default() };
            event.debug_images.push(image);
        }
    }

    /// Symbolicates the crash, again from what the file says if it was done before.
    pub fn symbolicate(
        &mut self,
        artifacts: &dyn Artifacts,
        tables: &UnwindTables,
    ) -> Result<(), MinidumpError> {
        symbolicate(&mut self.event, self.minidump.as_deref(), artifacts, tables, &[])
    }
}

fn inflated(file: Bytes) -> Result<Bytes, InflateError> {
    let encoding = match file.get(..4) {
        Some([0x1f, 0x8b, ..]) => "gzip",
        Some([0x28, 0xb5, 0x2f, 0xfd]) => "zstd",
        _ => return Ok(file),
    };
    let limits =
        InflateLimits { inflated_bytes: INFLATED_BYTES, ratio: INFLATE_RATIO, ..InflateLimits::default() };
    inflate(file, encoding, &limits)
}

fn of_crash(format: CrashFormat, file: &Bytes, received: Timestamp) -> Result<Vec<Report>, ReportError> {
    let glances = glances(format, file)?;
    let reports = glances.into_iter().enumerate().map(|(place, glance)| {
        let event = Value::from(glance.event);
        let arrival = arrival(&event, crash::id_of_part(file, place), received);
        Ok(Report {
            kind: Kind::Crash(format),
            event: event_from_json(event.to_string().as_bytes(), &arrival)?,
            minidump: (format == CrashFormat::Minidump).then(|| file.clone()),
        })
    });
    reports.collect()
}

fn of_event(event: &Value, file: &[u8], received: Timestamp) -> Result<Report, ReportError> {
    const FIELDS: [&str; 6] = ["event_id", "exception", "threads", "stacktrace", "platform", "message"];
    if !FIELDS.iter().any(|field| event.get(field).is_some()) {
        return Err(ReportError::Unknown);
    }
    let event = event_from_json(file, &arrival(event, crash::id_of(file), received))?;
    Ok(Report { kind: Kind::Event, event, minidump: None })
}

fn of_stack_text(file: &[u8], received: Timestamp) -> Result<Vec<Report>, ReportError> {
    let text = file.get(..TEXT_BYTES).unwrap_or(file);
    let event = std::str::from_utf8(text).ok().and_then(stack_event).ok_or(ReportError::Unknown)?;
    let event = Value::from(event);
    let arrival = arrival(&event, crash::id_of(file), received);
    let event = event_from_json(event.to_string().as_bytes(), &arrival)?;
    Ok(vec![Report { kind: Kind::StackText, event, minidump: None }])
}

fn of_envelope(file: &Bytes, received: Timestamp) -> Result<Vec<Report>, ReportError> {
    let report = RawReport {
        project_id: ProjectId(0),
        key_id: 0,
        received,
        event_id: crash::id_of(file),
        remote_addr: None,
        client: None,
        format: Format::Envelope,
        encoding: String::new(),
        body: Body::Inline(file.clone()),
        counted: Vec::new(),
        limited: Vec::new(),
    };
    let entries = entries_of(&report, file.clone(), &InflateLimits::default());
    let entries = entries.map_err(|error| ReportError::Envelope(error.to_string()))?;
    let dump_of = |id: EventId| {
        entries.iter().find_map(|entry| match entry {
            Entry::Attachment(file) if file.event_id == id && file.attachment_type == "event.minidump" => {
                Some(file.content.clone())
            }
            _ => None,
        })
    };
    let events = entries.iter().filter_map(|entry| match entry {
        Entry::Event(event) => {
            Some(Report { kind: Kind::Envelope, minidump: dump_of(event.event_id), event: (**event).clone() })
        }
        _ => None,
    });
    let events: Vec<Report> = events.collect();
    let problem = entries.iter().find_map(|entry| match entry {
        Entry::Invalid { detail, .. } => Some(detail.clone()),
        _ => None,
    });
    match events.is_empty() {
        true => Err(ReportError::Envelope(problem.unwrap_or_else(|| "it holds other things".to_owned()))),
        false => Ok(events),
    }
}

/// As if it had arrived when it happened: old files keep their time.
fn arrival(event: &Value, id: EventId, received: Timestamp) -> Arrival {
    let said = match event.get("timestamp") {
        Some(Value::String(text)) => Timestamp::parse(text),
        Some(number) => number.as_f64().and_then(Timestamp::from_seconds),
        None => None,
    };
    let stated = event.get("event_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    Arrival {
        event_id: stated.unwrap_or(id),
        received: said.unwrap_or(received),
        sent_at: None,
        remote_addr: None,
        client: None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::json;

    use super::*;

    const RECEIVED: Timestamp = Timestamp(1_795_492_921_500);

    fn read(file: impl Into<Vec<u8>>) -> Result<Vec<Report>, ReportError> {
        Report::read(Bytes::from(file.into()), RECEIVED)
    }

    #[test]
    fn events_envelopes_and_crash_reports_are_told_apart() {
        let event = json!({ "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "message": "m",
            "timestamp": "2019-01-01T00:00:00Z" });
        let reports = read(event.to_string()).unwrap();
        assert_eq!(reports[0].kind, Kind::Event);
        assert_eq!(
            reports[0].event.timestamp.to_string(),
            "2019-01-01T00:00:00.000Z",
            "old files keep their time"
        );
        let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
        assert_eq!(read(envelope).unwrap()[0].kind, Kind::Envelope);
        let anr = "----- pid 1 at 2026-11-20 -----\nCmd line: com.example.shop\n\"main\" prio=5 tid=1 Native\n  at a.B.c(B.java:1)\n";
        assert_eq!(read(anr).unwrap()[0].kind, Kind::Crash(CrashFormat::Anr));
    }

    #[test]
    fn stacks_as_runtimes_print_them_are_read() {
        let java = "Exception in thread \"main\" com.shop.PriceException: no price\n\tat com.shop.Cart.add(Cart.java:12)\n";
        let report = &read(java).unwrap()[0];
        assert_eq!((report.kind, report.event.platform.as_str()), (Kind::StackText, "java"));
        assert_eq!(report.event.exception[0].ty.as_deref(), Some("PriceException"));
        let hermes = "TypeError: no price\n    at add (address at index.android.bundle:1:1234)\n";
        let frame = &read(hermes).unwrap()[0].event.exception[0].stacktrace.clone().unwrap().frames[0];
        assert_eq!((frame.filename.as_deref(), frame.colno), (Some("index.android.bundle"), Some(1234)));
    }

    #[test]
    fn obfuscated_dart_has_frames_and_the_binary_that_they_lie_in() {
        let text = "E/flutter ( 4711): [ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: Instance of 'aB'\n\
            Warning: This VM has been configured to produce stack traces that violate the Dart standard.\n\
            E/flutter ( 4711): *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***\n\
            E/flutter ( 4711): pid: 21545, tid: 21545, name io.flutter.1.ui\n\
            os: android arch: arm64 comp: yes sim: no\n\
            build_id: '43cadd54ea30a3c8fb63dcef9cd66f7e'\n\
            isolate_dso_base: 7a0b3d6000, vm_dso_base: 7a0b3d6000\n\
            isolate_instructions: 7a0b4e5000, vm_instructions: 7a0b4da000\n    \
            #00 abs 0000007a0b5cd1b3 virt 00000000001f71b3 _kDartIsolateSnapshotInstructions+0x111b33\n\
            <asynchronous suspension>\n    \
            #01 abs 0000007a0b5cd100 virt 00000000001f7100 _kDartIsolateSnapshotInstructions+0x111a80\n";
        let report = &read(text).unwrap()[0];
        let event = &report.event;
        assert_eq!((report.kind, event.platform.as_str()), (Kind::StackText, "dart"));
        assert_eq!(event.exception[0].value.as_deref(), Some("Instance of 'aB'"));
        let image = &event.debug_images[0];
        assert_eq!((image.ty.as_str(), image.arch.as_deref()), ("elf", Some("arm64")));
        assert_eq!(
            crate::ImageId::from(image).debug_id.unwrap().to_string(),
            "54ddca43-30ea-c8a3-fb63-dcef9cd66f7e"
        );
        let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
        assert_eq!(frames.last().unwrap().instruction_addr.as_deref(), Some("0x7a0b5cd1b3"));
        assert_eq!(frames[0].image_addr.as_deref(), Some("0x7a0b3d6000"));
    }

    #[test]
    fn compressed_files_are_read_as_what_is_in_them() {
        let event = json!({ "message": "m", "platform": "native" }).to_string();
        let zstd = zstd::encode_all(event.as_bytes(), 1).unwrap();
        assert_eq!(read(zstd).unwrap()[0].kind, Kind::Event);
        let mut gzip = gzip_stored(event.as_bytes());
        assert_eq!(read(gzip.clone()).unwrap()[0].kind, Kind::Event);
        gzip.truncate(12);
        assert!(matches!(read(gzip), Err(ReportError::Inflate(_))));
    }

    /// gzip without compression, so that no encoder is needed.
    fn gzip_stored(content: &[u8]) -> Vec<u8> {
        let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
        let length = u16::try_from(content.len()).unwrap();
        gzip.write_all(&length.to_le_bytes()).unwrap();
        gzip.write_all(&(!length).to_le_bytes()).unwrap();
        gzip.extend_from_slice(content);
        let mut crc = !0_u32;
        for byte in content {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        gzip.extend((!crc).to_le_bytes());
        gzip.extend(u32::from(length).to_le_bytes());
        gzip
    }

    #[test]
    fn what_is_no_crash_says_so() {
        assert!(matches!(read("hello"), Err(ReportError::Unknown)));
        assert!(matches!(read(""), Err(ReportError::Unknown)));
        assert!(matches!(read("{\"a\":1}"), Err(ReportError::Unknown)));
        assert!(matches!(read("MDMP"), Err(ReportError::Crash(_))));
        let session = "{}\n{\"type\":\"client_report\"}\n{}\n";
        assert!(matches!(read(session), Err(ReportError::Envelope(_))));
    }
}
