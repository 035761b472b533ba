//! What goes wrong meanwhile.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{FallocateFlags, fallocate, statvfs},
    process::{Pid, Signal, kill_process},
};
use tokio::time::{Instant, sleep};

use crate::servers::Mayday;

/// How often ClickHouse is killed.
const KILLS: u32 = 8;
/// How long the disk stays full.
const FULL: Duration = Duration::from_secs(20);
/// Free bytes that the server may use beyond its reserve: what a soak writes, and room besides.
const ROOM: u64 = 12 << 30;
/// Left free when the disk is filled, below the reserve.
const BELOW: u64 = 256 << 20;
const MIB: u64 = 1 << 20;

/// The file system that a server's data are on.
pub(super) struct Disk {
    directory: PathBuf,
    reserve: u64,
}

impl Disk {
    pub(super) fn of(directory: &Path) -> anyhow::Result<Self> {
        let free = free_bytes(directory)?;
        Ok(Self { directory: directory.to_owned(), reserve: free.saturating_sub(ROOM) })
    }

    /// What the server is told to leave free.
    pub(super) fn reserve_mib(&self) -> u64 {
        self.reserve / MIB
    }

    /// Takes the room until less than the reserve is free; gone when dropped.
    fn fill(&self) -> anyhow::Result<Filler> {
        let path = self.directory.join("filler");
        let bytes = free_bytes(&self.directory)?.saturating_sub(self.reserve.saturating_sub(BELOW));
        let filler = Filler { path: path.clone() };
        fallocate(File::create(path)?, FallocateFlags::empty(), 0, bytes)?;
        Ok(filler)
    }
}

struct Filler {
    path: PathBuf,
}

impl Drop for Filler {
    fn drop(&mut self) {
        // What remains is in a temporary directory.
        fs::remove_file(&self.path).ok();
    }
}

fn free_bytes(directory: &Path) -> anyhow::Result<u64> {
    let stat = statvfs(directory)?;
    Ok(stat.f_bavail * stat.f_frsize)
}

/// Kills ClickHouse now and then and fills the disk once; says what it did.
pub(super) async fn run(server: &Mayday, disk: &Disk, length: Duration) -> anyhow::Result<Vec<String>> {
    let start = Instant::now();
    let mut done = Vec::new();
    for number in 1..=KILLS {
        let at = length * number / (KILLS + 2);
        sleep(at.saturating_sub(start.elapsed())).await;
        // It may be between two lives.
        if let Ok(pid) = server.engine_pid() {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            pid.map(|pid| kill_process(pid, Signal::KILL)).transpose()?;
            done.push(format!("{:.0?}: killed ClickHouse", start.elapsed()));
        }
        if number == KILLS / 2 {
            let filler = disk.fill()?;
            sleep(FULL).await;
            drop(filler);
            done.push(format!("{:.0?}: the disk was full for {FULL:?}", start.elapsed()));
        }
    }
    Ok(done)
}
