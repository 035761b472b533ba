//! `mayday-benches symbolication`: names for frames with converted files in memory, and their conversion, against the
//! libraries called bare.

mod conversion;
mod dart;
pub(crate) mod dump;
pub(crate) mod jvm;
pub(crate) mod script;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::ensure;
use clap::{Args, ValueEnum};
use mayday_event::{
    Timestamp,
    model::Event,
    normalize::{Arrival, event_from_json},
};
use mayday_symbolication::{Absent, Artifacts, CacheFile, KeptFrames, Status, Wanted};
use serde_json::Value;
use symbolic::common::ByteView;

use self::conversion::How;
use crate::table::{Spread, Table};

/// What `mayday-benches symbolication` can be told.
#[derive(Debug, Args)]
pub(crate) struct SymbolicationArgs {
    /// A debug file whose conversion is measured, best of 200 MB and more
    #[arg(long, value_name = "FILE")]
    debug_file: Option<PathBuf>,
    /// Measure this part alone; the conversion also needs `--debug-file`
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// Rounds of each side in turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of a round
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Convert once and say how it went: what the measurement starts
    #[arg(long, hide = true, requires = "debug_file")]
    convert: Option<How>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Names and unwinding of a minidump with many threads, against `minidump-processor`
    Minidump,
    /// Frames that R8 obfuscated
    R8,
    /// Frames of a minified script
    Javascript,
    /// Types of an obfuscated Flutter app
    Dart,
    /// A debug file to a symcache, against `symbolic`
    Conversion,
}

/// Measures and prints.
pub(crate) fn command(args: &SymbolicationArgs) -> anyhow::Result<()> {
    if let (Some(how), Some(file)) = (args.convert, &args.debug_file) {
        return conversion::convert(how, file);
    }
    let mut table = Table::default();
    let parts = args.only.as_ref().map_or(Part::value_variants(), std::slice::from_ref);
    for part in parts {
        match part {
            Part::Minidump => dump::measure(args, &mut table)?,
            Part::R8 => jvm::measure(args, &mut table)?,
            Part::Javascript => script::measure(args, &mut table)?,
            Part::Dart => dart::measure(args, &mut table)?,
            Part::Conversion => match &args.debug_file {
                Some(file) => conversion::measure(args, file, &mut table)?,
                None => ensure!(args.only.is_none(), "the conversion needs --debug-file"),
            },
        }
    }
    crate::print(&table.to_string())?;
    Ok(())
}

/// One file for all that is asked.
struct One {
    file: CacheFile,
    frames: KeptFrames,
}

impl One {
    fn new(bytes: Vec<u8>) -> Self {
        Self { file: kept(bytes), frames: KeptFrames::new(32 << 20) }
    }
}

impl Artifacts for One {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        match wanted {
            Wanted::Image(mayday_symbolication::ArtifactKind::Sources, _) => Err(absent()),
            _ => Ok(self.file.clone()),
        }
    }

    fn kept(&self) -> Option<&KeptFrames> {
        Some(&self.frames)
    }
}

fn kept(bytes: Vec<u8>) -> CacheFile {
    CacheFile::new(ByteView::from_vec(bytes), "uploads")
}

fn absent() -> Absent {
    Absent { status: Status::Missing, reason: "not uploaded".into() }
}

/// As it comes out of ingest.
fn event_of(payload: &Value) -> anyhow::Result<Event> {
    let arrival = Arrival {
        event_id: "9ec79c33ec9942ab8353589fcb2e04dc".parse()?,
        received: Timestamp(1_795_492_921_500),
        sent_at: None,
        remote_addr: None,
        client: None,
    };
    Ok(event_from_json(payload.to_string().as_bytes(), &arrival)?)
}

/// How often a second something is done, that was done once before: in a round's time, in one thread.
fn rate(seconds: u64, mut work: impl FnMut() -> Duration) -> f64 {
    work();
    let (mut times, mut spent) = (0_u32, Duration::ZERO);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(seconds) {
        spent += work();
        times += 1;
    }
    f64::from(times) / spent.as_secs_f64()
}

/// Frames a second in warm events, which are copied outside of the time.
fn frames_per_second(
    args: &SymbolicationArgs,
    event: &Event,
    frames: usize,
    symbolicate: impl Fn(&mut Event),
) -> anyhow::Result<Spread> {
    const EVENTS: usize = 32;
    let work = || {
        let mut events = vec![event.clone(); EVENTS];
        let began = Instant::now();
        events.iter_mut().for_each(&symbolicate);
        began.elapsed()
    };
    let rates = (0..args.rounds).map(|_| rate(args.seconds, work) * (EVENTS * frames) as f64);
    Spread::of(rates.collect())
}
