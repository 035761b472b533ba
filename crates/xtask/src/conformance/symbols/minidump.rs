//! Minidumps of a small crashing program: every frame of the thread that crashed, with the symbols that Symbolicator had.
//!
//! Symbolicator writes the address of the call over that of the return where it found symbols; mayday keeps what the dump
//! says, from which symbolication can start again. So addresses are compared where there are no symbols.

use std::{fs, path::Path};

use anyhow::Context;
use mayday_event::model::{Frame, Stacktrace};

use super::{Outcome, snapshot, symbolicated};

pub(super) fn check(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    ["linux", "macos", "windows"].into_iter().map(|system| dump(fixtures, system)).collect()
}

fn dump(fixtures: &Path, system: &str) -> anyhow::Result<Outcome> {
    let folder = fixtures.join("minidump");
    let expected = fs::read_to_string(folder.join(format!("{system}.expected.snap")))?;
    let report = symbolicated(&folder.join(format!("{system}.dmp")), &fixtures.join("symbols"))?;
    let expected = snapshot::threads(&expected);
    let expected =
        expected.into_iter().find(|thread| thread.is_requesting).context("no thread that crashed")?;
    let expected: Vec<String> = expected
        .frames
        .iter()
        .map(|frame| {
            line(&frame.instruction_addr, &frame.function, &frame.filename, &frame.lineno, &frame.trust)
        })
        .collect();
    let stack = report.event.exception.last().and_then(|exception| exception.stacktrace.as_ref());
    let mut outcome = Outcome::new(format!("minidump/{system}.dmp"));
    outcome.compare_all("frame", &expected, &stack.map(found).unwrap_or_default());
    Ok(outcome)
}

/// The innermost first.
fn found(stack: &Stacktrace) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let frame = |frame: &Frame| {
        let number = frame.lineno.map(|line| line.to_string()).unwrap_or_default();
        let (address, trust) = (text(&frame.instruction_addr), text(&frame.trust));
        line(&address, &text(&frame.function), &text(&frame.filename), &number, &trust)
    };
    stack.frames.iter().rev().map(frame).collect()
}

fn line(address: &str, function: &str, file: &str, number: &str, trust: &str) -> String {
    let address = if function.is_empty() { address } else { "" };
    format!("{address} {function} {file}:{number} ({trust})")
}
