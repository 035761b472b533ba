//! What the operating system says of a process: memory, processor time, children. Linux only.

use std::{fs, time::Duration};

use anyhow::Context;

/// Resident memory in bytes.
pub(crate) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    bytes_of(pid, "smaps_rollup", "Rss:")
}

/// Most resident memory since the start, or since [`forget_peak`], in bytes.
pub(crate) fn peak_bytes(pid: u32) -> anyhow::Result<u64> {
    bytes_of(pid, "status", "VmHWM:")
}

/// Lets [`peak_bytes`] begin anew.
pub(crate) fn forget_peak(pid: u32) -> anyhow::Result<()> {
    let path = format!("/proc/{pid}/clear_refs");
    fs::write(&path, "5").with_context(|| format!("cannot write {path}"))
}

fn bytes_of(pid: u32, file: &str, name: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/{file}");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let kib = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
    let kib: u64 = kib.with_context(|| format!("{path} has no {name}"))?.trim().parse()?;
    Ok(kib << 10)
}

/// Processor time that the process used so far, in user and system mode.
pub(crate) fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    let stat = Stat::read(pid).with_context(|| format!("process {pid} is gone"))?;
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(stat.ticks as f64 / ticks_per_second as f64))
}

/// The processes that this one started and that still run.
pub(crate) fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if Stat::read(pid).is_some_and(|stat| stat.parent == parent) {
            children.push(pid);
        }
    }
    Ok(children)
}

/// Of `/proc/PID/stat`.
struct Stat {
    parent: u32,
    /// User and system time, clock ticks.
    ticks: u64,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The command's name, which may hold anything, ends at the last parenthesis.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self { parent: number(1)?.try_into().ok()?, ticks: number(11)? + number(12)? })
    }
}
