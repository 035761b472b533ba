//! Rate limits: token buckets, counted in this process.
//!
//! A limit of `count` in a window is a bucket of `count` tokens that fills continuously, in a window from empty to full:
//! a burst of `count` is taken at once, and then as much as flows in. Buckets are made when first used, and forgotten
//! when they are full again, so that memory is bounded by the limits in use.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mayday_catalog::keys::KeyInfo;
use mayday_event::{
    Category, ProjectId, PublicKey, Timestamp, quota::LimitCategory, settings::CompiledSettings,
};

use crate::limits::Limited;

/// Locks that projects are spread over, so that one project's requests seldom wait for another's.
const SHARDS: usize = 16;
/// Buckets of a shard below which full ones are not looked for.
const SWEEP_FROM: usize = 64;
/// What rounding may leave a bucket short of a token.
const EPSILON: f64 = 1e-6;

/// The buckets of all limits.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    buckets: HashMap<BucketId, Bucket>,
    /// How many buckets there are when full ones are looked for next.
    sweep_at: usize,
}

/// What a bucket belongs to. A limit that is changed begins with a new, full one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct BucketId {
    project: ProjectId,
    /// `None`: the whole project's.
    key: Option<PublicKey>,
    category: LimitCategory,
    count: u32,
    window_seconds: u32,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Below zero after more was taken at once than the bucket holds.
    tokens: f64,
    at: Timestamp,
}

impl RateLimits {
    /// Takes the tokens of `quantity` things from every limit that holds for them, or from none, and says which limit
    /// has the longest to go. More things at once than a bucket holds are let in by a full one, which then owes the
    /// rest.
    pub(crate) fn take(
        &self,
        key: &KeyInfo,
        settings: &CompiledSettings,
        category: LimitCategory,
        quantity: u32,
        now: Timestamp,
    ) -> Result<(), Limited> {
        let buckets = BucketId::all(key, settings, category);
        if buckets.is_empty() {
            return Ok(());
        }
        let mut shard = self.shard(key.project_id).lock().unwrap_or_else(PoisonError::into_inner);
        let waits = buckets.iter().filter_map(|id| Some((id, shard.wait(id, quantity, now)?)));
        if let Some((id, seconds)) = waits.max_by_key(|(_, seconds)| *seconds) {
            return Err(id.refusal(seconds));
        }
        for id in buckets {
            shard.spend(id, quantity, now);
        }
        shard.forget_full(now);
        Ok(())
    }

    fn shard(&self, project: ProjectId) -> &Mutex<Shard> {
        let at = usize::try_from(project.0 % SHARDS as u64).unwrap_or(0);
        &self.shards[at]
    }
}

impl BucketId {
    /// Those of a key's things of a category: of the key's own limit, which is on events, and of the project's limits.
    fn all(key: &KeyInfo, settings: &CompiledSettings, category: LimitCategory) -> Vec<Self> {
        let mut ids: Vec<Self> = Vec::new();
        let mut add = |key_of_limit, count, window_seconds| {
            let id = Self { project: key.project_id, key: key_of_limit, category, count, window_seconds };
            if !ids.contains(&id) {
                ids.push(id);
            }
        };
        if let (Some(limit), LimitCategory::Error) = (key.rate_limit, category) {
            add(Some(key.public_key), limit.count, limit.window_seconds);
        }
        for limit in settings.settings.limits.limits.iter().filter(|limit| limit.category == category) {
            let of_key = limit.key.as_ref().map(|text| text.parse::<PublicKey>());
            match of_key {
                None => add(None, limit.count, limit.window_seconds),
                Some(Ok(public_key)) if public_key == key.public_key => {
                    add(Some(public_key), limit.count, limit.window_seconds);
                }
                Some(_) => {}
            }
        }
        ids
    }

    /// Tokens in a second.
    fn flow(&self) -> f64 {
        f64::from(self.count) / f64::from(self.window_seconds.max(1))
    }

    fn refusal(&self, retry_after: u64) -> Limited {
        let category = match self.category {
            LimitCategory::Error => Category::Error,
            LimitCategory::Session => Category::Session,
            LimitCategory::Attachment => Category::Attachment,
        };
        let (scope, reason) = match self.key {
            Some(_) => ("key", "key_rate_limit"),
            None => ("project", "project_rate_limit"),
        };
        Limited { category, retry_after, scope, reason }
    }
}

impl Bucket {
    fn full(id: &BucketId, now: Timestamp) -> Self {
        Self { tokens: f64::from(id.count), at: now }
    }

    /// As it is at `now`; a clock that was set back lets nothing flow.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds between two requests")]
    fn filled(self, id: &BucketId, now: Timestamp) -> Self {
        let seconds = now.since_ms(self.at).max(0) as f64 / 1000.0;
        Self { tokens: (self.tokens + seconds * id.flow()).min(f64::from(id.count)), at: now }
    }
}

impl Shard {
    fn bucket(&self, id: &BucketId, now: Timestamp) -> Bucket {
        self.buckets.get(id).map_or_else(|| Bucket::full(id, now), |bucket| bucket.filled(id, now))
    }

    /// Seconds until there are tokens for this, at least one; `None`: there are. What may never come is told to come
    /// back after a window.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "above zero, below a day")]
    fn wait(&self, id: &BucketId, quantity: u32, now: Timestamp) -> Option<u64> {
        if id.count == 0 {
            return Some(id.window_seconds.max(1).into());
        }
        let missing = f64::from(quantity.min(id.count)) - self.bucket(id, now).tokens;
        (missing > EPSILON).then(|| ((missing - EPSILON) / id.flow()).ceil().max(1.0) as u64)
    }

    fn spend(&mut self, id: BucketId, quantity: u32, now: Timestamp) {
        let mut bucket = self.bucket(&id, now);
        bucket.tokens -= f64::from(quantity);
        self.buckets.insert(id, bucket);
    }

    /// A full bucket is as good as none.
    fn forget_full(&mut self, now: Timestamp) {
        if self.buckets.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.buckets.retain(|id, bucket| bucket.filled(id, now).tokens < f64::from(id.count));
            self.sweep_at = self.buckets.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests;
