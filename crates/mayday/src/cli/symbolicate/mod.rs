//! `mayday symbolicate`: any crash file with functions, files and lines, without a server.

mod missing;
mod servers;
mod text;

use std::{fs::File, io::Read, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use mayday_event::{Timestamp, model::Event};
use mayday_symbolication::{
    minidump::UnwindTables,
    report::{Report, ReportError},
};

use self::servers::Symbols;
use crate::banner;

/// What `mayday symbolicate` can be told.
#[derive(Debug, Args)]
#[command(
    after_help = "What FILE is, shows by itself: a minidump; an iOS .ips or .crash report, a PLCrashReporter or KSCrash \
    report, a MetricKit payload; an Android tombstone (protobuf or text) or ANR trace; a Sentry event or envelope; a stack \
    trace as Java, Kotlin, JavaScript, Hermes, Python or obfuscated Dart print it. gzip and \
    zstd are undone. `-` reads standard input.\n\n\
    --symbols may be given several times; the folders are searched in this order. Each is searched in the layouts of GDB \
    (nn/nnn.debug, .build-id/), LLDB (XXXX/XXXX/…), symstore, Breakpad and unified, then for any ELF, Mach-O, dSYM, PE, PDB \
    or Breakpad file, portable PDB or source bundle (of JVM code, too) in it that has the right debug id. Scripts are looked for by name, with \
    their maps beside or within them; ProGuard mappings as proguard/UUID.txt, UUID.txt or mapping-UUID.txt, and as mapping.txt \
    for a crash that names none; Dart maps as obfuscation.map.json. A symbol server is asked over HTTP(S), after the folders, in the layouts of symstore, \
    Breakpad, LLDB, GDB, unified and debuginfod; one of the latter for source files, too.\n\n\
    Exit status: 0 when the crash was read, whether or not all symbols were there; 1 when FILE or a folder cannot be read.\n\n\
    Examples:\n  \
    mayday symbolicate crash.dmp --symbols ./symbols\n  \
    mayday symbolicate stack.txt --symbols app/build/outputs/mapping/release\n  \
    mayday symbolicate report.ips --symbols ~/Library/Developer/Xcode/Archives\n  \
    mayday symbolicate crash.dmp --symbols https://debuginfod.debian.net\n  \
    mayday symbolicate tombstone.pb.gz --format json | jq .exception"
)]
pub(crate) struct SymbolicateArgs {
    /// The crash report; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A folder with debug files, or a symbol server
    #[arg(long, value_name = "DIR|URL")]
    symbols: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a crash is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As people read it
    Text,
    /// The event as JSON, as the API has it; a list where the file holds several
    Json,
}

/// Largest file that is read, bytes.
const FILE_BYTES: u64 = 2 << 30;
/// Memory for unwind information.
const TABLES_BYTES: usize = 1 << 30;

/// Prints the crash in a file.
pub(crate) fn run(args: &SymbolicateArgs) -> anyhow::Result<()> {
    let name = args.file.display();
    let file = read(args).with_context(|| format!("cannot read {name}"))?;
    let symbols = Symbols::of(&args.symbols)?;
    let received = std::fs::metadata(&args.file).and_then(|metadata| metadata.modified());
    let received = received.map_or(Timestamp(0), Timestamp::from);
    let reports = Report::read(file.into(), received);
    let mut reports = match reports {
        Ok(reports) => reports,
        Err(error @ ReportError::Unknown) => bail!("{name}: {error}"),
        Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
    };
    let tables = UnwindTables::new(TABLES_BYTES);
    for report in &mut reports {
        if symbols.folders.has_mapping() {
            report.assume_mapping();
        }
        report.symbolicate(&symbols, &tables).with_context(|| format!("cannot read {name}"))?;
    }
    let shown = match args.format {
        Format::Text => reports.iter().map(text::render).collect::<Vec<_>>().join("\n"),
        Format::Json => json(&reports)?,
    };
    banner::put(&shown).context("cannot print")?;
    for folder in symbols.folders.cut_short() {
        banner::complain(&format!(
            "{}: too many files to search them all by what they are",
            folder.display()
        ));
    }
    Ok(())
}

fn read(args: &SymbolicateArgs) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let taken = if args.file.as_os_str() == "-" {
        std::io::stdin().take(FILE_BYTES + 1).read_to_end(&mut bytes)?
    } else {
        File::open(&args.file)?.take(FILE_BYTES + 1).read_to_end(&mut bytes)?
    };
    if taken as u64 > FILE_BYTES {
        bail!("it is larger than {FILE_BYTES} bytes");
    }
    Ok(bytes)
}

fn json(reports: &[Report]) -> anyhow::Result<String> {
    let events: Vec<&Event> = reports.iter().map(|report| &report.event).collect();
    Ok(match events.as_slice() {
        [event] => serde_json::to_string_pretty(event)?,
        events => serde_json::to_string_pretty(events)?,
    })
}
