//! Rate limits of DSN keys: so many events in a window, counted in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_catalog::keys::{KeyInfo, RateLimit};
use mayday_event::Timestamp;

/// The windows of all limited keys.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    windows: Mutex<HashMap<i64, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    start: Timestamp,
    used: u32,
}

impl RateLimits {
    /// Takes one event's place in its key's window, or says for how many seconds there is none.
    pub(crate) fn take(&self, key: &KeyInfo, now: Timestamp) -> Result<(), u64> {
        let Some(RateLimit { count, window_seconds }) = key.rate_limit else { return Ok(()) };
        let length = i64::from(window_seconds.max(1)) * 1000;
        let start = Timestamp(now.0.div_euclid(length) * length);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(key.key_id).or_insert(Window { start, used: 0 });
        if window.start != start {
            *window = Window { start, used: 0 };
        }
        if window.used >= count {
            let left = (start.0 + length).saturating_sub(now.0);
            return Err(u64::try_from(left).unwrap_or(0).div_ceil(1000).max(1));
        }
        window.used += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::{OrganizationId, ProjectId};

    use super::*;

    #[test]
    fn a_window_gives_its_count_and_says_when_the_next_begins() {
        let rates = RateLimits::default();
        let key = KeyInfo {
            key_id: 1,
            project_id: ProjectId(1),
            organization_id: OrganizationId(1),
            active: true,
            rate_limit: Some(RateLimit { count: 2, window_seconds: 60 }),
        };
        let at = |seconds: i64| Timestamp(600_000 + seconds * 1000);
        assert_eq!(rates.take(&key, at(1)), Ok(()));
        assert_eq!(rates.take(&key, at(2)), Ok(()));
        assert_eq!(rates.take(&key, at(15)), Err(45));
        assert_eq!(rates.take(&key, at(60)), Ok(()));
        let other = KeyInfo { key_id: 2, ..key.clone() };
        assert_eq!(rates.take(&other, at(15)), Ok(()));
        let free = KeyInfo { rate_limit: None, ..key };
        assert!((0..100).all(|_| rates.take(&free, at(0)).is_ok()));
    }
}
