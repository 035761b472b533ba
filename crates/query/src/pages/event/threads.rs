//! The process's other threads, the crashed one first.

use mayday_event::{Event, model::Thread};

use super::stack::Stack;

/// A thread to show.
#[derive(Debug, Clone)]
pub(crate) struct ThreadView {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) crashed: bool,
    pub(crate) current: bool,
    pub(crate) main: bool,
    /// Shown from the start: it crashed, and no exception has its stack.
    pub(crate) open: bool,
    pub(crate) stack: Option<Stack>,
}

/// An event's threads; those that crashed first, then the current one, then in the order sent.
pub(crate) fn threads(event: &Event) -> Vec<ThreadView> {
    let mut threads: Vec<&Thread> = event.threads.iter().collect();
    threads.sort_by_key(|thread| (thread.crashed != Some(true), thread.current != Some(true)));
    let stack_elsewhere = event.exception.iter().any(|exception| exception.stacktrace.is_some());
    let view = |(at, thread)| {
        let view = view(at, thread);
        ThreadView { open: view.crashed && !stack_elsewhere, ..view }
    };
    threads.into_iter().enumerate().map(view).collect()
}

fn view(at: usize, thread: &Thread) -> ThreadView {
    let id = thread.id.clone().unwrap_or_default();
    let name = thread.name.clone().unwrap_or_else(|| format!("Thread {id}"));
    ThreadView {
        stack: thread
            .stacktrace
            .as_ref()
            .and_then(|trace| Stack::new(trace, format!("thread-{at}"), name.clone())),
        name,
        state: thread.state.clone().unwrap_or_default(),
        crashed: thread.crashed == Some(true),
        current: thread.current == Some(true),
        main: thread.main == Some(true),
        open: false,
    }
}
