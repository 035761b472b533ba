//! When to stop: the signals that ask for it.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves with the signal's name when the process is asked to stop (`SIGTERM` or `SIGINT`).
pub(crate) async fn requested() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}
