//! Events as SDKs send them, one JSON object a line on stdin; on stdout, a line each, as they are stored.
//!
//! The argument is the privacy settings as JSON, the default without one. With `--time`, how long each step takes
//! instead.

use std::{
    error::Error,
    io::{self, BufRead, Write},
    time::{Duration, Instant},
};

use mayday_event::{
    EventId, Timestamp,
    normalize::{Arrival, event_from_json},
    scrub::Scrubber,
};
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let lines: Vec<String> = io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let scrubber = match std::env::args().nth(1).as_deref() {
        Some("--time") => return time(&lines),
        Some(privacy) => Scrubber::compile(&serde_json::from_str(privacy)?)?,
        None => Scrubber::default(),
    };
    let mut out = io::stdout().lock();
    for line in &lines {
        let stored = match event_from_json(line.as_bytes(), &arrival()) {
            Ok(mut event) => {
                scrubber.scrub(&mut event);
                serde_json::to_value(&event)?
            }
            Err(error) => serde_json::json!({ "refused": error.to_string() }),
        };
        writeln!(out, "{stored}")?;
    }
    Ok(())
}

/// Of 1 January 2026 UTC, from a documentation address.
fn arrival() -> Arrival {
    Arrival {
        event_id: EventId(Uuid::nil()),
        received: Timestamp(1_767_225_600_000),
        sent_at: None,
        remote_addr: Some("203.0.113.7".to_owned()),
        client: None,
    }
}

fn time(lines: &[String]) -> Result<(), Box<dyn Error>> {
    const ROUNDS: u32 = 200;
    let mut out = io::stdout().lock();
    let scrubber = Scrubber::default();
    for line in lines {
        let (mut read, mut scrubbed) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let mut event = event_from_json(line.as_bytes(), &arrival())?;
            read = read.min(started.elapsed());
            let started = Instant::now();
            scrubber.scrub(&mut event);
            scrubbed = scrubbed.min(started.elapsed());
        }
        writeln!(out, "{} bytes: read in {read:?}, scrubbed in {scrubbed:?}", line.len())?;
    }
    Ok(())
}
