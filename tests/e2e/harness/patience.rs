//! Waiting for something to become true, never for a fixed time.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

/// The outcome of one look: there, or why not yet.
pub(crate) type Eventually<T> = Result<T, String>;

/// Looks again and again until `look` finds what it looks for; panics with its last words after `deadline`.
pub(crate) async fn eventually<T>(
    what: &str,
    deadline: Duration,
    mut look: impl AsyncFnMut() -> Eventually<T>,
) -> T {
    let start = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(last) if start.elapsed() > deadline => panic!("{what}: not within {deadline:?}: {last}"),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
