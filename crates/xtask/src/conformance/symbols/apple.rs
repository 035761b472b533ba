//! Crash reports of iOS and macOS: what a person would read off, and Symbolicator's result of a text report.
//!
//! Names and lines that only the report has are no difference: Symbolicator drops them, mayday keeps what the device knew.

use std::{fs, path::Path};

use mayday_event::model::{Event, Stacktrace, Thread};

use super::{Outcome, snapshot, symbolicated};

pub(super) fn check(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    let mut outcomes = vec![text_report(fixtures)?];
    let facts = [
        (
            "kscrash-processed.json",
            "MyException: Something bad happened... | org.stenerud.Crash-Tester@1.0+1.0 | iOS 10.1 | 6 threads, 220 images",
        ),
        (
            "kscrash-oom.json",
            "OutOfMemory: ended by the system; memory was terminal | com.apple.dt.xctest.tool@15.4+22720 | visionOS 1.1 | 0 threads, 0 images",
        ),
    ];
    for (file, expected) in facts {
        let report = symbolicated(&fixtures.join("apple").join(file), &fixtures.join("symbols"))?;
        let mut outcome = Outcome::new(format!("apple/{file}"));
        outcome.compare("event", expected, &facts_of(&report.event));
        outcomes.push(outcome);
    }
    let file = "fuzz_report.plcrash";
    let report = symbolicated(&fixtures.join("apple").join(file), &fixtures.join("symbols"))?;
    let mut outcome = Outcome::new(format!("apple/{file}"));
    outcome.compare("has threads", "true", &(!report.event.threads.is_empty()).to_string());
    outcome.compare("has images", "true", &(!report.event.debug_images.is_empty()).to_string());
    outcomes.push(outcome);
    Ok(outcomes)
}

fn facts_of(event: &Event) -> String {
    let exception = event.exception.last();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let os = |field: &str| {
        event.contexts.get("os").and_then(|os| os[field].as_str()).unwrap_or_default().to_owned()
    };
    format!(
        "{}: {} | {} | {} {} | {} threads, {} images",
        text(exception.and_then(|exception| exception.ty.as_ref())),
        text(exception.and_then(|exception| exception.value.as_ref())),
        text(event.release.as_ref()),
        os("name"),
        os("version"),
        event.threads.len(),
        event.debug_images.len()
    )
}

/// Addresses and binaries of every thread.
fn text_report(fixtures: &Path) -> anyhow::Result<Outcome> {
    let folder = fixtures.join("apple");
    let expected = snapshot::threads(&fs::read_to_string(folder.join("apple_crash_report.expected.snap"))?);
    let report = symbolicated(&folder.join("apple_crash_report.txt"), &fixtures.join("symbols"))?;
    let mut outcome = Outcome::new("apple/apple_crash_report.txt");
    for (index, expected) in expected.iter().enumerate() {
        let expected: Vec<String> = expected
            .frames
            .iter()
            .map(|frame| format!("{} {}", frame.instruction_addr, base(&frame.package)))
            .collect();
        let thread = report.event.threads.get(index);
        let stack = thread.and_then(|thread| stack_of(thread, &report.event));
        let found = stack.map(found).unwrap_or_default();
        outcome.compare_all(&format!("thread {index} frame"), &expected, &found);
    }
    Ok(outcome)
}

/// The stack of the thread that crashed is its exception's.
fn stack_of<'a>(thread: &'a Thread, event: &'a Event) -> Option<&'a Stacktrace> {
    thread.stacktrace.as_ref().or_else(|| event.exception.last()?.stacktrace.as_ref())
}

fn found(stack: &Stacktrace) -> Vec<String> {
    let frames = stack.frames.iter().rev().map(|frame| {
        let address = frame.instruction_addr.clone().unwrap_or_default();
        format!("{address} {}", base(frame.package.as_deref().unwrap_or_default()))
    });
    frames.collect()
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
