//! Runs conversions where a hostile file can do no harm.

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use mayday_symbolication::{
    Absent, Status,
    caches::{Job, Refusal},
};
use rustix::process::Signal;
use tokio::process::Command;

/// Longest that a process says about a file, bytes.
const SAID_BYTES: usize = 16 << 10;

/// How files are converted.
#[derive(Debug, Clone)]
pub enum Converter {
    /// In this process, with no limits: for files that are trusted, as those of tests.
    InProcess,
    /// By `program convert …`, in a process for each file.
    Process {
        program: PathBuf,
        /// Memory that it may take besides its files, in MiB.
        memory_mib: u64,
        /// Time on a processor that it may take.
        time: Duration,
    },
}

/// What came of a conversion.
#[derive(Debug)]
pub(crate) enum Converted {
    Done,
    /// The file is at fault.
    Refused(Absent),
    /// This machine is; it may go well another time.
    Failed(String),
}

impl Converter {
    pub(crate) async fn run(&self, job: Job) -> Converted {
        match self {
            Self::InProcess => in_process(job).await,
            Self::Process { program, memory_mib, time } => {
                in_a_process_of_its_own(program, *memory_mib, *time, &job).await
            }
        }
    }
}

async fn in_process(job: Job) -> Converted {
    match tokio::task::spawn_blocking(move || job.run()).await {
        Ok(Ok(())) => Converted::Done,
        Ok(Err(error)) => match error.refusal() {
            Some(refusal) => Converted::Refused(refusal.into()),
            None => Converted::Failed(error.to_string()),
        },
        Err(panic) => Converted::Refused(malformed(format!("conversion failed: {panic}"))),
    }
}

async fn in_a_process_of_its_own(program: &Path, memory_mib: u64, time: Duration, job: &Job) -> Converted {
    /// It gives way to others, so that its time is not that on the wall.
    const WALL_FACTOR: u32 = 4;
    let mut command = Command::new(program);
    command
        .arg("convert")
        .args(job.arguments())
        .args(["--memory-mib", &memory_mib.to_string(), "--seconds", &time.as_secs().max(1).to_string()])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Converted::Failed(format!("conversion cannot be started: {error}")),
    };
    match tokio::time::timeout(time * WALL_FACTOR, child.wait_with_output()).await {
        Err(_) => Converted::Refused(timed_out(time)),
        Ok(Err(error)) => Converted::Failed(format!("conversion cannot be waited for: {error}")),
        Ok(Ok(output)) if output.status.success() => told(&output.stdout),
        Ok(Ok(output)) => ended(output.status, &output.stderr, memory_mib, time),
    }
}

/// What a process said that ended well: nothing, or what is wrong with the file.
fn told(said: &[u8]) -> Converted {
    if said.iter().all(u8::is_ascii_whitespace) {
        return Converted::Done;
    }
    match serde_json::from_slice::<Refusal>(said.get(..said.len().min(SAID_BYTES)).unwrap_or_default()) {
        Ok(refusal) => Converted::Refused(refusal.into()),
        Err(_) => Converted::Refused(malformed("conversion ended without a reason".to_owned())),
    }
}

/// What it means that a process ended badly.
fn ended(status: ExitStatus, complaint: &[u8], memory_mib: u64, time: Duration) -> Converted {
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU | Signal::KILL) => Converted::Refused(timed_out(time)),
        Some(Signal::ABORT) => Converted::Refused(malformed(format!(
            "conversion took more than {memory_mib} MiB of memory, or gave up"
        ))),
        Some(_) => Converted::Refused(malformed("conversion crashed".to_owned())),
        None if status.code() == Some(PANICKED) => {
            Converted::Refused(malformed("conversion failed on it".to_owned()))
        }
        None => {
            let complaint = String::from_utf8_lossy(complaint);
            Converted::Failed(complaint.lines().last().unwrap_or("conversion failed").to_owned())
        }
    }
}

/// The exit status of a Rust program that panicked.
const PANICKED: i32 = 101;

fn malformed(reason: String) -> Absent {
    Absent { status: Status::Malformed, reason: reason.into() }
}

fn timed_out(time: Duration) -> Absent {
    let reason = format!("conversion took more than {} s", time.as_secs());
    Absent { status: Status::TimedOut, reason: reason.into() }
}
