//! What of a report is over a limit, and how the client is told.

use mayday_catalog::keys::KeyInfo;
use mayday_event::{Category, Timestamp, quota::LimitCategory, settings::CompiledSettings};

use crate::rate::RateLimits;

/// What limits are on, events first: what becomes of an event decides over its files.
const LIMITED: [(LimitCategory, Category); 3] = [
    (LimitCategory::Error, Category::Error),
    (LimitCategory::Session, Category::Session),
    (LimitCategory::Attachment, Category::Attachment),
];

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
    pub(crate) fn take(
        &self,
        key: &KeyInfo,
        settings: &CompiledSettings,
        counted: &[(Category, u64)],
        now: Timestamp,
    ) -> Vec<Limited> {
        let mut limited: Vec<Limited> = Vec::new();
        for (limit, category) in LIMITED {
            let Some((_, quantity)) = counted.iter().find(|(counted, _)| *counted == category) else {
                continue;
            };
            // A file of an event that is not kept is not kept either.
            let event = limited.first().filter(|limit| limit.category == Category::Error);
            if let (Category::Attachment, Some(event)) = (category, event) {
                limited.push(Limited { category, ..event.clone() });
                continue;
            }
            let quantity = u32::try_from(*quantity).unwrap_or(u32::MAX);
            limited.extend(self.rates.take(key, settings, limit, quantity, now).err());
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
