//! When to stop: the signals that ask for it.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask the process to stop, noted from the moment that this exists; before, they end it at once.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The same, with something else to do until then, which is given up when the process is asked to stop.
    pub(crate) async fn requested_while(&mut self, work: impl Future<Output = ()>) -> &'static str {
        tokio::select! {
            signal = self.requested() => return signal,
            () = work => {}
        }
        self.requested().await
    }

    /// Resolves with the signal's name once the process was asked to stop (`SIGTERM` or `SIGINT`).
    pub(crate) async fn requested(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
