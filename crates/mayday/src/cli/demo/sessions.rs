//! Sessions of the demo's people, most of which go well, as SDKs that count them send them.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, write::GzEncoder};
use mayday_event::Timestamp;
use serde_json::{Value, json};

use super::{
    crashes::CRASHES,
    event::{Moment, release_at},
    fleet::{Dice, RELEASES, USERS},
};

/// People who use an app on a day.
const DAILY_USERS: usize = 120;
/// Most sessions of one of them on a day.
const DAILY_SESSIONS: usize = 24;
/// What one envelope may hold.
const AGGREGATES: usize = 100;

/// Sessions by release and environment.
type Sessions = BTreeMap<(String, &'static str), Vec<Value>>;

/// Request bodies with all sessions: those that ended in one of `crashes`, and those that did not.
pub(super) fn envelopes(
    dice: &mut Dice,
    crashes: &[Moment],
    now: Timestamp,
    days: i64,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut sessions = Sessions::new();
    for crash in crashes.iter().filter(|moment| moment.is_crash()) {
        let counts = json!({"started": crash.timestamp.to_string(), "did": crash.user(), "crashed": 1});
        sessions.entry((crash.release(), crash.environment())).or_default().push(counts);
    }
    let mut packages: Vec<_> = CRASHES.iter().map(|crash| crash.sdk.package()).collect();
    packages.sort_unstable();
    packages.dedup();
    for package in packages {
        for day in 0..days {
            go_well(dice, &mut sessions, package, now, (day, days));
        }
    }
    let envelopes = sessions.iter().flat_map(|(of, aggregates)| {
        aggregates.chunks(AGGREGATES).map(move |aggregates| envelope(of, aggregates, now))
    });
    envelopes.collect()
}

/// What an app's users do on a day, of so many.
fn go_well(dice: &mut Dice, sessions: &mut Sessions, package: &str, now: Timestamp, (day, days): (i64, i64)) {
    for _ in 0..DAILY_USERS {
        let since = ((day as f64 + dice.fraction()) * Timestamp::DAY_MS as f64) as i64;
        let age = since as f64 / (days * Timestamp::DAY_MS) as f64;
        // Not everybody has the newest release.
        let (version, build) = RELEASES[release_at(age).saturating_sub(usize::from(dice.fraction() < 0.3))];
        let user = dice.below(USERS);
        let counts = json!({
            "started": now.plus_ms(-since).to_string(),
            "did": super::event::user_id(user),
            "exited": 1 + dice.below(DAILY_SESSIONS),
            "errored": usize::from(dice.fraction() < 0.05),
        });
        let of = (format!("{package}@{version}+{build}"), super::event::environment(user));
        sessions.entry(of).or_default().push(counts);
    }
}

/// The request body: an envelope, gzip.
fn envelope(of: &(String, &str), aggregates: &[Value], now: Timestamp) -> anyhow::Result<Vec<u8>> {
    let (release, environment) = of;
    let payload = serde_json::to_vec(&json!({
        "aggregates": aggregates,
        "attrs": {"release": release, "environment": environment},
    }))?;
    let header = json!({"sent_at": now.to_string()});
    let item = json!({"type": "sessions", "length": payload.len()});
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    writeln!(gzip, "{header}\n{item}")?;
    gzip.write_all(&payload)?;
    gzip.write_all(b"\n")?;
    Ok(gzip.finish()?)
}
