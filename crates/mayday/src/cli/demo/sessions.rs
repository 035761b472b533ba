//! Sessions of the demo's people, most of which go well, as SDKs that count them send them.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, write::GzEncoder};
use mayday_event::Timestamp;
use serde_json::{Value, json};

use super::{
    crashes::CRASHES,
    event::{Moment, release_at},
    fleet::{Dice, RELEASES},
};

/// People who use the apps; few of them ever see a crash.
const PEOPLE: usize = 8_000;
/// Those who use an app on a day.
const DAILY_USERS: usize = 1_500;
/// Most sessions of one of them on a day.
const DAILY_SESSIONS: usize = 6;
/// What one envelope may hold.
const AGGREGATES: usize = 100;
const SINGLE_SESSIONS: usize = 25;

/// Sessions by release and environment.
type Sessions = BTreeMap<(String, &'static str), Vec<Value>>;

/// Request bodies with all sessions: those that ended in one of `crashes`, and those that did not.
pub(super) fn envelopes(
    dice: &mut Dice,
    crashes: &[Moment],
    now: Timestamp,
    days: i64,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let (anrs, crashes): (Vec<&Moment>, Vec<&Moment>) =
        crashes.iter().filter(|moment| moment.is_crash()).partition(|moment| moment.is_anr());
    let mut sessions = Sessions::new();
    for crash in crashes {
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
    let anrs: Vec<Value> = anrs.into_iter().map(|anr| without_answer(dice, anr)).collect();
    let singles = anrs.chunks(SINGLE_SESSIONS).map(|singles| envelope("session", singles, now));
    let counted = sessions.iter().flat_map(|((release, environment), aggregates)| {
        let attrs = json!({"release": release, "environment": environment});
        aggregates.chunks(AGGREGATES).map(move |aggregates| {
            envelope("sessions", &[json!({"aggregates": aggregates, "attrs": attrs})], now)
        })
    });
    counted.chain(singles).collect()
}

/// The session that an ANR ended: only one that is sent by itself says what it ended in.
fn without_answer(dice: &mut Dice, anr: &Moment) -> Value {
    json!({
        "sid": dice.event_id(), "did": anr.user(), "init": true, "seq": 0,
        "started": anr.timestamp.plus_ms(-90_000).to_string(), "timestamp": anr.timestamp.to_string(),
        "duration": 90, "errors": 1, "status": "abnormal", "abnormal_mechanism": "anr_background",
        "attrs": {"release": anr.release(), "environment": anr.environment()},
    })
}

/// What an app's users do on a day, of so many.
fn go_well(dice: &mut Dice, sessions: &mut Sessions, package: &str, now: Timestamp, (day, days): (i64, i64)) {
    for _ in 0..DAILY_USERS {
        let since = ((day as f64 + dice.fraction()) * Timestamp::DAY_MS as f64) as i64;
        let age = since as f64 / (days * Timestamp::DAY_MS) as f64;
        // Not everybody has the newest release.
        let (version, build) = RELEASES[release_at(age).saturating_sub(usize::from(dice.fraction() < 0.3))];
        let user = dice.below(PEOPLE);
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

/// The request body: an envelope of items of one type, gzip.
fn envelope(item_type: &str, items: &[Value], now: Timestamp) -> anyhow::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    writeln!(gzip, "{}", json!({"sent_at": now.to_string()}))?;
    for item in items {
        writeln!(gzip, "{}\n{item}", json!({"type": item_type}))?;
    }
    Ok(gzip.finish()?)
}
