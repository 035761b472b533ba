//! What of a report is over a limit, and how the client is told.

use mayday_catalog::keys::KeyInfo;
use mayday_event::{Category, Timestamp};

use crate::rate::RateLimits;

/// A category of which nothing more is taken for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) category: Category,
    /// Seconds.
    pub(crate) retry_after: u64,
    /// Whose limit it is: `key` or `project`.
    pub(crate) scope: &'static str,
    /// Which limit, a stable name.
    pub(crate) reason: &'static str,
}

/// All limits.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    rates: RateLimits,
}

impl Limits {
    /// Takes the place of what was counted, by category; what has none is told.
    pub(crate) fn take(&self, key: &KeyInfo, counted: &[(Category, u64)], now: Timestamp) -> Vec<Limited> {
        let mut limited = Vec::new();
        for (category, _) in counted.iter().filter(|(category, _)| *category == Category::Error) {
            if let Err(retry_after) = self.rates.take(key, now) {
                limited.push(Limited {
                    category: *category,
                    retry_after,
                    scope: "key",
                    reason: "key_rate_limit",
                });
            }
        }
        // A file of an event that is not kept is not kept either.
        let event = limited.iter().find(|limit| limit.category == Category::Error).cloned();
        let is_limited = |category| limited.iter().any(|limit| limit.category == category);
        let has_files = counted.iter().any(|(category, _)| *category == Category::Attachment);
        if let (Some(event), true, false) = (event, has_files, is_limited(Category::Attachment)) {
            limited.push(Limited { category: Category::Attachment, ..event });
        }
        limited
    }
}

/// `X-Sentry-Rate-Limits`: <https://develop.sentry.dev/sdk/expected-features/rate-limiting/>.
pub(crate) fn header(limited: &[Limited]) -> String {
    let one = |limit: &Limited| {
        format!("{}:{}:{}:{}", limit.retry_after, limit.category.name(), limit.scope, limit.reason)
    };
    limited.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `Retry-After`: when the first of them is over.
pub(crate) fn retry_after(limited: &[Limited]) -> u64 {
    limited.iter().map(|limit| limit.retry_after).min().unwrap_or(60)
}
