//! Threads for the CPU work. They give way to all others: under load, reports are accepted first and worked on second.

use std::thread::available_parallelism;

use rayon::{
    ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder,
    iter::{IntoParallelIterator, ParallelIterator},
};
use tokio::sync::oneshot;

/// By how much they give way (Unix's nice).
const NICE: i32 = 5;

/// As many threads as there are cores.
pub(crate) struct Cores(ThreadPool);

impl Cores {
    /// Starts the threads.
    pub(crate) fn start() -> Result<Self, ThreadPoolBuildError> {
        let threads = available_parallelism().map_or(1, usize::from);
        let give_way = |_| {
            // On Linux a thread's own; where it is not allowed, all are equal.
            rustix::process::nice(NICE).ok();
        };
        let name = |number| format!("worker-{number}");
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(name)
            .start_handler(give_way)
            .build()
            .map(Self)
    }

    /// `each` of the items, on all cores; results in the items' order.
    pub(crate) async fn map<T, R>(&self, items: Vec<T>, each: fn(T) -> R) -> Vec<R>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let (sender, done) = oneshot::channel();
        self.0.spawn(move || {
            let results: Vec<R> = items.into_par_iter().map(each).collect();
            // Nobody waits any more when the worker stops.
            sender.send(results).ok();
        });
        match done.await {
            Ok(results) => results,
            // The pool is gone, and so is the worker.
            Err(_) => std::future::pending().await,
        }
    }
}
