//! What may stand where, and how large it may be.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use anyhow::{Context, ensure};
use cargo_metadata::Metadata;

/// All that the top level holds besides names with a leading dot.
const TOP_LEVEL: &[&str] = &[
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "clippy.toml",
    "crates",
    "deny.toml",
    "deploy",
    "proto",
    "rustfmt.toml",
    "tests",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["common", "helpers", "misc", "util", "utils"];

/// A file longer than this is two subjects, or a table.
const LONG_FILE_LINES: usize = 500;
/// Longest file of all.
const LONGEST_FILE_LINES: usize = 800;
/// Of a hundred files, at most so many may be long.
const LONG_FILES_PERCENT: usize = 5;

/// The crate that may hold unsafe code, behind one module.
const UNSAFE_CRATE: &str = "mayday-engine";

pub(super) fn check(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let root = metadata.workspace_root.as_std_path();
    let tracked = tracked_files(root)?;
    let mut findings = Vec::new();
    findings.extend(tracked.iter().filter_map(|path| misplaced(path)));
    let sources: Vec<_> = tracked.iter().filter(|path| path.extension() == Some(OsStr::new("rs"))).collect();
    let mut long = 0;
    for path in &sources {
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        let lines = text.lines().count();
        long += usize::from(lines > LONG_FILE_LINES);
        if lines > LONGEST_FILE_LINES {
            findings.push(format!("{}: {lines} lines; split it by subject", path.display()));
        }
        if !path.ends_with("xtask/src/tidy/files.rs")
            && ["TODO", "FIXME", "XXX:"].iter().any(|mark| text.contains(mark))
        {
            findings.push(format!("{}: holds a TODO; do it, or write an issue", path.display()));
        }
    }
    if long * 100 > sources.len() * LONG_FILES_PERCENT {
        findings.push(format!("{long} of {} files have more than {LONG_FILE_LINES} lines", sources.len()));
    }
    findings.extend(unsafe_lint(metadata)?);
    Ok(findings)
}

fn tracked_files(root: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z"])
        .output()
        .context("cannot run git")?;
    ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(Into::into).collect())
}

fn misplaced(path: &Path) -> Option<String> {
    let top = path.iter().next()?.to_str()?;
    if !top.starts_with('.') && !TOP_LEVEL.contains(&top) {
        return Some(format!("{top}: not at the top level"));
    }
    let stem = path.file_stem()?.to_str()?;
    let in_empty_folder = path.iter().any(|part| EMPTY_NAMES.iter().any(|name| part == OsStr::new(name)));
    (EMPTY_NAMES.contains(&stem) || in_empty_folder)
        .then(|| format!("{}: name it after what it holds", path.display()))
}

/// `unsafe_code` is forbidden in every crate but the engine.
fn unsafe_lint(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for package in metadata.packages.iter().filter(|package| package.name != UNSAFE_CRATE) {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        if !manifest.contains("[lints]\nworkspace = true") {
            findings.push(format!("{}: does not take the workspace's lints", package.name));
        }
    }
    Ok(findings)
}
