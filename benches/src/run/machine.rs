//! On what it was measured.

use std::{fs, thread::available_parallelism};

use anyhow::Context;

/// Processor, cores, memory: `4 cores of Some Processor, 16 GiB, Linux 6.1.0`.
pub(super) fn describe() -> anyhow::Result<String> {
    let cores = available_parallelism()?;
    let processor = field("/proc/cpuinfo", "model name")?;
    let memory = field("/proc/meminfo", "MemTotal")?;
    let kib: u64 = memory.trim_end_matches(" kB").parse()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    // What comes behind the version names the distribution's or the host's own build.
    let version = kernel.trim().split('-').next().unwrap_or_default();
    Ok(format!("{cores} cores of {processor}, {} GiB, Linux {version}", kib.div_ceil(1 << 20)))
}

fn field(path: &str, name: &str) -> anyhow::Result<String> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    });
    value.with_context(|| format!("{path} has no {name}"))
}
