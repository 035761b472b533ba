//! Gets what events want, each thing once however many want it, and no longer than they can wait.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use mayday_symbolication::{Absent, Status, Wanted, caches::CacheKey};
use tokio::sync::watch;

use super::Symbols;

/// Things that are being got at once, waiting ones included; more are not begun and count as timed out.
const FLIGHTS: usize = 2000;
/// Things that are remembered to have come late.
const LATE: usize = 10_000;

/// What is being got.
#[derive(Debug, Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<CacheKey, Flight>>,
}

#[derive(Debug, Clone)]
struct Flight {
    /// Closed when it is over.
    over: watch::Receiver<()>,
    /// Somebody did not wait for its end.
    is_awaited_no_more: Arc<AtomicBool>,
}

impl Symbols {
    /// Gets these things, or finds out why they cannot be had; whether that is so for any of them. What takes longer than
    /// `patience` goes on being got, and is waited for no more.
    pub(crate) async fn prepare(
        self: &Arc<Self>,
        wanted: Vec<(CacheKey, Wanted)>,
        patience: Duration,
    ) -> bool {
        let flights = wanted.into_iter().filter_map(|(key, wanted)| self.flight(key, wanted));
        let is_awaited = |flight: &Flight| !flight.is_awaited_no_more.load(Ordering::Acquire);
        let flights: Vec<Flight> = flights.filter(is_awaited).collect();
        let landed = flights.iter().map(|flight| {
            let mut over = flight.over.clone();
            async move { while over.changed().await.is_ok() {} }
        });
        // Which of them are over is seen below.
        tokio::time::timeout(patience, join_all(landed)).await.ok();
        let (late, over): (Vec<&Flight>, Vec<&Flight>) =
            flights.iter().partition(|flight| flight.over.has_changed().is_ok());
        late.iter().for_each(|flight| flight.is_awaited_no_more.store(true, Ordering::Release));
        !over.is_empty()
    }

    /// The flight that gets this: one that is under way, or a new one.
    fn flight(self: &Arc<Self>, key: CacheKey, wanted: Wanted) -> Option<Flight> {
        let mut under_way = self.flights.lock();
        if let Some(flight) = under_way.get(&key) {
            return Some(flight.clone());
        }
        if under_way.len() >= FLIGHTS {
            return None;
        }
        let (landing, over) = watch::channel(());
        let flight = Flight { over, is_awaited_no_more: Arc::default() };
        under_way.insert(key.clone(), flight.clone());
        drop(under_way);
        let (symbols, of) = (Arc::clone(self), flight.clone());
        tokio::spawn(async move {
            symbols.fly(&key, &wanted, &of).await;
            drop(landing);
        });
        Some(flight)
    }

    async fn fly(&self, key: &CacheKey, wanted: &Wanted, flight: &Flight) {
        let found = match self.slots.acquire().await {
            Ok(_slot) => self.find(key, wanted).await,
            // Never closed.
            Err(_) => return,
        };
        let is_found = match found {
            Ok(()) => true,
            Err(absent) => {
                if absent.status != Status::Missing {
                    let (id, reason) = (&key.id, &absent.reason);
                    tracing::info!(project = key.project.0, kind = key.kind.name(), id, %reason, "symbols not to be had");
                }
                self.caches.put_absent(key, absent, self.clock.now());
                false
            }
        };
        self.flights.lock().remove(key);
        if is_found && flight.is_awaited_no_more.load(Ordering::Acquire) {
            let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            if late.len() < LATE {
                late.push(key.clone());
            }
            drop(late);
            self.arrived.notify_one();
        }
    }

    /// Looks for something in all of its project's sources and puts it into the cache; else why not.
    async fn find(&self, key: &CacheKey, wanted: &Wanted) -> Result<(), Absent> {
        let mut reasons = Vec::new();
        for origin in self.origins(key.project).await {
            match self.find_in(&origin, key, wanted).await {
                Ok(()) => return Ok(()),
                Err(absent) => reasons.push(absent),
            }
        }
        Err(summed_up(reasons))
    }
}

impl Flights {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CacheKey, Flight>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of several reasons the status of the one that says most, and all texts.
pub(super) fn summed_up(reasons: Vec<Absent>) -> Absent {
    let rank = |status| match status {
        Status::Malformed => 4,
        Status::Mismatch => 3,
        Status::TimedOut => 2,
        Status::Missing | Status::Found => 1,
    };
    let status = reasons.iter().map(|absent| absent.status).max_by_key(|status| rank(*status));
    let mut texts: Vec<&str> = Vec::new();
    for absent in &reasons {
        if !texts.contains(&&*absent.reason) {
            texts.push(&absent.reason);
        }
    }
    let reason = if texts.is_empty() { "no source has it".to_owned() } else { texts.join("; ") };
    Absent { status: status.unwrap_or(Status::Missing), reason: reason.into() }
}
