//! What a compression bomb costs: one gibibyte of zeros as a megabyte of gzip.

use std::io::Write;

use anyhow::ensure;
use flate2::{Compression, write::GzEncoder};
use tokio::time::Instant;

use super::{Bench, footprint::MIB};
use crate::{
    http::Client,
    load::Target,
    processes::{self, resident_bytes},
    servers::Mayday,
    table::{Goal, Spread, Table},
};

const INFLATED_MIB: usize = 1024;
const BOMBS: usize = 9;
const GOAL_MS: f64 = 50.0;
const GOAL_MB: f64 = 5.0;

pub(super) async fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let bomb = bomb()?;
    let mut server = Mayday::started(&bench.program, Some("ingest")).await?;
    let Target { address, project, key } = server.target()?;
    let head = format!(
        "POST /api/{project}/envelope/?sentry_key={key} HTTP/1.1\r\nHost: {address}\r\n\
         Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        bomb.len()
    );
    let request = [head.as_bytes(), &bomb].concat();
    let (mut times, mut growth, mut client) = (Vec::new(), Vec::new(), Client::new(address));
    for _ in 0..BOMBS {
        let before = resident_bytes(server.pid()?)?;
        processes::forget_peak(server.pid()?)?;
        let began = Instant::now();
        let answer = client.send(&request).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        growth.push(processes::peak_bytes(server.pid()?)?.saturating_sub(before) as f64 / 1e6);
        ensure!(answer.status == 413, "the bomb was answered {}", answer.status);
    }
    server.stop().await?;
    let (time, bytes) = (Spread::of(times)?, Spread::of(growth)?);
    table.add(
        format!("a bomb of {INFLATED_MIB} MiB ({} bytes gzip): time to the 413", bomb.len()),
        format!("{} ms", time.show(1)),
        Some(Goal::new("under 50 ms", time.median < GOAL_MS)),
    );
    table.add(
        "the same: memory that it takes, its body included",
        format!("{} MB", bytes.show(1)),
        Some(Goal::new("under 5 MB", bytes.median < GOAL_MB)),
    );
    Ok(())
}

fn bomb() -> anyhow::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; MIB as usize];
    for _ in 0..INFLATED_MIB {
        gzip.write_all(&zeros)?;
    }
    Ok(gzip.finish()?)
}
