//! A minidump with many threads, against `minidump-processor` with all symbols in memory.

use std::{
    collections::HashMap,
    fmt::Write,
    io::{BufRead, BufReader, Cursor},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, ensure};
use mayday_event::model::Event;
use mayday_symbolication::{
    Absent, ArtifactKind, Artifacts, CacheFile, Wanted,
    convert::{Inputs, artifact},
    minidump::UnwindTables,
    native::demangled,
    symbolicate,
};
use minidump::{Minidump, MinidumpModuleList, Module};
use minidump_processor::ProcessState;
use minidump_unwind::{Symbolizer, string_symbol_supplier};
use minidump_writer::minidump_writer::MinidumpWriterConfig;
use serde_json::json;
use symbolic::{
    cfi::CfiCache,
    common::{DebugId, Language},
    debuginfo::Object,
};

use super::{SymbolicationArgs, absent, event_of, kept, rate};
use crate::table::{Goal, Spread, Table};

const THREADS: usize = 60;
/// Of the other's time.
const GOAL: f64 = 1.2;
/// Memory for parsed unwind information.
const TABLES_BYTES: usize = 1 << 30;

/// Each thread waits some twenty calls deep.
const PROGRAM: &str = r#"
#include <atomic>
#include <cstdio>
#include <thread>
#include <unistd.h>
namespace shop {
std::atomic<int> waiting;
template <int Depth> __attribute__((noinline)) int pay(int amount) {
    volatile int paid = pay<Depth - 1>(amount + 1);
    return paid + Depth;
}
template <> __attribute__((noinline)) int pay<0>(int amount) {
    waiting++;
    for (;;) pause();
    return amount;
}
}
int main() {
    for (int thread = 1; thread < THREADS; thread++) std::thread(shop::pay<20>, thread).detach();
    while (shop::waiting < THREADS - 1) usleep(1000);
    puts("ready");
    fflush(stdout);
    return shop::pay<20>(0);
}
"#;

pub(super) fn measure(args: &SymbolicationArgs, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (_, dump) = crashed(folder.path(), THREADS)?;
    let symbols = Symbols::of(&dump)?;
    let tables = UnwindTables::new(TABLES_BYTES);
    let event = event_of(&json!({ "platform": "native" }))?;
    let ours = || -> anyhow::Result<Event> {
        let mut event = event.clone();
        symbolicate(&mut event, Some(&dump), &symbols, &tables, &[])?;
        Ok(event)
    };
    let symbolizer = Symbolizer::new(string_symbol_supplier(symbols.texts.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let theirs = || -> anyhow::Result<ProcessState> {
        let dump = Minidump::read(dump.as_slice())?;
        Ok(runtime.block_on(minidump_processor::process_minidump(&dump, &symbolizer))?)
    };
    let (frames, other_frames) = (named(&ours()?), named_by_other(&theirs()?));
    ensure!(
        other_frames * 10 >= frames * 9,
        "the other names {other_frames} frames of {frames}: no comparison"
    );
    let (mut ratios, mut times) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        let other = rate(args.seconds, || timed(&theirs));
        let own = rate(args.seconds, || timed(&ours));
        ratios.push(other / own);
        times.push(1e3 / own);
    }
    let ratio = Spread::of(ratios)?;
    table.add(
        format!(
            "minidump of {THREADS} threads, warm: time, of `minidump-processor`'s with symbols in memory ({frames} frames \
             named, {other_frames} by the other)"
        ),
        format!("{}; {} ms", ratio.show(2), Spread::of(times)?.show(2)),
        Some(Goal::new("at most 1.2", ratio.median <= GOAL)),
    );
    Ok(())
}

fn timed<T>(work: &impl Fn() -> anyhow::Result<T>) -> std::time::Duration {
    let began = Instant::now();
    std::hint::black_box(work().ok());
    began.elapsed()
}

fn named(event: &Event) -> usize {
    let exceptions = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let threads = event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
    let frames = exceptions.chain(threads).flat_map(|stack| &stack.frames);
    frames.filter(|frame| frame.function.is_some()).count()
}

fn named_by_other(state: &ProcessState) -> usize {
    let frames = state.threads.iter().flat_map(|thread| &thread.frames);
    frames.filter(|frame| frame.function_name.is_some()).map(|frame| 1 + frame.inlines.len()).sum()
}

/// A program that runs so many threads, and a minidump of it.
pub(crate) fn crashed(folder: &Path, threads: usize) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let (source, program) = (folder.join("shop.cpp"), folder.join("shop"));
    std::fs::write(&source, PROGRAM)?;
    let mut compiler = Command::new("g++");
    compiler.args(["-g", "-O1", "-pthread", "-Wl,--build-id=sha1"]);
    compiler.arg(format!("-DTHREADS={threads}")).arg(&source).arg("-o").arg(&program);
    ensure!(compiler.status().context("no g++")?.success(), "the program does not compile");
    let mut child = Command::new(&program).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
    let pid = i32::try_from(child.id())?;
    let mut dump = Cursor::new(Vec::new());
    let written = MinidumpWriterConfig::new(pid, pid).write(&mut dump);
    child.kill()?;
    child.wait()?;
    written.context("no dump of another process")?;
    Ok((std::fs::read(&program)?, dump.into_inner()))
}

/// What is known of the modules of a dump, for both sides.
#[derive(Default)]
struct Symbols {
    files: HashMap<(ArtifactKind, DebugId), CacheFile>,
    /// In Breakpad's format, by path.
    texts: HashMap<String, String>,
}

impl Symbols {
    fn of(dump: &[u8]) -> anyhow::Result<Self> {
        let dump = Minidump::read(dump)?;
        let modules = dump.get_stream::<MinidumpModuleList>()?;
        let mut symbols = Self::default();
        for module in modules.iter() {
            let path = module.code_file().into_owned();
            let (Some(id), Ok(file)) = (module.debug_identifier(), std::fs::read(&path)) else { continue };
            let mut cfi = None;
            for kind in [ArtifactKind::SymCache, ArtifactKind::Cfi] {
                let Ok(cache) = artifact(kind, &Inputs { file: &file, ..Inputs::default() }) else {
                    continue;
                };
                let cache = kept(cache);
                if kind == ArtifactKind::Cfi {
                    cfi = Some(CfiCache::from_bytes(cache.bytes.clone())?);
                }
                symbols.files.insert((kind, id), cache);
            }
            symbols.texts.insert(path, breakpad(&file, cfi)?);
        }
        Ok(symbols)
    }
}

impl Artifacts for Symbols {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let Wanted::Image(kind, image) = wanted else { return Err(absent()) };
        let id = image.debug_id.ok_or_else(absent)?;
        self.files.get(&(*kind, id)).cloned().ok_or_else(absent)
    }
}

/// What `dump_syms` writes, with names as people read them, but for inlined calls: less work for who reads it.
fn breakpad(file: &[u8], cfi: Option<CfiCache<'_>>) -> anyhow::Result<String> {
    let object = Object::parse(file)?;
    let mut text = format!("MODULE Linux x86_64 {} module\n", object.debug_id().breakpad());
    let (mut files, mut functions) = (HashMap::new(), String::new());
    for function in object.debug_session()?.functions().flatten() {
        let name = demangled(function.name.as_str(), function.name.language());
        writeln!(functions, "FUNC {:x} {:x} 0 {name}", function.address, function.size)?;
        for line in &function.lines {
            let next = files.len();
            let number = *files.entry(line.file.path_str()).or_insert(next);
            writeln!(functions, "{:x} {:x} {} {number}", line.address, line.size.unwrap_or(1), line.line)?;
        }
    }
    for (path, number) in &files {
        writeln!(text, "FILE {number} {path}")?;
    }
    text.push_str(&functions);
    for symbol in object.symbols() {
        let name = demangled(symbol.name().unwrap_or("?"), Language::Unknown);
        writeln!(text, "PUBLIC {:x} 0 {name}", symbol.address)?;
    }
    // The text alone: what is before it makes the whole unreadable to others.
    text.push_str(cfi.as_ref().map_or(Ok(""), |cfi| std::str::from_utf8(cfi.as_slice()))?);
    Ok(text)
}
