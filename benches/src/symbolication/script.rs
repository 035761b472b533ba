//! Frames of a minified script, with its source map.

use std::fmt::Write;

use anyhow::ensure;
use mayday_symbolication::{js::source_map_cache, symbolicate_managed};
use serde_json::{Value, json};

use super::{One, SymbolicationArgs, event_of, frames_per_second, jvm::GOAL};
use crate::{
    dice::Dice,
    table::{Goal, Table},
};

const FILES: usize = 500;
const FUNCTIONS: usize = 40;
const FRAMES: usize = 50;
pub(crate) const URL: &str = "app:///index.android.bundle";
/// Where in a function's text it throws.
pub(crate) const THROW: usize = 16;

pub(super) fn measure(args: &SymbolicationArgs, table: &mut Table) -> anyhow::Result<()> {
    let Script { minified, map, columns } = Script::new()?;
    let artifacts = One::new(source_map_cache(&minified, map.to_string().as_bytes())?);
    let mut dice = Dice::seeded(1);
    let mut frame = || {
        let column = columns[dice.below(columns.len() as u64) as usize] + THROW;
        json!({ "abs_path": URL, "function": "f", "lineno": 1, "colno": column + 1 })
    };
    let frames: Vec<Value> = (0..FRAMES).map(|_| frame()).collect();
    let event = event_of(&json!({
        "platform": "javascript", "release": "shop@1",
        "exception": { "values": [{ "type": "Error", "stacktrace": { "frames": frames } }] },
    }))?;
    let mut symbolicated = event.clone();
    symbolicate_managed(&mut symbolicated, &artifacts);
    let stack = symbolicated.exception.first().and_then(|exception| exception.stacktrace.as_ref());
    let shown =
        stack.map_or(0, |stack| stack.frames.iter().filter(|frame| frame.context_line.is_some()).count());
    ensure!(shown == FRAMES, "only {shown} of {FRAMES} frames have their source");
    let rate = frames_per_second(args, &event, FRAMES, |event| symbolicate_managed(event, &artifacts))?;
    table.add(
        format!(
            "JavaScript: warm frames/s of one thread, with 11 lines of source each (script of {} MB, {} functions)",
            minified.len() / 1_000_000,
            columns.len()
        ),
        rate.show(0),
        Some(Goal::new("at least 500,000", rate.median >= GOAL)),
    );
    Ok(())
}

/// A script in one line, and its map.
pub(crate) struct Script {
    pub(crate) minified: String,
    pub(crate) map: Value,
    /// Where its functions begin.
    pub(crate) columns: Vec<usize>,
}

impl Script {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (mut minified, mut mappings, mut columns) = (String::new(), String::new(), Vec::new());
        let (mut last_column, mut last_line) = (0_i64, 0_i64);
        for file in 0..FILES {
            for function in 0..FUNCTIONS {
                let start = minified.len();
                columns.push(start);
                write!(
                    minified,
                    "function f(a,b){{throw new Error(\"no price of an item {file} {function}\"+a+b)}};"
                )?;
                let line = function as i64 * 4;
                for (column, line, is_new_file) in
                    [(start, line, function == 0), (start + THROW, line + 1, false)]
                {
                    if !mappings.is_empty() {
                        mappings.push(',');
                    }
                    let column = column as i64;
                    let file = i64::from(is_new_file && file > 0);
                    for number in [column - last_column, file, line - last_line, 0] {
                        vlq(number, &mut mappings);
                    }
                    (last_column, last_line) = (column, line);
                }
            }
        }
        let source: String = (0..FUNCTIONS)
            .map(|at| format!("export function pay{at}(a, b) {{\n  throw new Error(a + b);\n}}\n\n"))
            .collect();
        let sources: Vec<String> =
            (0..FILES).map(|file| format!("src/feature{}/Cart{file}.ts", file / 20)).collect();
        let map = json!({ "version": 3, "sources": sources, "sourcesContent": vec![source; FILES], "names": [],
            "mappings": mappings });
        Ok(Self { minified, map, columns })
    }
}

/// Base 64, five bits a digit, the sign in the lowest.
fn vlq(number: i64, to: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = number.unsigned_abs() << 1 | u64::from(number < 0);
    loop {
        let more = if rest >> 5 > 0 { 32 } else { 0 };
        to.push(char::from(DIGITS[(rest & 31 | more) as usize]));
        rest >>= 5;
        if rest == 0 {
            return;
        }
    }
}
