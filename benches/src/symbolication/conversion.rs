//! A debug file to a symcache, in a process of its own: as mayday does it, and by `symbolic` alone.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use mayday_symbolication::{ArtifactKind, caches::Job};
use symbolic::{common::ByteView, debuginfo::Object, symcache::SymCacheConverter};

use super::SymbolicationArgs;
use crate::{
    processes,
    table::{Goal, Spread, Table},
};

/// Of the library's time, and of its memory.
const TIME_GOAL: f64 = 1.15;
const MEMORY_GOAL: f64 = 1.3;

/// Who converts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum How {
    /// As `mayday convert` does
    Mayday,
    /// The library called bare
    Symbolic,
}

pub(super) fn measure(args: &SymbolicationArgs, file: &Path, table: &mut Table) -> anyhow::Result<()> {
    let megabytes = std::fs::metadata(file).with_context(|| file.display().to_string())?.len() / 1_000_000;
    let (mut times, mut memories) = (Vec::new(), Vec::new());
    let (mut seconds, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        let bare = once(How::Symbolic, file)?;
        let ours = once(How::Mayday, file)?;
        times.push(ours.0 / bare.0);
        memories.push(ours.1 / bare.1);
        seconds.push(ours.0);
        bytes.push(ours.1 / f64::from(1 << 20));
    }
    let (times, memories) = (Spread::of(times)?, Spread::of(memories)?);
    table.add(
        format!("cold conversion of a debug file of {megabytes} MB: time, of bare `symbolic`'s"),
        format!("{}; {} s", times.show(2), Spread::of(seconds)?.show(1)),
        Some(Goal::new("at most 1.15", times.median <= TIME_GOAL)),
    );
    table.add(
        "the same: most resident memory, the mapped file included, of bare `symbolic`'s",
        format!("{}; {} MiB", memories.show(2), Spread::of(bytes)?.show(0)),
        Some(Goal::new("at most 1.3", memories.median <= MEMORY_GOAL)),
    );
    Ok(())
}

/// Seconds and bytes of a conversion.
fn once(how: How, file: &Path) -> anyhow::Result<(f64, f64)> {
    let how = how.to_possible_value().context("no name")?.get_name().to_owned();
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("symbolication").arg("--debug-file").arg(file).args(["--convert", &how]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "conversion ended with {}", output.status);
    let said = String::from_utf8(output.stdout)?;
    let (seconds, bytes) = said.trim().split_once(' ').context("conversion said nothing")?;
    Ok((seconds.parse()?, bytes.parse()?))
}

/// Converts, and prints seconds and bytes.
pub(super) fn convert(how: How, file: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("symcache");
    let began = Instant::now();
    match how {
        How::Symbolic => bare(file, &output)?,
        How::Mayday => {
            let job = Job {
                kind: ArtifactKind::SymCache,
                file: file.to_owned(),
                debug_id: None,
                bcsymbolmap: None,
                il2cpp: None,
                bundled: None,
                output,
            };
            job.run()?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    crate::print(&format!("{seconds} {}\n", processes::peak_bytes(std::process::id())?))?;
    Ok(())
}

fn bare(file: &Path, output: &Path) -> anyhow::Result<()> {
    let view = ByteView::open(file)?;
    let object = Object::parse(&view)?;
    let mut converter = SymCacheConverter::new();
    converter.process_object(&object)?;
    let mut cache = Vec::new();
    converter.serialize(&mut cache)?;
    std::fs::write(output, cache)?;
    Ok(())
}
