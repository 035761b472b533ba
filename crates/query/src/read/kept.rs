//! Answers that ClickHouse takes long over, kept for a moment.
//!
//! Who turns pages, comes back or looks at the same as others does not wait for millions of events to be counted again. The
//! longer an answer takes the older it may be, up to a minute: what is older than a moment is asked for again while it is
//! shown. Whoever asks while somebody else waits for the same answer gets that one; it is found to its end even if
//! nobody waits for it any longer.

use std::{
    fmt::{Debug, Display},
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mayday_event::{Clock, Timestamp};
use mayday_store::queries::{search::Matches, series::Distribution, tags::TagFacet};
use quick_cache::sync::Cache;
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    environments::{AskedEnvironments, Frequent},
    issue_counts::Asked,
    stats::AskedDistribution,
    suspects::{AskedSuspects, Suspects},
    tags::AskedFacets,
};

/// An answer that takes less is found each time.
const SLOW: Duration = Duration::from_millis(10);
/// Events that take long to look at.
pub(super) const MUCH: u64 = 100_000;
/// How long an answer is as good as new, in times that it took to find it …
const FRESH_TIMES: i64 = 20;
/// … and at most.
const FRESH_MS: i64 = 10_000;
/// How old it may be while it is found again, in the same …
const SHOWN_TIMES: i64 = 200;
/// … and at most.
const MAX_AGE_MS: i64 = 60_000;
/// Most answers of a kind that are kept; the largest are counts by fingerprint, of some 30 bytes each.
const MAX_KEPT: usize = 32;

/// All that is kept; shared by all threads of a server.
#[derive(Debug, Clone, Default)]
pub struct KeptAnswers {
    pub(super) counts: Kept<Asked, Vec<Matches>>,
    pub(super) environments: Kept<AskedEnvironments, Vec<Frequent>>,
    pub(super) facets: Kept<AskedFacets, Vec<TagFacet>>,
    pub(super) distributions: Kept<AskedDistribution, Distribution>,
    pub(super) suspects: Kept<AskedSuspects, Suspects>,
}

/// What may be kept.
pub(super) trait Answer: Send + Sync + 'static {
    /// How many times as long as others it is kept: of what hardly changes.
    const LASTING: i64 = 1;

    /// Whether it stands for so much that this is what took long. Of little, an answer is never kept: a busy moment of the
    /// server may have been what was slow.
    fn is_of_much(&self) -> bool;
}

/// Answers of a kind, by what was asked.
#[derive(Debug)]
pub(super) struct Kept<K, V>(Arc<Cache<K, Arc<Found<V>>>>);

#[derive(Debug)]
struct Found<V> {
    answer: Arc<V>,
    /// When it was begun: what came while it was found may be missing.
    at: Timestamp,
    took: Duration,
    is_being_renewed: AtomicBool,
}

impl<V: Answer> Found<V> {
    async fn by<E>(finding: impl Future<Output = Result<V, E>>, clock: &Clock) -> Result<Arc<Self>, E> {
        let (at, begin) = (clock.now(), Instant::now());
        let answer = Arc::new(finding.await?);
        Ok(Arc::new(Self { answer, at, took: begin.elapsed(), is_being_renewed: AtomicBool::new(false) }))
    }

    fn is_to_be_kept(&self) -> bool {
        self.took >= SLOW && self.answer.is_of_much()
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since_ms(self.at) < self.times_it_took(FRESH_TIMES).min(FRESH_MS)
    }

    fn may_be_shown(&self, now: Timestamp) -> bool {
        now.since_ms(self.at) < self.times_it_took(SHOWN_TIMES).min(MAX_AGE_MS)
    }

    fn times_it_took(&self, times: i64) -> i64 {
        i64::try_from(self.took.as_millis()).unwrap_or(MAX_AGE_MS).saturating_mul(V::LASTING * times)
    }
}

impl<K, V> Clone for Kept<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Eq + Hash, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Arc::new(Cache::new(MAX_KEPT)))
    }
}

impl<K, V> Kept<K, V>
where
    K: Clone + Debug + Eq + Hash + Send + Sync + 'static,
    V: Answer,
{
    /// What is kept, else what `find` gives, which is then kept if it took long.
    pub(super) async fn get<E, F>(
        &self,
        asked: K,
        clock: &Clock,
        find: impl FnOnce(K) -> F,
    ) -> Result<Arc<V>, E>
    where
        E: Display + Send + 'static,
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let (now, finding) = (clock.now(), find(asked.clone()));
        if let Some(found) = self.0.get(&asked) {
            if found.may_be_shown(now) {
                if !found.is_fresh(now) && !found.is_being_renewed.swap(true, Ordering::Relaxed) {
                    let renewing = self.clone().renew(asked, finding, clock.clone());
                    drop(tokio::spawn(renewing.in_current_span()));
                }
                return Ok(Arc::clone(&found.answer));
            }
            self.forget(&asked, &found);
        }
        // Of its own, so that it ends though nobody waits.
        let finding = self.clone().find(asked, finding, clock.clone());
        match tokio::spawn(finding.in_current_span()).await {
            Ok(found) => found,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The server is stopping.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// The answer, found by one of those who ask for it at the same time.
    async fn find<E>(
        self,
        asked: K,
        finding: impl Future<Output = Result<V, E>>,
        clock: Clock,
    ) -> Result<Arc<V>, E> {
        let found = self.0.get_or_insert_async(&asked, Found::by(finding, &clock)).await?;
        if !found.is_to_be_kept() {
            self.forget(&asked, &found);
        }
        Ok(Arc::clone(&found.answer))
    }

    /// Puts a new answer in the place of one that is shown meanwhile.
    async fn renew<E: Display>(self, asked: K, finding: impl Future<Output = Result<V, E>>, clock: Clock) {
        match Found::by(finding, &clock).await {
            Ok(found) if found.is_to_be_kept() => self.0.insert(asked, found),
            Ok(_) => drop(self.0.remove(&asked)),
            Err(error) => {
                tracing::warn!(?asked, %error, "cannot find again what is shown");
                self.0.remove(&asked);
            }
        }
    }

    fn forget(&self, asked: &K, found: &Arc<Found<V>>) {
        self.0.remove_if(asked, |kept| Arc::ptr_eq(kept, found));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    use tokio::time::sleep;

    use super::*;

    /// How often it was found, and whether that is of much.
    struct Times(u64, bool);

    impl Answer for Times {
        fn is_of_much(&self) -> bool {
            self.1
        }
    }

    /// An answer that takes so long.
    #[derive(Clone)]
    struct Slow {
        kept: Kept<u64, Times>,
        now: Arc<AtomicI64>,
        times: Arc<AtomicU64>,
        takes: Duration,
        is_of_much: bool,
    }

    impl Slow {
        fn new(takes_ms: u64, is_of_much: bool) -> Self {
            let (kept, now, times) = Default::default();
            Self { kept, now, times, takes: Duration::from_millis(takes_ms), is_of_much }
        }

        async fn ask(&self, what: u64) -> Result<u64, String> {
            let now = Arc::clone(&self.now);
            let clock = Clock::new(move || Timestamp(now.load(Ordering::SeqCst)));
            let Self { times, takes, is_of_much, .. } = self.clone();
            let find = |what: u64| async move {
                sleep(takes).await;
                let times = times.fetch_add(1, Ordering::SeqCst) + 1;
                if what == 0 { Err(format!("failed {times}")) } else { Ok(Times(times, is_of_much)) }
            };
            Ok(self.kept.get(what, &clock, find).await?.0)
        }

        async fn times(&self) -> u64 {
            self.ask(1).await.unwrap()
        }

        async fn later(&self, ms: i64) -> u64 {
            self.now.fetch_add(ms, Ordering::SeqCst);
            self.times().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_took_long_is_kept_and_found_again_while_it_is_shown() {
        let slow = Slow::new(100, true);
        assert_eq!((slow.times().await, slow.later(1_999).await), (1, 1));
        // Two look at once, one of them has it found again.
        assert_eq!((slow.later(1).await, slow.times().await), (1, 1));
        sleep(Duration::from_millis(101)).await;
        assert_eq!((slow.times().await, slow.later(1_000).await), (2, 2));
        assert_eq!(slow.later(19_000).await, 3, "what is too old is not shown");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_quick_or_little_is_found_each_time() {
        for slow in [Slow::new(9, true), Slow::new(1000, false)] {
            assert_eq!((slow.times().await, slow.times().await), (1, 2));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_shown_that_is_older_than_a_minute() {
        for (age_ms, times) in [(MAX_AGE_MS - 1, 1), (MAX_AGE_MS, 2)] {
            let slow = Slow::new(5_000, true);
            assert_eq!((slow.times().await, slow.later(age_ms).await), (1, times));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_the_same_time_gets_the_same_answer() {
        let slow = Slow::new(100, true);
        assert_eq!(tokio::join!(slow.times(), slow.times(), slow.times()), (1, 1, 1));
        let other = Slow::new(100, false);
        assert_eq!(tokio::join!(other.times(), other.times()), (1, 1), "whether or not it is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_found_to_its_end_though_nobody_waits() {
        let slow = Slow::new(100, true);
        assert!(tokio::time::timeout(Duration::from_millis(10), slow.times()).await.is_err());
        assert_eq!(slow.times().await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_what_fails_asks_again() {
        let slow = Slow::new(100, true);
        let failed = |times: u64| Err(format!("failed {times}"));
        assert_eq!(tokio::join!(slow.ask(0), slow.ask(0)), (failed(1), failed(2)));
        assert!(slow.kept.0.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_kept() {
        let slow = Slow::new(100, true);
        for what in 1..100 {
            slow.ask(what).await.unwrap();
        }
        assert!(slow.kept.0.len() <= MAX_KEPT);
    }
}
