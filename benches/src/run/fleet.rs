//! Events a second of a fleet on several platforms, symbolicated with files that were uploaded before.

use std::rc::Rc;

use super::{Bench, pipeline};
use crate::{
    fleet::{Fleet, symbolicated},
    load::{Amount, Plan, send},
    servers::Mayday,
    table::Table,
};

/// Not measured: symbol files are converted.
const FIRST: u64 = 200;

pub(super) async fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let mut server = Mayday::started(&bench.program, None).await?;
    let mut api = server.api()?;
    let reports = Rc::new(Fleet::new()?.uploaded(&mut api).await?);
    let first = Plan { connections: 1, amount: Amount::Requests(FIRST), rate: None };
    send(&server.target()?, &reports, first).await?.all_accepted()?;
    api.drained(pipeline::DRAIN).await?;
    symbolicated(&mut api).await?;
    pipeline::of(&server, bench, &reports, None, table).await?;
    server.stop().await
}
