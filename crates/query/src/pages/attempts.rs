//! How often somebody may try a password.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_event::Timestamp;

/// Span in which failures are counted, milliseconds.
const SPAN_MS: i64 = 5 * 60 * 1000;
/// Failures in a span from one address before it has to wait.
const FAILURES: u32 = 10;
/// Addresses remembered; beyond it the oldest spans are forgotten first.
const ADDRESSES: usize = 10_000;

/// Failed attempts by address. Each server thread has its own, so that an address has as many times
/// [`FAILURES`] as there are threads: still far too few to guess a password.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    by_address: Mutex<HashMap<String, Failures>>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Attempts {
    /// Seconds this address has to wait before its next attempt is looked at, if it has to.
    pub(crate) fn wait_seconds(&self, address: &str, now: Timestamp) -> Option<i64> {
        let by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = by_address.get(address).filter(|failures| failures.count >= FAILURES)?;
        let left = SPAN_MS - now.since_ms(failures.since);
        (left > 0).then(|| (left + 999) / 1000)
    }

    /// Counts a failed attempt.
    pub(crate) fn failed(&self, address: &str, now: Timestamp) {
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if by_address.len() >= ADDRESSES && !by_address.contains_key(address) {
            by_address.retain(|_, failures| now.since_ms(failures.since) < SPAN_MS);
            if by_address.len() >= ADDRESSES {
                by_address.clear();
            }
        }
        let failures = by_address.entry(address.to_owned()).or_insert(Failures { count: 0, since: now });
        if now.since_ms(failures.since) >= SPAN_MS {
            *failures = Failures { count: 0, since: now };
        }
        failures.count += 1;
    }

    /// Forgets an address that got in.
    pub(crate) fn succeeded(&self, address: &str) {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_too_many_failures_and_others_do_not() {
        let attempts = Attempts::default();
        let now = Timestamp(1_000_000);
        for _ in 0..FAILURES {
            assert_eq!(attempts.wait_seconds("a", now), None);
            attempts.failed("a", now);
        }
        assert_eq!(attempts.wait_seconds("a", now), Some(300));
        assert_eq!(attempts.wait_seconds("b", now), None);
        assert_eq!(attempts.wait_seconds("a", now.plus_ms(SPAN_MS)), None);
        attempts.failed("a", now.plus_ms(SPAN_MS));
        assert_eq!(attempts.wait_seconds("a", now.plus_ms(SPAN_MS)), None);
        attempts.succeeded("a");
        assert_eq!(attempts.by_address.lock().unwrap().len(), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..2 * ADDRESSES {
            attempts.failed(&n.to_string(), Timestamp(0));
        }
        assert!(attempts.by_address.lock().unwrap().len() <= ADDRESSES);
    }
}
