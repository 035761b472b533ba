//! Symbolication against what independent implementations made of the same files.
//!
//! Each check walks a folder of the fixtures and says of each fixture how many frames, images or lookups came out as
//! expected, and which did not. [`CHECKS`] is the list: a new kind of fixture is a function and a line there.

mod android;
mod apple;
mod managed;
mod minidump;
mod native;
mod snapshot;

use std::{fs, path::Path};

use anyhow::Context;
use mayday_event::Timestamp;
use mayday_symbolication::{
    folders::{LocalFolders, SymbolFolder},
    minidump::UnwindTables,
    report::Report,
};

/// How one fixture came out.
pub(super) struct Outcome {
    pub(super) fixture: String,
    pub(super) right: usize,
    pub(super) all: usize,
    /// For people: expected and found.
    pub(super) differences: Vec<String>,
    /// Differences that are known, and why they are no mistakes; they count as right.
    pub(super) explained: Vec<String>,
}

/// Looks at all fixtures of a kind, below the folder of all fixtures.
type Check = fn(&Path) -> anyhow::Result<Vec<Outcome>>;

/// The folder that must be there, and what is done with it.
const CHECKS: [(&str, Check); 7] = [
    ("minidump", minidump::check),
    ("native", native::check),
    ("apple", apple::check),
    ("android", android::check),
    ("proguard", managed::proguard),
    ("sourcemaps", managed::source_maps),
    ("dotnet", managed::dotnet),
];

/// Runs the checks whose folders are there.
pub(super) fn run(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for (folder, check) in CHECKS {
        if fixtures.join(folder).is_dir() {
            outcomes.extend(check(fixtures).with_context(|| format!("fixtures in {folder}/"))?);
        }
    }
    Ok(outcomes)
}

impl Outcome {
    fn new(fixture: impl Into<String>) -> Self {
        Self { fixture: fixture.into(), right: 0, all: 0, differences: Vec::new(), explained: Vec::new() }
    }

    /// Counts one thing that is compared.
    fn compare(&mut self, what: &str, expected: &str, found: &str) {
        self.all += 1;
        if expected == found {
            self.right += 1;
        } else {
            self.differences.push(format!("{what}: expected {expected}, found {found}"));
        }
    }

    /// Counts a thing whose difference has a reason.
    fn explain(&mut self, what: &str, expected: &str, found: &str, reason: &str) {
        self.all += 1;
        self.right += 1;
        if expected != found {
            self.explained.push(format!("{what}: expected {expected}, found {found}: {reason}"));
        }
    }

    /// Compares two lists place by place; what one lacks counts.
    fn compare_all(&mut self, what: &str, expected: &[String], found: &[String]) {
        for place in 0..expected.len().max(found.len()) {
            let of = |list: &[String]| list.get(place).map_or("nothing".to_owned(), Clone::clone);
            self.compare(&format!("{what} {place}"), &of(expected), &of(found));
        }
    }
}

/// The crash in a file, symbolicated from a folder.
fn symbolicated(file: &Path, symbols: &Path) -> anyhow::Result<Report> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let mut reports = Report::read(bytes.into(), Timestamp(0))?;
    let folder = SymbolFolder::open(symbols).with_context(|| symbols.display().to_string())?;
    let mut report = reports.swap_remove(0);
    report.symbolicate(&LocalFolders::new(vec![folder]), &UnwindTables::new(256 << 20))?;
    Ok(report)
}
