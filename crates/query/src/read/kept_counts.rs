//! Counts over all issues of a project, kept for a moment where ClickHouse takes long over them.
//!
//! They put a list in order and say which issues a search finds; the numbers in a page's rows are counted anew each time. So
//! who turns pages, comes back or looks at the same list as others does not wait for thousands of issues to be counted
//! again. The longer it takes the older it may be, up to a minute: what is older than a moment is counted again while it is
//! shown.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mayday_event::{Clock, ProjectId, Timestamp};
use mayday_store::{
    Store, StoreError,
    queries::{Condition, Window, search::Matches},
};
use tokio::time::Instant;

/// Counting that takes less is done each time.
const SLOW: Duration = Duration::from_millis(25);
/// Of fewer fingerprints, counts are never kept: they cannot be what is slow.
const MANY: usize = 200;
/// How long counts are as good as new, in times that it took to count them …
const FRESH_TIMES: i64 = 20;
/// … and at most.
const FRESH_MS: i64 = 10_000;
/// How old they may be while they are counted again, in the same …
const SHOWN_TIMES: i64 = 200;
/// … and at most.
const MAX_AGE_MS: i64 = 60_000;
/// Most that are kept; each takes some 30 bytes a fingerprint.
const MAX_KEPT: usize = 32;

/// What is counted, by fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) project: ProjectId,
    /// Of whole hours, as the store counts.
    pub(super) window: Window,
    /// Events that meet one or more of these; none: all events.
    pub(super) conditions: Vec<Condition>,
    pub(super) with_users: bool,
}

/// What was counted.
pub(super) type Counted = Arc<Vec<Matches>>;

/// Shared by all threads of a server.
#[derive(Debug, Clone, Default)]
pub struct KeptCounts(Arc<Mutex<HashMap<Asked, Kept>>>);

#[derive(Debug)]
struct Kept {
    counted: Counted,
    at: Timestamp,
    took_ms: i64,
    /// Somebody is counting again.
    is_renewed: bool,
}

impl Asked {
    pub(super) async fn count(&self, store: &Store) -> Result<Vec<Matches>, StoreError> {
        let Self { project, window, conditions, with_users } = self;
        if !conditions.is_empty() {
            return store.matches(*project, *window, conditions, *with_users).await;
        }
        let stats = store.hash_stats(*project, *window, &Condition::default(), *with_users).await?;
        let all = stats.into_iter().map(|of| Matches {
            hash: of.hash,
            alternatives: 0,
            events: of.events,
            users: of.users,
        });
        Ok(all.collect())
    }
}

impl Kept {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since_ms(self.at) < self.took_ms.saturating_mul(FRESH_TIMES).min(FRESH_MS)
    }

    fn may_be_shown(&self, now: Timestamp) -> bool {
        now.since_ms(self.at) < self.took_ms.saturating_mul(SHOWN_TIMES).min(MAX_AGE_MS)
    }
}

impl KeptCounts {
    /// What is kept, else what `count` finds, which is then kept if it took long.
    pub(super) async fn get<C>(
        &self,
        asked: Asked,
        clock: &Clock,
        count: impl FnOnce(Asked) -> C,
    ) -> Result<Counted, StoreError>
    where
        C: Future<Output = Result<Vec<Matches>, StoreError>> + Send + 'static,
    {
        let Some((counted, is_to_be_renewed)) = self.look(&asked, clock.now()) else {
            let counting = count(asked.clone());
            return self.renew(asked, clock, counting).await;
        };
        if is_to_be_renewed {
            let (kept, clock, counting) = (self.clone(), clock.clone(), count(asked.clone()));
            tokio::spawn(async move {
                let again = asked.clone();
                if let Err(error) = kept.renew(asked, &clock, counting).await {
                    tracing::warn!(project = again.project.0, %error, "cannot count a project's issues again");
                    kept.forget(&again);
                }
            });
        }
        Ok(counted)
    }

    /// What is kept and not too old, and whether the caller is to count again.
    fn look(&self, asked: &Asked, now: Timestamp) -> Option<(Counted, bool)> {
        let mut all = self.all();
        let kept = all.get_mut(asked).filter(|kept| kept.may_be_shown(now))?;
        let is_to_be_renewed = !kept.is_fresh(now) && !kept.is_renewed;
        kept.is_renewed |= is_to_be_renewed;
        Some((Arc::clone(&kept.counted), is_to_be_renewed))
    }

    async fn renew(
        &self,
        asked: Asked,
        clock: &Clock,
        counting: impl Future<Output = Result<Vec<Matches>, StoreError>>,
    ) -> Result<Counted, StoreError> {
        // What comes while it is counted may be missing.
        let (at, begin) = (clock.now(), Instant::now());
        let counted = Arc::new(counting.await?);
        let took = begin.elapsed();
        if took < SLOW || counted.len() < MANY {
            self.forget(&asked);
            return Ok(counted);
        }
        let took_ms = i64::try_from(took.as_millis()).unwrap_or(MAX_AGE_MS);
        let kept = Kept { counted: Arc::clone(&counted), at, took_ms, is_renewed: false };
        let mut all = self.all();
        all.retain(|_, kept| kept.may_be_shown(at));
        all.insert(asked, kept);
        if all.len() > MAX_KEPT {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.at).map(|(asked, _)| asked.clone());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        Ok(counted)
    }

    fn forget(&self, asked: &Asked) {
        self.all().remove(asked);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Asked, Kept>> {
        // Nothing can be left half done in it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    use mayday_event::GroupHash;
    use tokio::time::sleep;

    use super::*;

    /// Counts that take so long, of so many fingerprints, each with as many events as it was counted times.
    struct Slow {
        kept: KeptCounts,
        now: Arc<AtomicI64>,
        times: Arc<AtomicU64>,
        takes: Duration,
        many: u64,
    }

    impl Slow {
        fn new(takes_ms: u64, many: u64) -> Self {
            let (kept, now, times) = Default::default();
            Self { kept, now, times, takes: Duration::from_millis(takes_ms), many }
        }

        async fn events(&self) -> u64 {
            let now = Arc::clone(&self.now);
            let clock = Clock::new(move || Timestamp(now.load(Ordering::SeqCst)));
            let window = Window { from: Timestamp(0), to: Timestamp(3_600_000) };
            let asked = Asked { project: ProjectId(1), window, conditions: Vec::new(), with_users: false };
            let (times, takes, many) = (Arc::clone(&self.times), self.takes, self.many);
            let count = |_| async move {
                sleep(takes).await;
                let events = times.fetch_add(1, Ordering::SeqCst) + 1;
                let of = |n| Matches { hash: GroupHash(n), alternatives: 0, events, users: 0 };
                Ok((0..many).map(of).collect())
            };
            self.kept.get(asked, &clock, count).await.unwrap()[0].events
        }

        async fn later(&self, ms: i64) -> u64 {
            self.now.fetch_add(ms, Ordering::SeqCst);
            self.events().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_took_long_is_kept_and_counted_again_while_it_is_shown() {
        let slow = Slow::new(100, 1000);
        assert_eq!((slow.events().await, slow.later(1_999).await), (1, 1));
        // Two look at once, one of them has it counted again.
        assert_eq!((slow.later(1).await, slow.events().await), (1, 1));
        sleep(Duration::from_millis(101)).await;
        assert_eq!((slow.events().await, slow.later(1_000).await), (2, 2));
        assert_eq!(slow.later(19_000).await, 3, "what is too old is not shown");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_quick_or_little_is_counted_each_time() {
        for slow in [Slow::new(24, 1000), Slow::new(1000, 199)] {
            assert_eq!((slow.events().await, slow.events().await), (1, 2));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_shown_that_is_older_than_a_minute() {
        let slow = Slow::new(5_000, 1000);
        assert_eq!((slow.events().await, slow.later(MAX_AGE_MS - 1).await), (1, 1));
        assert_eq!(slow.later(1).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_kept() {
        let slow = Slow::new(100, 200);
        slow.events().await;
        let clock = Clock::new(|| Timestamp(1));
        for project in 0..100 {
            let window = Window { from: Timestamp(0), to: Timestamp(0) };
            let asked =
                Asked { project: ProjectId(project), window, conditions: Vec::new(), with_users: false };
            let count = async {
                sleep(SLOW).await;
                Ok(vec![Matches { hash: GroupHash(0), alternatives: 0, events: 0, users: 0 }; MANY])
            };
            slow.kept.get(asked, &clock, |_| count).await.unwrap();
        }
        assert_eq!(slow.kept.all().len(), MAX_KEPT);
    }
}
