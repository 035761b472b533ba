//! Resident memory.

use std::{fmt, time::Duration};

use tokio::time::sleep;

use super::Bench;
use crate::{
    processes::resident_bytes,
    servers::Mayday,
    table::{Goal, Table},
};

/// Until a start's own work is over.
const REST: Duration = Duration::from_secs(10);
pub(super) const MIB: u64 = 1 << 20;
const MAYDAY_GOAL: u64 = 80 * MIB;
const ENGINE_GOAL: u64 = 400 * MIB;

pub(super) async fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let mut server = Mayday::started(&bench.program, None).await?;
    sleep(REST).await;
    let Resident { mayday, engine } = Resident::of(&server)?;
    server.stop().await?;
    let show = |bytes: u64| format!("{} MiB", bytes.div_ceil(MIB));
    table.add(
        "resident memory idle: mayday itself",
        show(mayday),
        Some(Goal::new("under 80 MB", mayday < MAYDAY_GOAL)),
    );
    table.add(
        "resident memory idle: the ClickHouse engine",
        show(engine),
        Some(Goal::new("under 400 MB", engine < ENGINE_GOAL)),
    );
    Ok(())
}

/// Bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resident {
    mayday: u64,
    engine: u64,
}

impl Resident {
    pub(super) fn of(server: &Mayday) -> anyhow::Result<Self> {
        Ok(Self { mayday: resident_bytes(server.pid()?)?, engine: resident_bytes(server.engine_pid()?)? })
    }
}

impl fmt::Display for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mayday {} MiB, engine {} MiB", self.mayday.div_ceil(MIB), self.engine.div_ceil(MIB))
    }
}
