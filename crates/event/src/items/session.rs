//! `session` and `sessions` items: release health.
//!
//! <https://develop.sentry.dev/sdk/telemetry/sessions/>. A session's updates each carry all of its state; the one with the
//! greatest `seq` counts. Aggregates count sessions that the client does not tell one by one.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Unreadable, count, object, text, time};
use crate::{entry::SessionUpdate, limits, time::Timestamp};

/// Most buckets of one item, as Sentry's relay has it.
const BUCKETS: usize = 100;

/// Member of a `session` item that mayday itself makes: whether a `sessions` item counts the session too.
pub(crate) const COUNTED: &str = "counted";

/// `session`: one update.
pub(crate) fn read_update(payload: &[u8], received: Timestamp) -> Result<SessionUpdate, Unreadable> {
    let session = object(payload)?;
    let sid = session.get("sid").and_then(Value::as_str).and_then(|sid| Uuid::parse_str(sid.trim()).ok());
    let sid = sid.ok_or("sid is missing or no UUID")?;
    let at = time(&session, "timestamp").unwrap_or(received);
    let status = match text(&session, "status", limits::NAME_BYTES) {
        status if status.is_empty() => "ok".to_owned(),
        status => status,
    };
    let errors = count(&session, "errors");
    let is = |name: &str| u32::from(status == name);
    let (crashed, abnormal) = (is("crashed"), is("abnormal"));
    let errored = u32::from(crashed + abnormal == 0 && (errors > 0 || status == "unhandled"));
    Ok(SessionUpdate {
        sid: Some(sid),
        user_hash: user_hash(&session),
        sequence: session.get("seq").and_then(Value::as_u64).unwrap_or_else(|| at.0.unsigned_abs()),
        started: time(&session, "started").unwrap_or(at).min(received),
        release: attribute(&session, "release", limits::RELEASE_BYTES),
        environment: attribute(&session, "environment", limits::ENVIRONMENT_BYTES),
        init: session.get("init").and_then(Value::as_bool).unwrap_or_default(),
        is_counted: session.get(COUNTED).and_then(Value::as_bool).unwrap_or_default(),
        duration_ms: session.get("duration").and_then(Value::as_f64).and_then(milliseconds),
        errors,
        abnormal_mechanism: text(&session, "abnormal_mechanism", limits::NAME_BYTES),
        exited: u32::from(crashed + abnormal + errored == 0),
        errored,
        abnormal,
        crashed,
        status,
    })
}

/// `sessions`: one update a bucket.
pub(crate) fn read_aggregates(payload: &[u8], received: Timestamp) -> Result<Vec<SessionUpdate>, Unreadable> {
    let sessions = object(payload)?;
    let release = attribute(&sessions, "release", limits::RELEASE_BYTES);
    let environment = attribute(&sessions, "environment", limits::ENVIRONMENT_BYTES);
    let buckets = sessions.get("aggregates").and_then(Value::as_array).ok_or("aggregates are missing")?;
    let buckets = buckets.iter().filter_map(Value::as_object).take(BUCKETS);
    Ok(buckets
        .map(|bucket| SessionUpdate {
            sid: None,
            user_hash: user_hash(bucket),
            sequence: 0,
            started: time(bucket, "started").unwrap_or(received).min(received),
            release: release.clone(),
            environment: environment.clone(),
            init: true,
            is_counted: false,
            duration_ms: None,
            errors: 0,
            status: String::new(),
            abnormal_mechanism: String::new(),
            exited: count(bucket, "exited"),
            errored: count(bucket, "errored").saturating_add(count(bucket, "unhandled")),
            abnormal: count(bucket, "abnormal"),
            crashed: count(bucket, "crashed"),
        })
        .collect())
}

fn attribute(session: &Map<String, Value>, name: &str, most: usize) -> String {
    let attributes = session.get("attrs").and_then(Value::as_object);
    attributes.map(|attributes| text(attributes, name, most)).unwrap_or_default()
}

/// 64 bits of SHA-256 of the client's id for the user; 0 for none.
fn user_hash(session: &Map<String, Value>) -> u64 {
    let did = match session.get("did") {
        Some(Value::String(did)) if !did.is_empty() => did.clone(),
        Some(Value::Number(did)) => did.to_string(),
        _ => return 0,
    };
    let digest = Sha256::digest(did.as_bytes());
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte)).max(1)
}

fn milliseconds(seconds: f64) -> Option<u64> {
    const LONGEST_SECONDS: f64 = 1e9;
    (0.0..=LONGEST_SECONDS).contains(&seconds).then_some((seconds * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn an_update_says_how_its_session_stands() {
        let session = |fields: &str| {
            let sid = "7c7b6585-f901-4351-bf8d-02711b721929";
            let json = format!(
                r#"{{"sid":"{sid}","did":"u1","started":"2026-11-18T10:00:00Z","attrs":{{"release":"app@1"}},{fields}}}"#
            );
            read_update(json.as_bytes(), NOW).unwrap()
        };
        let ended = |update: SessionUpdate| (update.exited, update.errored, update.abnormal, update.crashed);
        assert_eq!(ended(session(r#""status":"ok","init":true"#)), (1, 0, 0, 0));
        assert_eq!(ended(session(r#""status":"exited","errors":2,"duration":61.5"#)), (0, 1, 0, 0));
        assert_eq!(ended(session(r#""status":"unhandled""#)), (0, 1, 0, 0));
        assert_eq!(
            ended(session(r#""status":"abnormal","abnormal_mechanism":"anr_foreground""#)),
            (0, 0, 1, 0)
        );
        assert_eq!(ended(session(r#""status":"crashed","errors":1"#)), (0, 0, 0, 1));
        let update = session(r#""seq":5,"duration":61.5"#);
        assert_eq!(
            (update.sequence, update.duration_ms, update.release.as_str()),
            (5, Some(61_500), "app@1")
        );
        assert_ne!(update.user_hash, 0);
        assert!(read_update(b"{}", NOW).is_err());
    }

    #[test]
    fn buckets_are_counted() {
        let json =
            br#"{"aggregates":[{"started":"2026-11-18T10:00:00Z","exited":3,"errored":1},{"crashed":2},5],
            "attrs":{"release":"app@1","environment":"prod"}}"#;
        let buckets = read_aggregates(json, NOW).unwrap();
        assert_eq!(buckets.len(), 2);
        assert_eq!((buckets[0].exited, buckets[0].errored, buckets[1].crashed), (3, 1, 2));
        assert_eq!((buckets[1].started, buckets[1].environment.as_str()), (NOW, "prod"));
    }
}
