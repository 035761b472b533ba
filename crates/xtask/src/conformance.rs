//! `cargo xtask conformance`: how well mayday reads, groups and symbolicates what people outside the project collected.

mod labelled;
mod score;
mod symbols;

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use bytes::Bytes;
use mayday_event::{
    capped::{self, InflateLimits},
    normalize,
    wire::envelope::Envelope,
};

use self::{
    labelled::Labelled,
    score::{Score, Scores},
};

/// One line of the table.
struct Check {
    what: &'static str,
    result: f64,
    floor: f64,
    detail: String,
}

/// Least share of pairs put together that belong together, and of those that belong together put so; and least
/// share of groups that come out whole and alone.
const PRECISION: f64 = 0.99;
const RECALL: f64 = 0.99;
const EXACT: f64 = 0.98;

/// Runs the checks of symbolication over a folder of fixtures; fails if one has less than all right.
pub(crate) fn run_fixtures(fixtures: &Path) -> anyhow::Result<ExitCode> {
    if !fixtures.is_dir() {
        bail!("{} is no folder", fixtures.display());
    }
    let outcomes = symbols::run(fixtures)?;
    if outcomes.is_empty() {
        bail!("{} has no fixtures of a known kind", fixtures.display());
    }
    let is_right = show(&outcomes);
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Differences that are printed of each fixture.
const SHOWN_DIFFERENCES: usize = 20;

/// Prints scores and differences; whether all is right.
fn show(outcomes: &[symbols::Outcome]) -> bool {
    for outcome in outcomes {
        eprintln!("{:<52} {:>5}/{}", outcome.fixture, outcome.right, outcome.all);
        for difference in &outcome.explained {
            eprintln!("    known: {difference}");
        }
        for difference in outcome.differences.iter().take(SHOWN_DIFFERENCES) {
            eprintln!("    {difference}");
        }
        if let Some(more) = outcome.differences.len().checked_sub(SHOWN_DIFFERENCES + 1) {
            eprintln!("    … and {} more", more + 1);
        }
    }
    outcomes.iter().all(|outcome| outcome.right == outcome.all)
}

/// Runs every check over `shared`; fails if one is below its floor.
pub(crate) fn run(shared: &Path, explained: &[String]) -> anyhow::Result<ExitCode> {
    if !shared.is_dir() {
        bail!("{} is no folder; name one with --shared or MAYDAY_SHARED", shared.display());
    }
    let events = labelled::read(&shared.join("grouping/events.jsonl"))?;
    let scores = Scores::of(&events);
    let mut checks = vec![without_notes(&events), stable(&events)];
    checks.extend(grouping(&scores));
    checks.push(foreign_files(&shared.join("fixtures"))?);

    eprintln!("{:<44} {:>8} {:>8}  detail", "check", "result", "floor");
    for Check { what, result, floor, detail } in &checks {
        let verdict = if result < floor { "  BELOW" } else { "" };
        eprintln!("{what:<44} {result:>8.4} {floor:>8.4}  {detail}{verdict}");
    }
    eprintln!("\n{:<28} {:>9} {:>9} {:>9}", "theme", "precision", "recall", "F1");
    for (theme, score) in &scores.by_theme {
        eprintln!("{theme:<28} {:>9.3} {:>9.3} {:>9.3}", score.precision(), score.recall(), score.f1());
    }
    for mistake in &scores.mistakes {
        eprintln!("{mistake}");
    }
    let asked = |event: &&Labelled| explained.iter().any(|name| *name == event.group || *name == event.theme);
    events.iter().filter(asked).for_each(explain);
    eprintln!("\n{:<52} {:>9}", "symbolication", "right");
    let symbolicated = show(&symbols::run(&shared.join("fixtures"))?);
    let passed = symbolicated && checks.iter().all(|check| check.result >= check.floor);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What made an event's fingerprint, and what was left out.
fn explain(event: &Labelled) {
    let grouping = &event.grouped.grouping;
    eprintln!(
        "\n{} {} {} by {}: {}",
        event.id, event.group, grouping.hash, grouping.strategy, event.grouped.title.title
    );
    for component in &grouping.components {
        let mark = if component.contributes { '+' } else { ' ' };
        eprintln!("  {mark} {:<8} {}  ({})", component.kind, component.value, component.reason);
    }
}

fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// Well-formed events come through the whole way, envelope included, and lose nothing.
fn without_notes(events: &[Labelled]) -> Check {
    let noted: Vec<&Labelled> = events.iter().filter(|event| !event.grouped.event.notes.is_empty()).collect();
    let first = noted.first().map(|event| format!("{}: {:?}", event.id, event.grouped.event.notes));
    Check {
        what: "well-formed events read without a note",
        result: share(events.len() - noted.len(), events.len()),
        floor: 1.0,
        detail: first.unwrap_or_else(|| format!("{} events", events.len())),
    }
}

/// Another build and another run of the same code: lines, columns and addresses differ, the group does not.
fn stable(events: &[Labelled]) -> Check {
    let moved: Vec<&str> =
        events.iter().filter(|event| event.moved != event.grouped.grouping.hash).map(|e| &*e.id).collect();
    Check {
        what: "groups keep when lines and addresses move",
        result: share(events.len() - moved.len(), events.len()),
        floor: 1.0,
        detail: if moved.is_empty() { format!("{} events", events.len()) } else { moved.join(" ") },
    }
}

fn grouping(scores: &Scores) -> [Check; 3] {
    let Score { together, wrongly_together, wrongly_apart } = scores.total;
    [
        Check {
            what: "grouping: precision of pairs",
            result: scores.total.precision(),
            floor: PRECISION,
            detail: format!("{together} right, {wrongly_together} wrongly together"),
        },
        Check {
            what: "grouping: recall of pairs",
            result: scores.total.recall(),
            floor: RECALL,
            detail: format!("{together} right, {wrongly_apart} wrongly apart"),
        },
        Check {
            what: "grouping: groups exact",
            result: share(scores.exact, scores.groups),
            floor: EXACT,
            detail: format!("{} of {}", scores.exact, scores.groups),
        },
    ]
}

/// Dumps, symbols and reports of other kinds, handed to every reader of foreign bytes: each is refused or read, and
/// gzip files inflate.
fn foreign_files(fixtures: &Path) -> anyhow::Result<Check> {
    let limits = InflateLimits::default();
    let arrival = labelled::arrival();
    let (mut files, mut read) = (0, 0);
    let mut wrong = Vec::new();
    let mut folders = vec![fixtures.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = Bytes::from(fs::read(&path)?);
            let gzip = path.extension().is_some_and(|extension| extension == "gz");
            if gzip && capped::inflate(bytes.clone(), "gzip", &limits).is_err() {
                wrong.push(path.display().to_string());
                continue;
            }
            let readers = [
                Envelope::parse(bytes.clone()).is_ok(),
                normalize::event_from_json(&bytes, &arrival).is_ok(),
                ["deflate", "br", "zstd"]
                    .iter()
                    .any(|encoding| capped::inflate(bytes.clone(), encoding, &limits).is_ok()),
            ];
            read += usize::from(readers.contains(&true));
        }
    }
    Ok(Check {
        what: "foreign files read or refused, none fatal",
        result: share(files - wrong.len(), files),
        floor: 1.0,
        detail: format!("{files} files, {read} of them taken for something {}", wrong.join(" ")),
    })
}
