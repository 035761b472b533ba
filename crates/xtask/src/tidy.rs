//! `cargo xtask tidy`: the house rules of ARCHITECTURE.md that a compiler does not check.

mod arrows;
mod files;

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// Checks every rule and reports all that is wrong at once.
pub(crate) fn run() -> anyhow::Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec().context("cannot read the workspace")?;
    let mut findings = Vec::new();
    findings.extend(arrows::check(&metadata));
    findings.extend(files::check(&metadata)?);
    if findings.is_empty() {
        return Ok(());
    }
    bail!("the house is not tidy:\n  {}", findings.join("\n  "))
}

/// A package's folder in `crates/`, or its own name elsewhere (`tests`, `benches`).
fn room(package: &str) -> &str {
    package.strip_prefix("mayday-").unwrap_or(package)
}

/// All packages of the workspace, by room.
fn rooms(metadata: &Metadata) -> impl Iterator<Item = (&str, &cargo_metadata::Package)> {
    metadata.packages.iter().map(|package| (room(package.name.as_str()), package))
}
