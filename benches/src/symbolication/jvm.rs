//! Frames that R8 obfuscated, with its mapping.

use std::fmt::Write;

use anyhow::ensure;
use mayday_symbolication::{jvm::proguard_cache, symbolicate_managed};
use serde_json::{Value, json};

use super::{One, SymbolicationArgs, event_of, frames_per_second};
use crate::{
    dice::Dice,
    table::{Goal, Table},
};

/// Of a large app.
pub(crate) const CLASSES: u64 = 20_000;
pub(crate) const METHODS: u64 = 10;
const FRAMES: usize = 100;
/// Frames a second, one thread.
pub(super) const GOAL: f64 = 500_000.0;

pub(super) fn measure(args: &SymbolicationArgs, table: &mut Table) -> anyhow::Result<()> {
    let mapping = mapping()?;
    let bytes = mapping.len();
    let artifacts = One::new(proguard_cache(mapping.as_bytes())?);
    let mut dice = Dice::seeded(1);
    let mut frame = || {
        let (class, method, line) = (dice.below(CLASSES), dice.below(METHODS), 1 + dice.below(3));
        json!({ "module": format!("a.c{class}"), "function": format!("m{method}"), "lineno": line,
            "filename": "SourceFile" })
    };
    let frames: Vec<Value> = (0..FRAMES).map(|_| frame()).collect();
    let event = event_of(&json!({
        "platform": "java",
        "exception": { "values": [{ "type": "c7", "module": "a", "stacktrace": { "frames": frames } }] },
        "debug_meta": { "images": [{ "type": "proguard", "uuid": "246fb328-fc4e-406a-87ff-fc35f6149d8f" }] },
    }))?;
    let mut symbolicated = event.clone();
    symbolicate_managed(&mut symbolicated, &artifacts);
    let stack = symbolicated.exception.first().and_then(|exception| exception.stacktrace.as_ref());
    let found = stack.map_or(0, |stack| stack.frames.len());
    ensure!(found > FRAMES, "calls that were inlined are not unfolded: {found}");
    let rate = frames_per_second(args, &event, FRAMES, |event| symbolicate_managed(event, &artifacts))?;
    table.add(
        format!(
            "R8: warm frames/s of one thread ({FRAMES} frames become {found}; mapping of {} MB)",
            bytes / 1_000_000
        ),
        rate.show(0),
        Some(Goal::new("at least 500,000", rate.median >= GOAL)),
    );
    Ok(())
}

/// Three lines a method, of which one is of a call that was inlined.
pub(crate) fn mapping() -> anyhow::Result<String> {
    let mut mapping = String::from("# compiler: R8\n");
    for class in 0..CLASSES {
        writeln!(mapping, "com.example.shop.feature{}.Class{class} -> a.c{class}:", class / 100)?;
        writeln!(mapping, "# {{\"id\":\"sourceFile\",\"fileName\":\"Class{class}.kt\"}}")?;
        for method in 0..METHODS {
            let line = method * 10 + 1;
            writeln!(
                mapping,
                "    1:1:void com.example.shop.Checks.check{method}(int):{line}:{line} -> m{method}"
            )?;
            writeln!(mapping, "    1:1:void method{method}(java.lang.String,int):{} -> m{method}", line + 1)?;
            writeln!(
                mapping,
                "    2:3:void method{method}(java.lang.String,int):{}:{} -> m{method}",
                line + 2,
                line + 3
            )?;
        }
    }
    Ok(mapping)
}
