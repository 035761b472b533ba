//! `mayday engine`: the embedded ClickHouse as a process of its own.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use clap::Args;
use mayday_engine::{EngineLimits, LocateOptions, ServeOptions};
use tokio_util::sync::CancellationToken;

use crate::{banner, shutdown::StopSignals, telemetry};

/// What `mayday engine` can be told.
#[derive(Debug, Args)]
pub(crate) struct EngineArgs {
    /// Where ClickHouse keeps its data
    #[arg(long, value_name = "DIR", required_unless_present = "fetch")]
    path: Option<PathBuf>,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8123")]
    listen: SocketAddr,
    /// Password that clients must give; generated and printed if absent
    #[arg(long, value_name = "SECRET", env = "MAYDAY_ENGINE_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// The engine library, libchdb.so [default: per-user cache, else fetched with npm]
    #[arg(long, value_name = "FILE", env = "MAYDAY_ENGINE_LIB")]
    engine_lib: Option<PathBuf>,
    /// Memory that the engine may take, in MiB
    #[arg(long, value_name = "MIB")]
    memory_mib: Option<u64>,
    /// Threads that a query may use
    #[arg(long)]
    threads: Option<usize>,
    /// Statements at once
    #[arg(long)]
    connections: Option<usize>,
    /// Give way to other processes by so much, 0 to 19
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i32).range(0..=19))]
    pub(super) nice: i32,
    /// Stop when standard input closes: for a parent process
    #[arg(long)]
    until_stdin_closes: bool,
    /// Only find or fetch the engine library, print its path and leave
    #[arg(long)]
    fetch: bool,
}

/// Serves until a signal asks to stop.
pub(crate) async fn run(args: EngineArgs) -> anyhow::Result<()> {
    telemetry::start(telemetry::LogFormat::Text);
    let located = LocateOptions { library: args.engine_lib.clone(), offline: false };
    let library = tokio::task::spawn_blocking(move || mayday_engine::locate(&located)).await??;
    if args.fetch {
        banner::say(&library.display().to_string());
        return Ok(());
    }
    let stop = CancellationToken::new();
    if args.until_stdin_closes {
        stop_when_stdin_closes(stop.clone());
    }
    let options = serve_options(args, library)?;
    let stopper = stop.clone();
    let mut signals = StopSignals::listen()?;
    tokio::spawn(async move {
        let signal = signals.requested().await;
        tracing::info!(signal, "stopping");
        stopper.cancel();
    });
    let announce = |address| banner::say(&format!("listening on http://{address}"));
    mayday_engine::serve(options, announce, stop).await.context("engine failed")
}

/// The parent holds the other end of the pipe: it closes even when the parent is killed.
fn stop_when_stdin_closes(stop: CancellationToken) {
    std::thread::spawn(move || {
        if let Err(error) = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()) {
            tracing::warn!(%error, "cannot read standard input");
        }
        stop.cancel();
    });
}

fn serve_options(args: EngineArgs, library: PathBuf) -> anyhow::Result<ServeOptions> {
    let mut limits = EngineLimits::default();
    if let Some(mib) = args.memory_mib {
        limits.memory_bytes = mib << 20;
    }
    limits.threads = args.threads.unwrap_or(limits.threads);
    limits.connections = args.connections.unwrap_or(limits.connections);
    let secret = match args.secret {
        Some(secret) => secret,
        None => {
            let mut bytes = [0; 16];
            getrandom::fill(&mut bytes).context("no randomness for a secret")?;
            let secret = hex::encode(bytes);
            banner::say(&format!("secret {secret}"));
            secret
        }
    };
    let path = args.path.context("--path is missing")?;
    Ok(ServeOptions { library, path, listen: args.listen, secret, limits })
}
