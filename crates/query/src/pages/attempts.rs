//! How often somebody may try a password, and how many at a time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_event::Timestamp;

/// Span in which failures are counted, milliseconds.
const SPAN_MS: i64 = 5 * 60 * 1000;
/// Failures in a span before somebody has to wait.
const FAILURES: u32 = 10;
/// Origins remembered; beyond it the spans that are over are forgotten, and if that is not enough, all.
const ORIGINS: usize = 10_000;
/// Characters of an account that are told apart: the longest e-mail address.
const ACCOUNT_CHARS: usize = 254;

/// Failed attempts. Each server thread has its own, so that there are as many times [`FAILURES`] as threads:
/// still far too few to guess a password.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    by_origin: Mutex<HashMap<Origin, Failures>>,
    /// Held while a password is checked: that takes 19 MiB, which strangers must not multiply.
    pub(crate) one_at_a_time: tokio::sync::Mutex<()>,
}

/// Who tries which account. By both, since behind a proxy all visitors have one address, and one who fails must
/// not lock out the others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    address: String,
    account: String,
}

impl Origin {
    pub(crate) fn new(address: impl Into<String>, account: &str) -> Self {
        let account = account.trim().to_lowercase().chars().take(ACCOUNT_CHARS).collect();
        Self { address: address.into(), account }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Attempts {
    /// Seconds to wait before the next attempt is looked at, if there are any.
    pub(crate) fn wait_seconds(&self, origin: &Origin, now: Timestamp) -> Option<i64> {
        let by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = by_origin.get(origin).filter(|failures| failures.count >= FAILURES)?;
        let left = SPAN_MS - now.since_ms(failures.since);
        (left > 0).then(|| (left + 999) / 1000)
    }

    /// Counts a failed attempt.
    pub(crate) fn failed(&self, origin: Origin, now: Timestamp) {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if by_origin.len() >= ORIGINS && !by_origin.contains_key(&origin) {
            by_origin.retain(|_, failures| now.since_ms(failures.since) < SPAN_MS);
            if by_origin.len() >= ORIGINS {
                by_origin.clear();
            }
        }
        let failures = by_origin.entry(origin).or_insert(Failures { count: 0, since: now });
        if now.since_ms(failures.since) >= SPAN_MS {
            *failures = Failures { count: 0, since: now };
        }
        failures.count += 1;
    }

    /// Forgets the failures of somebody who got in.
    pub(crate) fn succeeded(&self, origin: &Origin) {
        self.by_origin.lock().unwrap_or_else(PoisonError::into_inner).remove(origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_too_often_waits_and_others_do_not() {
        let attempts = Attempts::default();
        let now = Timestamp(1_000_000);
        let guesser = Origin::new("10.0.0.1", " Admin@example.com ");
        for _ in 0..FAILURES {
            assert_eq!(attempts.wait_seconds(&guesser, now), None);
            attempts.failed(guesser.clone(), now);
        }
        assert_eq!(attempts.wait_seconds(&Origin::new("10.0.0.1", "admin@example.com"), now), Some(300));
        assert_eq!(attempts.wait_seconds(&Origin::new("10.0.0.1", "ann@example.com"), now), None);
        assert_eq!(attempts.wait_seconds(&Origin::new("10.0.0.2", "admin@example.com"), now), None);
        let later = now.plus_ms(SPAN_MS);
        assert_eq!(attempts.wait_seconds(&guesser, later), None);
        attempts.failed(guesser.clone(), later);
        assert_eq!(attempts.wait_seconds(&guesser, later), None);
        attempts.succeeded(&guesser);
        assert_eq!(attempts.by_origin.lock().unwrap().len(), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..2 * ORIGINS {
            attempts.failed(Origin::new(n.to_string(), &"a".repeat(10_000)), Timestamp(0));
        }
        let by_origin = attempts.by_origin.lock().unwrap();
        assert!(by_origin.len() <= ORIGINS);
        assert!(by_origin.keys().all(|origin| origin.account.len() == ACCOUNT_CHARS));
    }
}
