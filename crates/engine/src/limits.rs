//! What the engine may take of its machine.

use std::thread::available_parallelism;

/// Most memory that the engine takes unless told otherwise, bytes.
const DEFAULT_MEMORY_MAX: u64 = 2 << 30;
/// Least memory that ClickHouse works with, bytes.
const MEMORY_MIN: u64 = 512 << 20;
/// Statements at once for each core; more wait their turn.
const CONNECTIONS_PER_CORE: usize = 4;

/// Resource limits of the engine process.
#[derive(Debug, Clone)]
pub struct EngineLimits {
    /// ClickHouse's `max_server_memory_usage`, bytes. One statement may take half of it.
    pub memory_bytes: u64,
    /// `max_threads` of a query.
    pub threads: usize,
    /// Statements at once.
    pub connections: usize,
}

impl Default for EngineLimits {
    /// A quarter of the machine's memory within 512 MiB and 2 GiB, a thread per core, four statements per core.
    fn default() -> Self {
        let cores = available_parallelism().map_or(2, usize::from);
        let info = rustix::system::sysinfo();
        let machine = info.totalram as u64 * u64::from(info.mem_unit.max(1));
        Self {
            memory_bytes: (machine / 4).clamp(MEMORY_MIN, DEFAULT_MEMORY_MAX),
            threads: cores,
            connections: (cores * CONNECTIONS_PER_CORE).max(8),
        }
    }
}

/// Makes this process give way to others by so much, 0 to 19 (Unix's nice). On Linux it counts for this thread and
/// those it starts: call it before there are others.
pub fn give_way(nice: i32) {
    if nice > 0
        && let Err(error) = rustix::process::nice(nice)
    {
        tracing::warn!(%error, "cannot give way to other processes");
    }
}
