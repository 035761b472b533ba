//! From the start of the process to `/readyz` answering 200, the engine library being there.

use super::Bench;
use crate::{
    servers::Mayday,
    table::{Goal, Spread, Table},
};

/// Seconds.
const GOAL: f64 = 2.0;

pub(super) async fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    // The first start of all may fetch the engine and reads it from disk: not what is asked.
    Mayday::started(&bench.program, None).await?.stop().await?;
    let (mut firsts, mut laters) = (Vec::new(), Vec::new());
    for _ in 0..bench.args.rounds {
        let mut server = Mayday::new(&bench.program, None)?;
        firsts.push(server.start().await?.as_secs_f64());
        server.stop().await?;
        laters.push(server.start().await?.as_secs_f64());
        server.stop().await?;
    }
    for (which, times) in [("first start on a new data directory", firsts), ("later start", laters)] {
        let spread = Spread::of(times)?;
        let goal = Goal::new("under 2 s", spread.median < GOAL);
        table.add(format!("time to ready: {which}"), format!("{} s", spread.show(2)), Some(goal));
    }
    Ok(())
}
