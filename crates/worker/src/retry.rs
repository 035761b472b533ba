//! Trying again until it works: an outage costs time, never an event.

use std::{error::Error, time::Duration};

use tokio_util::sync::CancellationToken;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// At the longest pause, one line a minute.
const LOG_EVERY: u32 = 12;

/// The worker was told to stop before the work was done.
#[derive(Debug)]
pub(crate) struct Stopped;

/// What to do after a failure.
pub(crate) enum Failure<E> {
    /// May pass: try again.
    Passing(E),
    /// Will not pass: give it back.
    Lasting(E),
}

/// Does `attempt` until it succeeds or fails for good, with pauses that double. `stop` ends it between
/// attempts, never in one.
pub(crate) async fn until_done<T, E: Error, F: Future<Output = Result<T, Failure<E>>>>(
    what: &'static str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<Result<T, E>, Stopped> {
    let mut pause = FIRST_PAUSE;
    for tries in 0_u32.. {
        let error = match attempt().await {
            Ok(done) => return Ok(Ok(done)),
            Err(Failure::Lasting(error)) => return Ok(Err(error)),
            Err(Failure::Passing(error)) => error,
        };
        if tries % LOG_EVERY == 0 {
            tracing::warn!(what, tries, error = %chain(&error), "failed, trying again");
        }
        let stopped = stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none();
        if stopped {
            break;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Err(Stopped)
}

/// [`until_done`] for what has no lasting failures.
pub(crate) async fn until_success<T, E: Error, F: Future<Output = Result<T, E>>>(
    what: &'static str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Stopped> {
    let passing = || {
        let attempt = attempt();
        async move { attempt.await.map_err(Failure::Passing) }
    };
    let done = until_done(what, stop, passing).await?;
    done.map_err(|_| Stopped)
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
