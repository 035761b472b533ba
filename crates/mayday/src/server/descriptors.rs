//! File descriptors: each connection needs one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything but connections: journal segments, catalog, the engine's connections, files.
const OTHERS: u64 = 512;

/// Raises the limit as far as the system allows, and says how many connections it leaves room for.
pub(super) fn room_for_connections(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    // None: without a limit.
    let room = raised
        .map_or(usize::MAX, |limit| usize::try_from(limit.saturating_sub(OTHERS)).unwrap_or(usize::MAX));
    if room < wanted {
        tracing::warn!(
            open_files = raised,
            connections = room,
            wanted,
            "fewer connections than wanted: raise the limit of open files (ulimit -n, LimitNOFILE)"
        );
    }
    wanted.min(room.max(1))
}
