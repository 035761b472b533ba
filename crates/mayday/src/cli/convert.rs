//! `mayday convert`: one symbol file, made into what symbolication reads, in a process that a hostile file may take down.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use mayday_symbolication::{ArtifactKind, caches::Job, convert::Bundled};
use rustix::process::{Resource, Rlimit, nice, setrlimit};

use crate::banner;

/// By how much it gives way to all else (Unix's nice).
const NICE: i32 = 10;

/// What `mayday convert` is told.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Into what
    #[arg(value_parser = kind)]
    kind: ArtifactKind,
    /// The symbol file
    file: PathBuf,
    /// Where the converted file goes
    #[arg(long)]
    output: PathBuf,
    /// Which object is wanted
    #[arg(long)]
    debug_id: Option<String>,
    /// Names that bitcode hid
    #[arg(long)]
    bcsymbolmap: Option<PathBuf>,
    /// Lines of C# by line of generated C++
    #[arg(long)]
    il2cpp: Option<PathBuf>,
    /// The file is an artifact bundle: debug id of the source map in it
    #[arg(long, conflicts_with_all = ["bundled_map", "bundled_minified", "bundled_inlined"])]
    bundled_id: Option<String>,
    /// The file is an artifact bundle: URL of the source map in it
    #[arg(long)]
    bundled_map: Option<String>,
    /// URL of the source map's minified file
    #[arg(long, requires = "bundled_map")]
    bundled_minified: Option<String>,
    /// The file is an artifact bundle: URL of the minified file that holds its source map itself
    #[arg(long, conflicts_with = "bundled_map")]
    bundled_inlined: Option<String>,
    /// Memory that it may take besides its files, in MiB
    #[arg(long, value_name = "MIB")]
    memory_mib: u64,
    /// Time on a processor that it may take
    #[arg(long)]
    seconds: u64,
}

fn kind(name: &str) -> Result<ArtifactKind, String> {
    ArtifactKind::named(name).ok_or_else(|| {
        let known: Vec<_> = ArtifactKind::ALL.into_iter().map(ArtifactKind::name).collect();
        format!("one of {}", known.join(", "))
    })
}

/// Converts. What is wrong with the file goes to standard output as JSON; any other failure is an error.
pub(crate) fn run(args: &ConvertArgs) -> anyhow::Result<()> {
    let debug_id = args.debug_id.as_deref().map(str::parse).transpose().context("--debug-id is none")?;
    let job = Job {
        kind: args.kind,
        file: args.file.clone(),
        debug_id,
        bcsymbolmap: args.bcsymbolmap.clone(),
        il2cpp: args.il2cpp.clone(),
        bundled: bundled(args)?,
        output: args.output.clone(),
    };
    limit_this_process(args, &job)?;
    match job.run() {
        Ok(()) => Ok(()),
        Err(error) => match error.refusal() {
            Some(refusal) => {
                banner::say(&serde_json::to_string(&refusal)?);
                Ok(())
            }
            None => Err(error.into()),
        },
    }
}

fn bundled(args: &ConvertArgs) -> anyhow::Result<Option<Bundled>> {
    if let Some(id) = &args.bundled_id {
        return Ok(Some(Bundled::DebugId(id.parse().context("--bundled-id is none")?)));
    }
    if let Some(url) = &args.bundled_inlined {
        return Ok(Some(Bundled::Inlined(url.clone())));
    }
    let minified = args.bundled_minified.clone();
    Ok(args.bundled_map.clone().map(|map| Bundled::Urls { map, minified }))
}

/// What the limits forbid ends this process.
fn limit_this_process(args: &ConvertArgs, job: &Job) -> anyhow::Result<()> {
    // Files are mapped, which counts as much as if they were read.
    let inputs = [Some(&job.file), job.bcsymbolmap.as_ref(), job.il2cpp.as_ref()];
    let mapped: u64 =
        inputs.into_iter().flatten().filter_map(|path| Some(std::fs::metadata(path).ok()?.len())).sum();
    let memory = args.memory_mib.saturating_mul(1 << 20).saturating_add(mapped);
    for (resource, limit) in [(Resource::As, memory), (Resource::Cpu, args.seconds), (Resource::Core, 0)] {
        let limit = Some(limit);
        setrlimit(resource, Rlimit { current: limit, maximum: limit })
            .with_context(|| format!("cannot limit {resource:?}"))?;
    }
    // Where it is not allowed, all are equal.
    nice(NICE).ok();
    Ok(())
}
