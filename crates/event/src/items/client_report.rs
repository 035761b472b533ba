//! `client_report` items: what a client dropped itself.
//!
//! <https://develop.sentry.dev/sdk/telemetry/client-reports/>

use serde_json::Value;

use super::{Unreadable, object, text};
use crate::{entry::ClientDiscard, limits, outcome::Category};

/// Most lines of a report that count.
const LINES: usize = 100;

/// The lines of a report.
pub(crate) fn read(payload: &[u8]) -> Result<Vec<ClientDiscard>, Unreadable> {
    let report = object(payload)?;
    let lines = report.get("discarded_events").and_then(Value::as_array);
    let lines = lines.into_iter().flatten().filter_map(Value::as_object).take(LINES);
    Ok(lines
        .map(|line| {
            let reason = text(line, "reason", limits::NAME_BYTES);
            ClientDiscard {
                category: Category::named(&text(line, "category", limits::NAME_BYTES)),
                reason: if reason.is_empty() { "unknown".to_owned() } else { reason },
                quantity: line.get("quantity").and_then(Value::as_u64).unwrap_or_default(),
            }
        })
        .filter(|discard| discard.quantity > 0)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_nonsense_is_passed_over() {
        let report = br#"{"timestamp":1,"discarded_events":[
            {"reason":"before_send","category":"error","quantity":3},
            {"category":"session","quantity":1}, {"reason":"x","quantity":0}, 7]}"#;
        let lines = read(report).unwrap();
        let line =
            |category, reason: &str, quantity| ClientDiscard { category, reason: reason.into(), quantity };
        assert_eq!(lines, [line(Category::Error, "before_send", 3), line(Category::Session, "unknown", 1)]);
        assert!(read(b"{}").unwrap().is_empty());
        assert!(read(b"[]").is_err());
    }
}
